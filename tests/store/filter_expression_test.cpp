#include "store/filter_expression.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace larder;
using store::FilterExpression;
using store::SortDirection;
using store::SortKey;
using store::SortOrder;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 2'000'000'000 * kSecond;
constexpr std::int64_t kDay = 86400;

}  // namespace

TEST_CASE("FilterExpression: compares as the words say", "[store][filter_expression]") {
  const std::vector<std::string> refs{"Main", "refs/pr/1"};
  const store::FilterRow row{"model", &refs, 1'500'000'000, kNow - 8 * kDay * kSecond, kNow - 3600 * kSecond};
  struct Row {
    std::string text;
    bool holds;
  };
  const std::vector<Row> rows{
      {"size>1GB", true},       {"size > 1g", true},       {"SIZE>=1500000000", true}, {"size<1500000001", true}, {"size=1500mb", true},
      {"size!=1500M", false},   {"size>2gb", false},       {"size>-1", true},
      {"size>+1", true},        {"accessed>7d", true},     {"accessed>1w", true},      {"accessed>1mo", false},   {"accessed<1y", true},
      {"accessed>8d", false},   {"accessed>=8d", true},    {"modified<2h", true},      {"modified=1h", true},     {"modified=60m", true},
      {"modified=3600", true},  {"modified>3600s", false}, {"refs=main", true},        {"refs=MAIN", true},       {"refs=mai", false},
      {"refs=refs/pr/1", true}, {"type=model", true},      {"type=Model", true},       {"type=dataset", false},   {"  size  >  1 ", true},
  };
  for (const Row& one : rows) {
    CAPTURE(one.text);
    const auto filter = FilterExpression::parse(one.text);
    REQUIRE(filter);
    CHECK(filter->matches(row, kNow) == one.holds);
  }
}

TEST_CASE("FilterExpression: refuses what the Python client refuses", "[store][filter_expression]") {
  for (const char* text : {"",
                           "size",
                           "size>",
                           ">1",
                           "size==1",
                           "size=>1",
                           "size>1.5GB",
                           "size>1b",
                           "size>1KiB",
                           "size>-1kb",
                           "size>x",
                           "colour=red",
                           "refs!=main",
                           "type>model",
                           "accessed>7days",
                           "accessed>1.5h",
                           "size>99999999999999999999",
                           "size>9999999pb",
                           "si ze>1",
                           "1size>1",
                           "size<>1"}) {
    CAPTURE(text);
    const auto filter = FilterExpression::parse(text);
    REQUIRE_FALSE(filter);
    CHECK(filter.error().code == ErrorCode::InvalidArgument);
  }
}

TEST_CASE("SortOrder: each key has its own first direction", "[store][filter_expression]") {
  const auto check = [](const char* text, SortKey key, SortDirection direction) {
    CAPTURE(text);
    const auto order = SortOrder::parse(text);
    REQUIRE(order);
    CHECK(order->key == key);
    CHECK(order->direction == direction);
  };
  check("name", SortKey::Name, SortDirection::Ascending);
  check("size", SortKey::Size, SortDirection::Descending);
  check("accessed", SortKey::Accessed, SortDirection::Descending);
  check("modified:asc", SortKey::Modified, SortDirection::Ascending);
  check("NAME:DESC", SortKey::Name, SortDirection::Descending);
  for (const char* text : {"", "date", "size:", "size:up", "size:asc:desc", "size asc"}) {
    CAPTURE(text);
    CHECK_FALSE(SortOrder::parse(text));
  }
}
