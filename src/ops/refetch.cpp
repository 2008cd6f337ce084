#include "ops/refetch.hpp"

#include "ops/sources.hpp"
#include "ops/target.hpp"

#include <larder/hub/hub_client.hpp>
#include <larder/repo/repo_path.hpp>

#include <algorithm>

namespace larder::ops {

Result<std::vector<std::uint32_t>> refetch(Services& services, const RefetchOrder& order, transfer::Destination& destination,
                                           transfer::EngineReport& report, const CancelToken& cancel) {
  transfer::TransferPlan plan;
  for (const std::uint32_t index : order.chosen) {
    const repo::FileEntry entry = order.tree->at(index);
    if (auto checked = repo::check_name(entry.path, repo::NamePlace::LocalFolder); !checked) {
      report.failures.add(index, std::move(checked).error());
      continue;
    }
    transfer::PlannedFile file;
    file.index = index;
    plan.files.push_back(file);
    plan.fetch_bytes += entry.size;
    plan.total_bytes += entry.size;
    plan.needed_space += entry.size;
  }
  plan.expected_requests = plan.files.size();
  if (plan.files.empty()) return std::vector<std::uint32_t>{};
  const std::string object = order.repo.text() + "@" + order.commit.hex();
  LARDER_TRY(const auto sources, make_sources(services, order.mirrors, order.repo, order.commit, object));
  transfer::Engine engine(services.clock, services.random, services.transport, services.pool, destination, sources, services.progress,
                          order.engine);
  LARDER_CHECK(engine.run(*order.tree, plan, report, cancel));
  LARDER_CHECK(destination.finish());
  std::vector<std::uint32_t> right;
  for (std::size_t slot = 0; slot < plan.files.size() && slot < report.statuses.size(); ++slot) {
    const transfer::FileStatus status = report.statuses[slot];
    const bool is_right = status == transfer::FileStatus::Fetched || status == transfer::FileStatus::Resumed ||
                          status == transfer::FileStatus::Reused;  // another process put it right meanwhile (C11)
    if (is_right) right.push_back(plan.files[slot].index);
  }
  return right;
}

}  // namespace larder::ops
