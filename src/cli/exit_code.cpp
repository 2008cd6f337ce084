#include "cli/exit_code.hpp"

namespace larder::cli {

int process_exit_code(const Error& error) {
  constexpr int kSignalBase = 128;  // as shells report a process that died of a signal
  if (error.code == ErrorCode::Interrupted && error.signal > 0) return kSignalBase + error.signal;
  return exit_code(error.code);
}

Error with_shared_code(Error error, const FailedItems& items) {
  // Partial: the verb knows that other items are done, which the failed ones alone don't tell.
  // A full or broken disk ends the run at once: what other files then failed by is its consequence.
  const bool is_settled = is_of_disk(error.code) || error.code == ErrorCode::Interrupted || error.code == ErrorCode::TimedOut ||
                          error.code == ErrorCode::Partial;
  if (items.empty() || is_settled) return error;
  const auto first = items.at(0).error.code;
  bool is_shared = true;
  for (std::size_t at = 1; at < items.size() && is_shared; ++at) is_shared = exit_code(items.at(at).error.code) == exit_code(first);
  error.code = is_shared ? first : ErrorCode::Partial;
  return error;
}

}  // namespace larder::cli
