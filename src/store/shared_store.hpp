// SharedStore: <CACHE>/blobs/, where the Python client keeps each Xet file once for all repositories (R-570…R-578).
#pragma once

#include "store/store.hpp"

#include <larder/base/cancel.hpp>
#include <larder/digest/digest.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace larder::store {

/// What is needed to link a payload into a repository.
struct SharedLink {
  std::string xet_hash;   ///< 64 lower-case hex: the payload's name
  digest::Digest sha256;  ///< the blob's name; the payload is hashed against it before the link is made
  std::uint64_t size = 0;
};

/// Reads the shared store and links to its payloads. Never makes, writes, changes or removes a payload (R-578 b, d); what it writes there
/// is the line in `<XET>.refs`, under the payload's lock.
///
///     <CACHE>/blobs/.huggingface-shared-blobs        "1\n": without it the folder is somebody else's
///     <CACHE>/blobs/<2 hex>/<XET>                    the bytes
///     <CACHE>/blobs/<2 hex>/<XET>.refs               "<repo folder>/blobs/<blob>\n" for each link made
///     <CACHE>/blobs/<2 hex>/<XET>.lock
///     <REPO>/blobs/<blob>                            link to ../../blobs/<2 hex>/<XET>
/// Thread: any for the const ones.
class SharedStore {
 public:
  explicit SharedStore(Store& store) : store_(store) {}

  /// May files be linked from it: links and shared blobs are not switched off, and the store is marked.
  [[nodiscard]] Result<bool> is_usable() const;
  /// Is there a payload of that name and exactly that size? Does not look at the bytes.
  [[nodiscard]] Result<bool> has(const std::string& xet_hash, std::uint64_t size) const;
  /// The protocol of R-574, with the payload's sha256 checked first (R-578 c). False: not here, wrong, or not possible now; the file is
  /// then downloaded. Errors: what `cancel` says, DiskFull, ReadOnly.
  Result<bool> link(const RepoLayout& layout, const SharedLink& what, const std::function<void(std::uint64_t)>& hashed,
                    const CancelToken& cancel);

 private:
  Result<bool> is_right(const std::string& payload, const SharedLink& what, const std::function<void(std::uint64_t)>& hashed,
                        const CancelToken& cancel);
  Result<bool> append_line(const std::string& refs, const std::string& line);
  Result<bool> link_locked(const RepoLayout& layout, const SharedLink& what);

  Store& store_;
};

/// Is `<root>/blobs` a shared store: a real folder with a regular marker of exactly the version known here?
Result<bool> is_shared_store(fs::Disk& disk, const std::string& root);
/// "<root>/blobs/<2 hex>/<xet>".
std::string payload_path(const std::string& root, std::string_view xet_hash);
/// `<XET>.refs` beside it: who links to the payload.
inline constexpr std::string_view kManifestEnd = ".refs";
inline std::string manifest_path(std::string payload) { return payload.append(kManifestEnd); }
/// "../../blobs/<2 hex>/<xet>": the text of a repository's link to it.
std::string payload_link_text(std::string_view xet_hash);
/// The Xet hash that a blob's link text names; nullopt: the link is not as the client writes it. Pure.
std::optional<std::string> xet_hash_of_link(std::string_view text);
/// The same for an entry of `layout`'s blobs/ whose text leads into the store by any way, absolute or roundabout: the client takes such a
/// link for a reference too. By the text alone. Pure.
std::optional<std::string> payload_of_entry(const RepoLayout& layout, std::string_view text);

}  // namespace larder::store
