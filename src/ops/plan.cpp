#include "ops/prepare.hpp"

#include <larder/net/transport.hpp>

namespace larder::ops {
namespace {

Result<PlanReport> make_report(Services& services, const PullOptions& options, const CancelToken& cancel) {
  const auto requests_before = services.transport.requests();
  Prepared prepared;
  LARDER_CHECK(prepare(services, options, cancel, prepared));
  if (!prepared.target.tree) return no_listing();
  PlanReport report;
  begin_report(options, prepared, report);
  report.tree = std::move(*prepared.target.tree);
  report.files = std::move(prepared.plan.files);
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
