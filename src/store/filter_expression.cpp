#include "store/filter_expression.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace larder::store {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;

constexpr std::int64_t kKilo = 1000;
constexpr std::array<Unit, 10> kSizes{{{"k", kKilo},
                                       {"kb", kKilo},
                                       {"m", kKilo* kKilo},
                                       {"mb", kKilo* kKilo},
                                       {"g", kKilo* kKilo* kKilo},
                                       {"gb", kKilo* kKilo* kKilo},
                                       {"t", kKilo* kKilo* kKilo* kKilo},
                                       {"tb", kKilo* kKilo* kKilo* kKilo},
                                       {"p", kKilo* kKilo* kKilo* kKilo* kKilo},
                                       {"pb", kKilo* kKilo* kKilo* kKilo* kKilo}}};
constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::array<Unit, 7> kTimes{
    {{"s", 1}, {"m", 60}, {"h", 60 * 60}, {"d", kDay}, {"w", 7 * kDay}, {"mo", 30 * kDay}, {"y", 365 * kDay}}};

tl::unexpected<Error> refuse(std::string_view expression, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, fmt::format("filter '{}': {}", escape_text(expression), why),
              "a filter is KEY OP VALUE, e.g. size>1GB, accessed>7d, refs=main, type=model");
}

/// The number at the start of `text`, with a sign if there is one; nullopt: none, or too large.
std::optional<std::int64_t> leading_number(std::string_view& text) {
  std::int64_t number = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text = std::string_view(end, static_cast<std::size_t>(digits.data() + digits.size() - end));
  return number;
}

/// a whole number, bare and then with a sign if need be, or with a unit and then without.
template <std::size_t N>
Result<std::int64_t> parse_amount(std::string_view text, const std::array<Unit, N>& units, std::string_view expression) {
  std::string_view rest = text;
  const auto number = leading_number(rest);
  if (!number) return refuse(expression, "the value is no whole number");
  if (rest.empty()) return *number;
  const std::string unit = to_lower(rest);
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& known) { return known.first == unit; });
  const bool has_sign = text.starts_with('-') || text.starts_with('+');
  if (found == units.end() || has_sign) {
    std::string known;
    for (const Unit& one : units) known.append(known.empty() ? "" : " ").append(one.first);
    return refuse(expression, fmt::format("the value is no whole number with one of the units {}", known));
  }
  if (*number > std::numeric_limits<std::int64_t>::max() / found->second) return refuse(expression, "the value is too large");
  return *number * found->second;
}

bool is_key_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_operator_letter(char c) { return c == '=' || c == '!' || c == '<' || c == '>'; }

}  // namespace

Result<FilterExpression::Key> FilterExpression::parse_key(std::string_view text, std::string_view expression) {
  const std::string key = to_lower(text);
  if (key == "accessed") return Key::Accessed;
  if (key == "modified") return Key::Modified;
  if (key == "refs") return Key::Refs;
  if (key == "size") return Key::Size;
  if (key == "type") return Key::Type;
  return refuse(expression, "the keys are accessed, modified, refs, size and type");
}

Result<FilterExpression::Operator> FilterExpression::parse_operator(std::string_view text, std::string_view expression) {
  if (text == "=") return Operator::Equal;
  if (text == "!=") return Operator::NotEqual;
  if (text == "<") return Operator::Less;
  if (text == ">") return Operator::Greater;
  if (text == "<=") return Operator::LessEqual;
  if (text == ">=") return Operator::GreaterEqual;
  return refuse(expression, "the operators are =, !=, <, >, <= and >=");
}

Result<FilterExpression> FilterExpression::parse(std::string_view text) {
  const std::string_view whole = trim(text);
  const auto key_end = std::find_if_not(whole.begin(), whole.end(), is_key_letter);
  const std::string_view key = whole.substr(0, static_cast<std::size_t>(key_end - whole.begin()));
  std::string_view rest = trim(whole.substr(key.size()));
  const auto operator_end = std::find_if_not(rest.begin(), rest.end(), is_operator_letter);
  const std::string_view sign = rest.substr(0, static_cast<std::size_t>(operator_end - rest.begin()));
  const std::string_view value = trim(rest.substr(sign.size()));
  if (key.empty() || sign.empty() || value.empty()) return refuse(whole, "not of the form KEY OP VALUE");
  FilterExpression filter;
  LARDER_TRY(filter.key_, parse_key(key, whole));
  LARDER_TRY(filter.operator_, parse_operator(sign, whole));
  if (filter.key_ == Key::Refs || filter.key_ == Key::Type) {
    if (filter.operator_ != Operator::Equal) return refuse(whole, "refs and type can only be compared with =");
    filter.word_ = to_lower(value);
    return filter;
  }
  if (filter.key_ == Key::Size) {
    LARDER_TRY(filter.number_, parse_amount(value, kSizes, whole));
  } else {
    LARDER_TRY(filter.number_, parse_amount(value, kTimes, whole));
  }
  return filter;
}

template <class Number>
bool FilterExpression::compare(Number left, Number right) const {
  switch (operator_) {
    case Operator::Equal:
      return left == right;
    case Operator::NotEqual:
      return left != right;
    case Operator::Less:
      return left < right;
    case Operator::Greater:
      return left > right;
    case Operator::LessEqual:
      return left <= right;
    case Operator::GreaterEqual:
      return left >= right;
  }
  return false;
}

/// In fractions of a second, as the Python client compares: "accessed>0" holds for a file read half a second ago.
bool FilterExpression::compare_age(std::int64_t then_ns, std::int64_t now_ns) const {
  constexpr long double kNanoseconds = 1e9L;
  return compare(static_cast<long double>(now_ns - then_ns) / kNanoseconds, static_cast<long double>(number_));
}

bool FilterExpression::matches(const FilterRow& row, std::int64_t now_ns) const {
  switch (key_) {
    case Key::Accessed:
      return compare_age(row.accessed_ns, now_ns);
    case Key::Modified:
      return compare_age(row.modified_ns, now_ns);
    case Key::Size:
      return compare(static_cast<long double>(row.bytes), static_cast<long double>(number_));
    case Key::Type:
      return to_lower(row.type) == word_;
    case Key::Refs:
      return row.refs != nullptr &&
             std::any_of(row.refs->begin(), row.refs->end(), [&](const std::string& ref) { return to_lower(ref) == word_; });
  }
  return false;
}

Result<SortOrder> SortOrder::parse(std::string_view text) {
  const std::string order = to_lower(trim(text));
  const std::string_view key = std::string_view(order).substr(0, order.find(':'));
  SortOrder sort;
  if (key == "name") {
    sort = {SortKey::Name, SortDirection::Ascending};
  } else if (key == "accessed") {
    sort = {SortKey::Accessed, SortDirection::Descending};
  } else if (key == "modified") {
    sort = {SortKey::Modified, SortDirection::Descending};
  } else if (key == "size") {
    sort = {SortKey::Size, SortDirection::Descending};
  } else {
    return fail(ErrorCode::InvalidArgument, fmt::format("sort '{}': no such key", escape_text(text)),
                "the keys are accessed, modified, name and size, each with :asc or :desc");
  }
  if (key.size() == order.size()) return sort;
  const std::string_view direction = std::string_view(order).substr(key.size() + 1);
  if (direction != "asc" && direction != "desc") {
    return fail(ErrorCode::InvalidArgument, fmt::format("sort '{}': the order is asc or desc", escape_text(text)));
  }
  sort.direction = direction == "asc" ? SortDirection::Ascending : SortDirection::Descending;
  return sort;
}

}  // namespace larder::store
