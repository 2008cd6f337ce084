// KnownBlobs: what the cached listings of a repository say about its blobs.
#pragma once

#include "store/store.hpp"

#include <larder/digest/digest.hpp>
#include <larder/repo/tree.hpp>
#include <larder/store/layout.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace larder::store {

/// What the bytes of one blob must be.
struct KnownBlob {
  digest::Digest digest;
  std::uint64_t size = 0;
};

/// All readable `trees/<commit>.json` of one repository, by blob. Listings may be hostile: they can only make something be reported.
class KnownBlobs {
 public:
  static Result<KnownBlobs> read(Store& store, const RepoLayout& layout);

  /// By the blob's name; also by a Xet hash, the name huggingface.js gives a blob when the listing has no LFS facts.
  [[nodiscard]] std::optional<KnownBlob> find(std::string_view blob) const;
  /// Is that digest one that some listing asks for?
  [[nodiscard]] bool wants(const digest::Digest& digest) const { return blobs_.contains(digest.hex()); }
  /// The listing of a commit, if it was read.
  [[nodiscard]] const repo::Tree* tree(const repo::CommitId& commit) const;

 private:
  void add(const repo::Tree& tree);
  std::unordered_map<std::string, KnownBlob> blobs_;  // by name in blobs/
  std::unordered_map<std::string, std::string> by_xet_;
  std::map<repo::CommitId, repo::Tree> trees_;
};

}  // namespace larder::store
