#include "ops/adoption.hpp"

namespace larder::ops {

void Adoption::leave(std::string from, std::string reason) { report.left.push_back({std::move(from), std::move(reason)}); }

std::string Adoption::below(const std::string& path) const {
  const std::size_t begin = path.find_first_not_of('/', options.folder.size());
  return begin == std::string::npos ? "." : path.substr(begin);
}

Result<void> Adoption::hash(std::vector<store::HashJob> jobs, const std::function<void(const store::HashOutcome&)>& done) {
  std::uint64_t bytes = 0;
  for (const store::HashJob& job : jobs) bytes += job.size;
  const TaskId task = services.progress.begin(TaskKind::Total, "adopt", bytes);
  const store::HashListener listener{done, [&](std::uint64_t hashed) { services.progress.advance(task, hashed); }};
  auto result = store::hash_files(services.disk, services.clock, {std::move(jobs)}, listener, cancel);
  services.progress.end(task, result ? TaskEnd::Done : TaskEnd::Failed);
  return result;
}

}  // namespace larder::ops
