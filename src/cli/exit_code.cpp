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
  error.code = items.at(0).error.code;
  for (std::size_t at = 1; at < items.size() && error.code != ErrorCode::Partial; ++at) {
    error.code = shared_code(error.code, items.at(at).error.code);
  }
  return error;
}

}  // namespace larder::cli
