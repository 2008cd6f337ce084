#include "support/hub_state.hpp"

#include <algorithm>
#include <cctype>

namespace larder::test {

HubState::Key HubState::key(const std::string& type, const std::string& id) {
  std::string folded = id;
  std::transform(folded.begin(), folded.end(), folded.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {type, folded};
}

void HubState::put(HubRepo repo) {
  const std::lock_guard guard(lock_);
  const Key where = key(repo.type, repo.id);
  repos_[where] = std::make_shared<const HubRepo>(std::move(repo));  // shared: answers under way keep the state they began with
}

void HubState::edit(const std::string& type, const std::string& id, const std::function<void(HubRepo&)>& change) {
  const std::lock_guard guard(lock_);
  auto& place = repos_.at(key(type, id));
  HubRepo copy = *place;
  change(copy);
  place = std::make_shared<const HubRepo>(std::move(copy));
}

std::shared_ptr<const HubRepo> HubState::find(const std::string& type, const std::string& id) const {
  const std::lock_guard guard(lock_);
  const auto found = repos_.find(key(type, id));
  return found == repos_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const HubRepo>> HubState::all() const {
  const std::lock_guard guard(lock_);
  std::vector<std::shared_ptr<const HubRepo>> list;
  for (const auto& [where, repo] : repos_) list.push_back(repo);
  return list;
}

void HubState::move(const std::string& type, const std::string& from, const std::string& to) {
  const std::lock_guard guard(lock_);
  moves_[key(type, from)] = to;
}

std::optional<std::string> HubState::moved_to(const std::string& type, const std::string& id) const {
  const std::lock_guard guard(lock_);
  const auto found = moves_.find(key(type, id));
  if (found == moves_.end()) return std::nullopt;
  return found->second;
}

void HubState::add_fault(const std::string& target, Fault fault) {
  const std::lock_guard guard(lock_);
  faults_.push_back({target, std::move(fault)});
}

void HubState::clear_faults() {
  const std::lock_guard guard(lock_);
  faults_.clear();
}

std::optional<Strike> HubState::strike(const std::vector<std::string>& targets, const std::function<bool(const Fault&)>& applies) {
  const std::lock_guard guard(lock_);
  for (Active& active : faults_) {
    const bool is_over = active.fault.times >= 0 && active.uses >= active.fault.times;
    if (is_over || std::find(targets.begin(), targets.end(), active.target) == targets.end() || !applies(active.fault)) continue;
    return Strike{active.fault, active.uses++};
  }
  return std::nullopt;
}

std::optional<Fault> HubState::pending(const std::string& target, FaultKind kind) const {
  const std::lock_guard guard(lock_);
  for (const Active& active : faults_) {
    const bool is_over = active.fault.times >= 0 && active.uses >= active.fault.times;
    if (!is_over && active.target == target && active.fault.kind == kind) return active.fault;
  }
  return std::nullopt;
}

void HubState::set_device_answers(std::vector<std::string> words) {
  const std::lock_guard guard(lock_);
  device_answers_ = std::move(words);
}

std::optional<std::string> HubState::next_device_answer() {
  const std::lock_guard guard(lock_);
  if (device_answers_.empty()) return std::nullopt;
  std::string word = device_answers_.front();
  device_answers_.erase(device_answers_.begin());
  return word;
}

std::string HubState::sign() {
  const std::lock_guard guard(lock_);
  // Looks like a signature and is found by a grep for it.
  std::string signature = "SIGNEDCANARY" + made_up_id(std::to_string(++signed_));
  signatures_.insert(signature);
  return signature;
}

bool HubState::is_signed(const std::string& signature) const {
  const std::lock_guard guard(lock_);
  return signatures_.count(signature) != 0;
}

void HubState::expire_signatures() {
  const std::lock_guard guard(lock_);
  signatures_.clear();
}

}  // namespace larder::test
