// start_workers: several threads for one piece of work, as many as the system gives.
#pragma once

#include <larder/base/result.hpp>

#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace larder {

/// Up to `count` threads that each run `work`, at least one of them: a limit on processes makes it slower and no more. `work` must not
/// throw. Errors: IoFailed when not one can be started.
template <class Work>
Result<std::vector<std::jthread>> start_workers(std::size_t count, const Work& work) {
  std::vector<std::jthread> workers;
  workers.reserve(count);
  try {
    while (workers.size() < count) workers.emplace_back(work);
  } catch (const std::system_error& problem) {
    if (workers.empty()) return fail_os(problem.code().value(), "cannot start a thread");
  }
  return workers;
}

}  // namespace larder
