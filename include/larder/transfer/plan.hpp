// TransferPlan: what has to happen to each file, and why. Pure.
#pragma once

#include <larder/repo/tree.hpp>

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace larder::transfer {

/// What a look at the destination found for one file (lstat of the chosen files only, never a scan).
enum class Presence : std::uint8_t {
  Missing,
  Partial,     ///< a take-over-able partial of this blob lies there
  Complete,    ///< the file is in place: nothing to do
  BlobHere,    ///< the bytes are here (blob, or file in the cache for a local folder): only link or copy
  SharedHere,  ///< the shared store has the payload with the right size: verify, then link (R-574, R-578 c)
  Foreign,     ///< local folder: a file that is not ours or was edited (LocalChanges unless --overwrite)
};
struct PresenceFacts {
  Presence presence = Presence::Missing;
  std::uint64_t partial_bytes = 0;  ///< for Partial
  std::uint64_t settle_bytes = 0;   ///< for BlobHere, SharedHere: bytes newly allocated by settling (a copy; 0: a link or reflink)
};

enum class Action : std::uint8_t { Fetch, Resume, Reuse, Share };
std::string_view name(Action action);  ///< "fetch", "resume", "reuse", "share"

struct PlannedFile {
  std::uint32_t index = 0;  ///< in the tree
  Action action = Action::Fetch;
  Presence presence = Presence::Missing;
  std::uint64_t partial_bytes = 0;  ///< for Resume: bytes that lie there already
  std::uint32_t same_as = kNone;    ///< index in the tree of an earlier chosen file with the same digest: fetched once, then linked
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
};

/// Files in tree order. Byte totals count each chosen file (`bytes.total`, `reuse` in JSON) and each blob once (fetch).
struct TransferPlan {
  std::vector<PlannedFile> files;
  std::uint64_t total_bytes = 0;
  std::uint64_t fetch_bytes = 0;        ///< over the network
  std::uint64_t reuse_bytes = 0;        ///< need none
  std::uint64_t needed_space = 0;       ///< bytes that will be newly allocated at the destination
  std::uint64_t expected_requests = 0;  ///< for bodies
};

/// `chosen`: indices in the tree, ascending. `look`: presence of one file. `force`: fetch again what is here. Errors: those of `look`;
/// LocalChanges listing every Foreign file unless `overwrite`.
Result<TransferPlan> make_plan(const repo::Tree& tree, const std::vector<std::uint32_t>& chosen,
                               const std::function<Result<PresenceFacts>(const repo::FileEntry&)>& look, bool force, bool overwrite);

/// Why, for `plan --json`: "not here", "in the snapshot", "blob is here", "partial download: N bytes", "in the shared store", "same content
/// as …".
std::string reason(const repo::Tree& tree, const PlannedFile& file);

}  // namespace larder::transfer
