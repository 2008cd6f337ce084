// The cached revision a reference means, without a request.
#pragma once

#include <larder/ops/services.hpp>
#include <larder/repo/reference.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::ops {

/// A name through refs/, a full commit if its snapshot is here, a short one among the snapshots. No revision in the
/// reference: `main`, else the only snapshot. Errors: NotInCache; RevisionNotFound when a short commit fits several.
Result<repo::CommitId> find_cached_commit(Services& services, const repo::Reference& reference);

}  // namespace larder::ops
