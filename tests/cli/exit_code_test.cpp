#include "cli/exit_code.hpp"

#include "support/catch.hpp"

#include <csignal>
#include <set>
#include <vector>

using namespace larder;
using namespace larder::cli;

namespace {

Error error_of(ErrorCode code, int signal = 0) {
  Error error;
  error.code = code;
  error.signal = signal;
  return error;
}

std::vector<FailedItem> items_of(const std::vector<ErrorCode>& codes) {
  std::vector<FailedItem> items;
  for (const auto code : codes) items.push_back({"f", error_of(code)});
  return items;
}

}  // namespace

TEST_CASE("exit code: every error code has one of the documented numbers", "[cli][exit_code]") {
  const std::set<int> documented{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 130};
  std::set<int> seen;
  for (int at = 0; at <= static_cast<int>(ErrorCode::Interrupted); ++at) {
    const auto code = static_cast<ErrorCode>(at);
    CHECK_FALSE(name(code).empty());
    seen.insert(process_exit_code(error_of(code)));
  }
  CHECK(seen == documented);
}

TEST_CASE("exit code: an interrupt says which signal it was", "[cli][exit_code]") {
  CHECK(process_exit_code(error_of(ErrorCode::Interrupted, SIGHUP)) == 129);
  CHECK(process_exit_code(error_of(ErrorCode::Interrupted, SIGINT)) == 130);
  CHECK(process_exit_code(error_of(ErrorCode::Interrupted, SIGPIPE)) == 141);
  CHECK(process_exit_code(error_of(ErrorCode::Interrupted, SIGTERM)) == 143);
}

TEST_CASE("exit code: failed items give the code they share, else partial", "[cli][exit_code]") {
  struct Case {
    ErrorCode outer;
    std::vector<ErrorCode> items;
    int exit;
  };
  const std::vector<Case> cases{
      {ErrorCode::DigestMismatch, {}, 7},
      {ErrorCode::Partial, {ErrorCode::NotInCache}, 10},  // the verb knows that others are done
      {ErrorCode::DigestMismatch, {ErrorCode::DigestMismatch, ErrorCode::SizeMismatch}, 7},
      {ErrorCode::DigestMismatch, {ErrorCode::DigestMismatch, ErrorCode::EntryNotFound}, 10},
      {ErrorCode::ServerError, {ErrorCode::ServerError, ErrorCode::TimedOut, ErrorCode::RateLimited}, 5},
      {ErrorCode::Interrupted, {ErrorCode::ServerError, ErrorCode::EntryNotFound}, 130},
      {ErrorCode::TimedOut, {ErrorCode::DigestMismatch, ErrorCode::EntryNotFound}, 5},
      {ErrorCode::DiskFull, {ErrorCode::DigestMismatch}, 8},  // what ended the run, not what came of it
  };
  for (const auto& each : cases) {
    const auto items = items_of(each.items);
    CHECK(process_exit_code(with_shared_code(error_of(each.outer), items)) == each.exit);
  }
}
