#include "ops/failures.hpp"

#include "support/catch.hpp"

#include <fmt/format.h>

using namespace larder;

namespace {

/// "a", "b", … in a tree, each failed by its code.
struct Failed {
  explicit Failed(const std::vector<ErrorCode>& codes) {
    repo::TreeBuilder builder;
    for (std::uint32_t i = 0; i < codes.size(); ++i) {
      repo::FileEntry entry;
      const std::string path = fmt::format("{:03}", i);
      entry.path = path;
      REQUIRE(builder.add(entry));
      failures.add(i, fail(codes[i], "because").value());
    }
    tree = builder.finish().value();
  }
  [[nodiscard]] Error summary(std::size_t total) const { return ops::summarise(tree, failures, total); }

  repo::Tree tree;
  FailureList failures;
};

}  // namespace

TEST_CASE("Failures: one keeps its own code and gets its path", "[ops][failures]") {
  const auto error = Failed({ErrorCode::DigestMismatch}).summary(3);
  CHECK(error.code == ErrorCode::DigestMismatch);
  CHECK(error.text() == "000: because");
}

TEST_CASE("Failures: several keep the exit code they share, else it is partial", "[ops][failures]") {
  const auto same = Failed({ErrorCode::TimedOut, ErrorCode::ConnectionLost}).summary(9);
  CHECK(exit_code(same.code) == 5);
  CHECK(same.message.find("2 of 9 files failed") != std::string::npos);
  CHECK_FALSE(same.hint.empty());
  const auto mixed = Failed({ErrorCode::TimedOut, ErrorCode::DigestMismatch}).summary(9);
  CHECK(exit_code(mixed.code) == 10);
}

TEST_CASE("Failures: a long list is cut in the message", "[ops][failures]") {
  const auto error = Failed(std::vector<ErrorCode>(50, ErrorCode::EntryNotFound)).summary(50);
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
