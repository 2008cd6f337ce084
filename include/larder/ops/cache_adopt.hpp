// cache adopt: takes over files that are on this machine already, by digest.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/digest/digest.hpp>
#include <larder/ops/services.hpp>
#include <larder/repo/reference.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::ops {

struct CacheAdoptOptions {
  std::string folder;                        ///< DIR, absolute; never changed
  std::optional<repo::Reference> reference;  ///< REF: match to its tree; nullopt: to the trees in the cache
  bool hard_links = false;                   ///< --link: hard link before copy
  bool offline = false;                      ///< the tree of REF from the cache only
};

enum class AdoptHow : std::uint8_t { Reflink, HardLink, Copy, Reused };
std::string_view name(AdoptHow how);  ///< "reflink", "hardlink", "copy", "reused"

/// A file of DIR that a file of a repository now has.
struct AdoptedFile {
  std::string from;  ///< path in DIR, relative; exact bytes
  repo::RepoId repo;
  repo::CommitId commit;
  std::string path;  ///< in the repository
  digest::Digest digest;
  std::uint64_t bytes = 0;
  AdoptHow how = AdoptHow::Copy;
};
/// A file of DIR that was not taken. `reason`: "no file of that content is asked for", "unreadable", …, escaped.
struct LeftFile {
  std::string from;
  std::string reason;
};
struct CacheAdoptReport {
  std::vector<AdoptedFile> taken;  ///< sorted by from, repo, path
  std::vector<LeftFile> left;      ///< sorted by from
  std::vector<std::string> warnings;
  std::uint64_t refs_written = 0;
};

/// Knows plain folders, --local-dir folders, other caches (repository by repository), Ollama stores (blobs/sha256-<hex>) and LM Studio
/// folders. Every byte is hashed before it is published; a ref is written only for a complete snapshot. The report is filled also on
/// failure. Errors: EntryNotFound (no such folder), those of resolving REF, InvalidArgument (DIR is the cache, or inside it), DiskFull …
Result<void> cache_adopt(Services& services, const CacheAdoptOptions& options, CacheAdoptReport& report, const CancelToken& cancel);

}  // namespace larder::ops
