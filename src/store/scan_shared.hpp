// The shared store as a scan sees it: payloads, and who links to them (R-570…R-577).
#pragma once

#include "store/scan_leftovers.hpp"
#include "store/shared_store.hpp"
#include "store/store.hpp"

#include <larder/store/inventory.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

/// "blobs/<2 hex>/<XET>", relative to the cache.
std::string payload_entry(std::string_view name);

/// What lies in the store. Payloads are sorted by name; foreign entries are notes; leftovers are temps of the client's.
struct StoreContent {
  std::vector<PayloadRecord> payloads;
  std::vector<Problem> problems;
  std::vector<Leftover> leftovers;
};
/// No marked store: empty.
Result<StoreContent> scan_payloads(Store& store, Deadness deadness, const CancelToken& cancel);

/// Lines of `<XET>.refs`; nullopt: missing or unreadable, then nothing may be concluded.
std::optional<std::vector<std::string>> read_manifest(fs::Disk& disk, const std::string& path);
/// Is `line` ("<repo folder>/blobs/<ETAG>") a link to that payload now? Lines of any other shape are not. nullopt: it cannot be told, then
/// nothing may be concluded either.
std::optional<bool> is_valid_referrer(Store& store, std::string_view line, std::string_view payload);

/// Does the manifest at that path name an entry that links to the payload, or can it not be told?
bool may_be_referred_to(Store& store, const std::string& manifest, std::string_view payload);

/// Reads the manifests and adds the lines that are true to `referrers` (sorted, unique afterwards).
Result<void> read_referrers(Store& store, std::vector<PayloadRecord>& payloads, const CancelToken& cancel);

}  // namespace larder::store
