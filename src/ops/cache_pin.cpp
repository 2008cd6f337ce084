#include <larder/ops/cache_pin.hpp>

#include "base/escape.hpp"
#include "ops/cached_revision.hpp"
#include "store/pin.hpp"

#include <fmt/format.h>

namespace larder::ops {
namespace {

Result<PinnedRevision> pin_one(Services& services, const repo::Reference& reference, PinChange change) {
  if (!reference.path.empty() || !reference.quant.empty()) {
    return fail(ErrorCode::InvalidArgument, fmt::format("{}: a pin covers a whole revision", escape_text(repo::text(reference))));
  }
  PinnedRevision pinned;
  pinned.repo = reference.repo;
  pinned.requested = reference.revision.value_or(repo::Revision()).text();
  LARDER_TRY(pinned.commit, find_cached_commit(services, reference));
  const store::RepoLayout layout = services.store.layout(reference.repo);
  LARDER_TRY(const auto before, store::read_pin(services.disk, layout, pinned.commit));
  if (change == PinChange::Pin) {
    pinned.changed = before != store::PinKind::User;
    if (pinned.changed) LARDER_CHECK(store::write_pin(services.store, layout, pinned.commit, store::PinKind::User));
    return pinned;
  }
  LARDER_TRY(pinned.changed, store::remove_pin(services.store, layout, pinned.commit));
  return pinned;
}

}  // namespace

Result<void> cache_pin(Services& services, const std::vector<repo::Reference>& references, PinChange change, PinReport& report,
                       const CancelToken& cancel) {
  if (references.empty()) return fail(ErrorCode::InvalidArgument, "no reference", "name a repository, e.g. org/name@main");
  for (const repo::Reference& reference : references) {
    if (cancel.is_cancelled()) return fail(cancel.error());
    auto pinned = pin_one(services, reference, change);
    if (pinned) {
      report.done.push_back(std::move(*pinned));
    } else {
      report.failures.push_back({repo::text(reference), std::move(pinned).error()});
    }
  }
  if (report.failures.empty()) return {};
  Error error = report.failures.front().error;
  if (!report.done.empty()) error.code = ErrorCode::Partial;
  return fail(std::move(error));
}

}  // namespace larder::ops
