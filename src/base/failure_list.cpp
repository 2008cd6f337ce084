#include <larder/base/failure_list.hpp>

#include <algorithm>
#include <utility>

namespace larder {

void FailureList::add(std::uint32_t index, Error error) { entries_.push_back({index, keep(std::move(error))}); }

void FailureList::add_like(std::uint32_t index, std::uint32_t other) {
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  const auto found =
      std::lower_bound(entries_.begin(), end, other, [](const Entry& entry, std::uint32_t wanted) { return entry.index < wanted; });
  if (found != end && found->index == other) {
    entries_.push_back({index, found->reason});
  } else {
    Error error;
    error.message = "the file with the same content was not fetched";
    add(index, std::move(error));
  }
}

void FailureList::append(const FailureList& other) {
  for (std::size_t at = 0; at < other.size(); ++at) add(other.index(at), other.error(at));
}

void FailureList::sort() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.index < b.index; });
  sorted_ = entries_.size();
}

std::uint32_t FailureList::keep(Error error) {
  std::string key = std::string(name(error.code)) + '\n' + error.text() + '\n' + error.hint;
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  if (known_.size() >= kMostReasons) return keep_code(error.code);
  reasons_.push_back(std::move(error));
  const auto place = static_cast<std::uint32_t>(reasons_.size() - 1);
  known_.emplace(std::move(key), place);
  return place;
}

std::uint32_t FailureList::keep_code(ErrorCode code) {
  const auto [found, is_new] = codes_.try_emplace(static_cast<int>(code), static_cast<std::uint32_t>(reasons_.size()));
  if (is_new) {
    Error error;
    error.code = code;
    error.message = std::string(name(code)) + ", one of very many failures: only the first reasons are kept";
    reasons_.push_back(std::move(error));
  }
  return found->second;
}

}  // namespace larder
