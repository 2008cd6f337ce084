#include "store/adopt_match.hpp"

#include <larder/repo/repo_path.hpp>

namespace larder::store {

AdoptIndex::AdoptIndex(const std::vector<AdoptTarget>& targets) : targets_(targets) {
  for (std::uint32_t target = 0; target < targets.size(); ++target) {
    const repo::Tree& tree = targets[target].tree;
    for (std::uint32_t index = 0; index < tree.size(); ++index) {
      const repo::FileEntry entry = tree.at(index);
      if (!repo::check_name(entry.path, repo::NamePlace::Cache)) continue;
      AdoptInterest& interest = sizes_[entry.size];
      (entry.lfs_sha256 ? interest.sha256 : interest.git_sha1) = true;
      places_[entry.blob_name()].push_back({target, index});
    }
  }
}

AdoptInterest AdoptIndex::interest(std::uint64_t size, const std::optional<digest::Digest>& claimed) const {
  const auto found = sizes_.find(size);
  if (found == sizes_.end()) return {};
  if (!claimed) return found->second;
  return {claimed->algorithm() == digest::Algorithm::Sha256 && places_.contains(claimed->hex()), false};
}

std::vector<AdoptPlace> AdoptIndex::places(const digest::Digest& digest, std::uint64_t size) const {
  std::vector<AdoptPlace> found;
  const auto known = places_.find(digest.hex());
  if (known == places_.end()) return found;
  for (const AdoptPlace& place : known->second) {
    if (targets_[place.target].tree.at(place.entry).size == size) found.push_back(place);
  }
  return found;
}

std::optional<digest::Digest> ollama_digest(std::string_view file_name) {
  constexpr std::string_view kStart = "sha256";
  if (!file_name.starts_with(kStart) || file_name.size() != kStart.size() + 1 + 64) return std::nullopt;
  if (file_name[kStart.size()] != '-' && file_name[kStart.size()] != ':') return std::nullopt;
  const auto digest = digest::Digest::from_hex(digest::Algorithm::Sha256, file_name.substr(kStart.size() + 1));
  return digest ? std::optional(*digest) : std::nullopt;
}

}  // namespace larder::store
