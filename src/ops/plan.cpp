#include "ops/prepare.hpp"

#include <larder/net/transport.hpp>

namespace larder::ops {
namespace {

Result<PlanReport> make_report(Services& services, const PullOptions& options, const CancelToken& cancel) {
  const auto requests_before = services.transport.requests();
  Prepared prepared;
  LARDER_CHECK(prepare(services, options, cancel, prepared));
  if (!prepared.target.tree) {
    return fail(ErrorCode::NotInCache, "no listing of this commit in the cache", "run it once without --offline");
  }
  PlanReport report;
  report.repo = options.reference.repo;
  report.canonical_id = prepared.target.resolved.canonical_id;
  report.requested = asked_revision(options).text();
  report.commit = prepared.target.resolved.commit;
  report.path = prepared.path;
  report.left_out = std::move(prepared.selection.left_out);
  report.warnings = std::move(prepared.target.warnings);
  report.warnings.insert(report.warnings.end(), prepared.selection.warnings.begin(), prepared.selection.warnings.end());
  report.tree = std::move(*prepared.target.tree);
  report.files = std::move(prepared.plan.files);
  report.total_bytes = prepared.plan.total_bytes;
  report.fetch_bytes = prepared.plan.fetch_bytes;
  report.reuse_bytes = prepared.plan.reuse_bytes;
  report.requests = services.transport.requests() - requests_before + prepared.plan.expected_requests;
  report.space_needed = prepared.space.needed;
  report.space_present = prepared.space.present;
  report.space_known = prepared.space.is_known;
  return report;
}

}  // namespace

Result<PlanReport> plan(Services& services, const PullOptions& options, const CancelToken& cancel) {
  return with_context(make_report(services, options, cancel), "plan " + object_name(options.reference.repo, asked_revision(options)));
}

}  // namespace larder::ops
