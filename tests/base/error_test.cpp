#include <larder/base/result.hpp>

#include "support/catch.hpp"

#include <cerrno>
#include <set>

using larder::Error;
using larder::ErrorCode;
using larder::Result;

namespace {

constexpr int kCodes = static_cast<int>(ErrorCode::Interrupted) + 1;

ErrorCode code_at(int index) { return static_cast<ErrorCode>(index); }

}  // namespace

TEST_CASE("ErrorCode: every code has a name of its own and an exit code", "[base][error]") {
  std::set<std::string_view> names;
  for (int i = 0; i < kCodes; ++i) {
    names.insert(larder::name(code_at(i)));
    const int exit = larder::exit_code(code_at(i));
    CHECK(((exit >= 1 && exit <= 12) || exit == 130));
  }
  CHECK(names.size() == kCodes);
}

TEST_CASE("ErrorCode: exit codes follow the table", "[base][error]") {
  CHECK(larder::exit_code(ErrorCode::Internal) == 1);
  CHECK(larder::exit_code(ErrorCode::InvalidConfig) == 2);
  CHECK(larder::exit_code(ErrorCode::NotInCache) == 3);
  CHECK(larder::exit_code(ErrorCode::GatedRepo) == 4);
  CHECK(larder::exit_code(ErrorCode::TlsFailed) == 5);
  CHECK(larder::exit_code(ErrorCode::Unsupported) == 6);
  CHECK(larder::exit_code(ErrorCode::SizeMismatch) == 7);
  CHECK(larder::exit_code(ErrorCode::DiskFull) == 8);
  CHECK(larder::exit_code(ErrorCode::LockBusy) == 9);
  CHECK(larder::exit_code(ErrorCode::Partial) == 10);
  CHECK(larder::exit_code(ErrorCode::LocalChanges) == 11);
  CHECK(larder::exit_code(ErrorCode::UnsafeLink) == 12);
  CHECK(larder::exit_code(ErrorCode::Interrupted) == 130);
}

TEST_CASE("ErrorCode: only network failures are transient, and of them not TLS", "[base][error]") {
  for (int i = 0; i < kCodes; ++i) {
    const bool expected = larder::exit_code(code_at(i)) == 5 && code_at(i) != ErrorCode::TlsFailed;
    INFO(larder::name(code_at(i)));
    CHECK(larder::is_transient(code_at(i)) == expected);
  }
}

TEST_CASE("shared_code: the first one's, as long as the exit code is the same", "[base][error]") {
  for (int i = 0; i < kCodes; ++i) {
    for (int j = 0; j < kCodes; ++j) {
      const bool is_same = larder::exit_code(code_at(i)) == larder::exit_code(code_at(j));
      CHECK(larder::shared_code(code_at(i), code_at(j)) == (is_same ? code_at(i) : ErrorCode::Partial));
    }
  }
}

TEST_CASE("Error: the text is context outermost first, then the message", "[base][error]") {
  Result<int> result = larder::fail(ErrorCode::DigestMismatch, "digest mismatch");
  result = with_context(with_context(std::move(result), "weights.bin"), "pull org/name@main");
  REQUIRE_FALSE(result);
  CHECK(result.error().text() == "pull org/name@main: weights.bin: digest mismatch");
}

TEST_CASE("os_error: the code follows errno", "[base][error]") {
  struct Row {
    int errno_value;
    ErrorCode code;
  };
  const auto row = GENERATE(Row{ENOSPC, ErrorCode::DiskFull}, Row{EDQUOT, ErrorCode::DiskFull}, Row{EACCES, ErrorCode::PermissionDenied},
                            Row{EPERM, ErrorCode::PermissionDenied}, Row{EROFS, ErrorCode::ReadOnly}, Row{EIO, ErrorCode::IoFailed},
                            Row{ENOENT, ErrorCode::IoFailed});
  const Error error = larder::os_error(row.errno_value, "/a/file");
  CHECK(error.code == row.code);
  CHECK(error.os_error == row.errno_value);
  CHECK(error.message.rfind("/a/file: ", 0) == 0);
  CHECK((error.message.find("quota") != std::string::npos) == (row.errno_value == EDQUOT));
}

TEST_CASE("LARDER_TRY: passes the value or leaves with the error", "[base][error]") {
  const auto doubled = [](Result<int> in) -> Result<int> {
    LARDER_TRY(const int value, std::move(in));
    return value * 2;
  };
  CHECK(*doubled(21) == 42);
  CHECK(doubled(larder::fail(ErrorCode::LockBusy, "x")).error().code == ErrorCode::LockBusy);
}
