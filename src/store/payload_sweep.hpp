// Removing a payload of the shared store that nobody refers to any more.
#pragma once

#include "store/store.hpp"

#include <string>
#include <string_view>

namespace larder::store {

enum class PayloadSweep : std::uint8_t {
  Removed,  ///< the payload and its manifest are gone
  Kept,     ///< somebody refers to it, or it cannot be known; the manifest holds the lines that are true
  Busy,     ///< its lock is held
};

/// What a sweep may do: a payload that the plan has not named is only put right, so that a dry run says all that happens.
enum class PayloadWish : std::uint8_t { Remove, PutRight };

/// Under the payload's lock: keeps the lines of `.refs` that are links to it now; none left: unlinks payload and `.refs`; `.lock` and the
/// folder stay. A missing or unreadable manifest never leads to deletion. Errors: UnsafeLink, PermissionDenied, ReadOnly, IoFailed.
Result<PayloadSweep> sweep_payload(Store& store, std::string_view name, PayloadWish wish);

/// Removes a manifest whose payload is gone, `relative` to the cache, under the payload's lock and if none of its lines is true: what a
/// sweep that was cut off left. Errors: as sweep_payload.
Result<PayloadSweep> remove_orphan_manifest(Store& store, const std::string& relative);

/// Removes a temp that the client left in the store, `relative` to the cache, if it is still dead.
Result<PayloadSweep> remove_store_temp(Store& store, const std::string& relative);

}  // namespace larder::store
