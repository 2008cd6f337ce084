#include <larder/base/failure_list.hpp>

#include "support/catch.hpp"

#include <larder/base/result.hpp>

#include <set>

using namespace larder;

namespace {

Error made(ErrorCode code, const std::string& text) { return fail(code, text).value(); }

}  // namespace

TEST_CASE("FailureList: every failure has its code and its own reason", "[base][failure_list]") {
  FailureList list;
  CHECK(list.empty());
  list.add(7, made(ErrorCode::EntryNotFound, "not there"));
  list.add(3, made(ErrorCode::DigestMismatch, "expected a, got b"));
  list.add(5, made(ErrorCode::EntryNotFound, "not there"));
  REQUIRE(list.size() == 3);
  CHECK(list.index(0) == 7);
  list.sort();
  CHECK(list.index(0) == 3);
  CHECK(list.error(0).message == "expected a, got b");
  CHECK(list.index(1) == 5);
  CHECK(list.error(1).code == ErrorCode::EntryNotFound);
  CHECK(&list.error(1) == &list.error(2));  // kept once
}

TEST_CASE("FailureList: the same text under another code or with another hint is another reason", "[base][failure_list]") {
  FailureList list;
  list.add(0, made(ErrorCode::EntryNotFound, "no"));
  list.add(1, made(ErrorCode::AccessDenied, "no"));
  list.add(2, fail(ErrorCode::AccessDenied, "no", "log in").value());
  CHECK(list.error(0).code == ErrorCode::EntryNotFound);
  CHECK(list.error(1).hint.empty());
  CHECK(list.error(2).hint == "log in");
}

TEST_CASE("FailureList: a million reasons are not a million texts", "[base][failure_list]") {  // I9
  FailureList list;
  constexpr std::uint32_t kMany = 1'000'000;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    list.add(i, made(i % 2 == 0 ? ErrorCode::DigestMismatch : ErrorCode::EntryNotFound, "reason " + std::to_string(i)));
  }
  REQUIRE(list.size() == kMany);
  std::set<const Error*> texts;
  for (std::uint32_t i = 0; i < kMany; ++i) texts.insert(&list.error(i));
  CHECK(texts.size() == FailureList::kMostReasons + 2);
  CHECK(list.error(0).message == "reason 0");
  CHECK(list.index(kMany - 1) == kMany - 1);
  CHECK(list.error(kMany - 1).code == ErrorCode::EntryNotFound);
  CHECK(list.error(kMany - 2).code == ErrorCode::DigestMismatch);
  CHECK_FALSE(list.error(kMany - 1).message.empty());
}

TEST_CASE("FailureList: twins fail for the reason of the first", "[base][failure_list]") {
  FailureList list;
  list.add(4, made(ErrorCode::EntryNotFound, "not there"));
  list.add(2, made(ErrorCode::DigestMismatch, "wrong"));
  list.sort();
  list.add_like(9, 4);
  list.add_like(8, 9);  // came after the sort
  REQUIRE(list.size() == 4);
  CHECK(list.index(2) == 9);
  CHECK(&list.error(2) == &list.error(1));
  CHECK(list.error(3).code == ErrorCode::Internal);
}

TEST_CASE("FailureList: one list after the other", "[base][failure_list]") {
  FailureList one;
  FailureList two;
  one.add(1, made(ErrorCode::TimedOut, "late"));
  two.add(0, made(ErrorCode::TimedOut, "late"));
  two.add(2, made(ErrorCode::TimedOut, "later"));
  one.append(two);
  REQUIRE(one.size() == 3);
  CHECK(one.index(1) == 0);
  CHECK(one.error(2).message == "later");
}
