// AdoptMatch: which files of a folder may be which files of which listing. Pure.
#pragma once

#include <larder/digest/digest.hpp>
#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>
#include <larder/repo/tree.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace larder::store {

/// A commit whose files are looked for.
struct AdoptTarget {
  repo::RepoId repo;
  repo::CommitId commit;
  repo::Tree tree;
};

/// One listed file.
struct AdoptPlace {
  std::uint32_t target = 0;  ///< index in the targets
  std::uint32_t entry = 0;   ///< index in its tree
};

/// Which digests a file has to be hashed for: none when nothing of its size is looked for.
struct AdoptInterest {
  bool sha256 = false;
  bool git_sha1 = false;
};

/// Finds listed files by size and by digest. Borrows the targets. Listed names that could not be written are never matched (T1…T9).
class AdoptIndex {
 public:
  explicit AdoptIndex(const std::vector<AdoptTarget>& targets);

  /// By size alone; with `claimed`, a digest that the folder's own names promise, only if that very digest is looked for.
  [[nodiscard]] AdoptInterest interest(std::uint64_t size, const std::optional<digest::Digest>& claimed) const;
  /// Every place that wants these bytes, in the order of targets and paths.
  [[nodiscard]] std::vector<AdoptPlace> places(const digest::Digest& digest, std::uint64_t size) const;

 private:
  const std::vector<AdoptTarget>& targets_;
  std::unordered_map<std::uint64_t, AdoptInterest> sizes_;
  std::unordered_map<std::string, std::vector<AdoptPlace>> places_;  // by blob name
};

/// The digest that an Ollama store's file name promises: "sha256-<64 hex>" (or with ":"); nullopt: none. Pure.
std::optional<digest::Digest> ollama_digest(std::string_view file_name);

}  // namespace larder::store
