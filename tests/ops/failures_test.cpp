#include "ops/failures.hpp"

#include "support/catch.hpp"

using namespace larder;
using ops::FailedFile;

namespace {

FailedFile failed(const std::string& path, ErrorCode code) { return {path, fail(code, "because").value()}; }

}  // namespace

TEST_CASE("Failures: one keeps its own code and gets its path", "[ops][failures]") {
  const auto error = ops::summarise({failed("a.bin", ErrorCode::DigestMismatch)}, 3);
  CHECK(error.code == ErrorCode::DigestMismatch);
  CHECK(error.text() == "a.bin: because");
}

TEST_CASE("Failures: several keep the exit code they share, else it is partial", "[ops][failures]") {
  const auto same = ops::summarise({failed("a", ErrorCode::TimedOut), failed("b", ErrorCode::ConnectionLost)}, 9);
  CHECK(exit_code(same.code) == 5);
  CHECK(same.message.find("2 of 9 files failed") != std::string::npos);
  CHECK_FALSE(same.hint.empty());
  const auto mixed = ops::summarise({failed("a", ErrorCode::TimedOut), failed("b", ErrorCode::DigestMismatch)}, 9);
  CHECK(exit_code(mixed.code) == 10);
}

TEST_CASE("Failures: a long list is cut in the message", "[ops][failures]") {
  std::vector<FailedFile> many(50, failed("file", ErrorCode::EntryNotFound));
  const auto error = ops::summarise(many, 50);
  CHECK(error.message.size() < 400);
  CHECK(error.message.find("45 more") != std::string::npos);
}

TEST_CASE("Failures: only the disk and the user end a whole run", "[ops][failures]") {
  for (const auto code : {ErrorCode::DiskFull, ErrorCode::ReadOnly, ErrorCode::IoFailed, ErrorCode::Interrupted})
    CHECK(ops::ends_run(code));
  for (const auto code : {ErrorCode::DigestMismatch, ErrorCode::EntryNotFound, ErrorCode::PermissionDenied, ErrorCode::LockBusy}) {
    CHECK_FALSE(ops::ends_run(code));
  }
}
