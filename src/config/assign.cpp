#include "config/assign.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/base/url.hpp>

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace larder::config {
namespace {

bool is_one_of(std::initializer_list<std::string_view> words, std::string_view text) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return equals_ignoring_case(word, text); });
}

std::string quoted(std::string_view text) { return "'" + escape_text(text) + "'"; }

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<bool> read_switch(std::string_view text, Dialect dialect) {
  if (dialect == Dialect::Larder) text = trim(text);  // hf's own variables are read as hf reads them: " 1 " is false
  if (is_true_word(text)) return true;
  if (dialect == Dialect::Hub) return false;
  if (is_one_of({"0", "off", "no", "false"}, text)) return false;
  return fail(ErrorCode::InvalidConfig, quoted(text) + " is neither yes nor no", "write true or false");
}

Result<std::int64_t> read_count(std::string_view text) {
  std::int64_t number = 0;
  const std::string_view digits = trim(text);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc{} || end != digits.data() + digits.size()) {
    return fail(ErrorCode::InvalidConfig, quoted(text) + " is not a whole number");
  }
  return number;
}

/// The number a value of kind Count, Size or Duration stands for.
Result<std::int64_t> read_number(Kind kind, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return fail(ErrorCode::InvalidConfig, "a number is expected");
  if (kind == Kind::Count) return read_count(*text);
  if (kind == Kind::Duration) {
    LARDER_TRY(const auto span, parse_duration(*text));
    return span.count();
  }
  LARDER_TRY(const auto bytes, parse_byte_size(*text));
  return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, INT64_MAX));
}

std::string as_typed(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number != nullptr ? std::to_string(*number) : escape_text(std::get<std::string>(value));
}

/// A bound as one would type it: "2MiB", "256".
std::string limit(const Row& row, std::int64_t bound) {
  constexpr std::int64_t kMebi = 1LL << 20U;
  return row.kind == Kind::Size ? std::to_string(bound / kMebi) + "MiB" : std::to_string(bound);
}

Result<std::int64_t> read_number_in_range(const Row& row, const Value& value) {
  auto number = read_number(row.kind, value);
  if (!number) {
    number.error().code = ErrorCode::InvalidConfig;
    return number;
  }
  if (*number < row.least)
    return fail(ErrorCode::InvalidConfig, as_typed(value) + " is too small, at least " + limit(row, row.least) + " is needed");
  if (*number > row.most)
    return fail(ErrorCode::InvalidConfig, as_typed(value) + " is too large, at most " + limit(row, row.most) + " is possible");
  return number;
}

/// http(s) with a host, no query, trailing "/" cut: routes are appended to it.
Result<std::string> read_base_url(std::string_view text) {
  const auto refuse = [typed = text](const std::string& why) {
    return fail(ErrorCode::InvalidConfig, quoted(typed) + ": " + why, "write http(s)://HOST[:PORT][/PATH]");
  };
  text = trim(text);
  const auto url = Url::parse(text);
  if (!url) return refuse(url.error().message);
  if (!url->query().empty() || text.find_first_of("?#") != std::string_view::npos) return refuse("a base URL has no query and no fragment");
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return std::string(text);
}

Result<std::string> read_choice(const Row& row, std::string_view text) {
  for (const std::string_view choice : split(row.choices, '|')) {
    if (choice == trim(text)) return std::string(choice);
  }
  std::string words(row.choices);
  std::replace(words.begin(), words.end(), '|', ' ');
  return fail(ErrorCode::InvalidConfig, quoted(text) + " is not one of: " + words);
}

Result<std::string> read_text(const Row& row, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return fail(ErrorCode::InvalidConfig, "a text is expected");
  if (text->find('\0') != std::string::npos) return fail(ErrorCode::InvalidConfig, "it holds a NUL byte");
  switch (row.kind) {
    case Kind::Endpoint:
      return read_base_url(*text);
    case Kind::Choice:
      return read_choice(row, *text);
    case Kind::Path:
    case Kind::Place:
      if (text->empty()) return fail(ErrorCode::InvalidConfig, "it is empty");  // "" would be the working folder
      return *text;
    case Kind::Proxy:
    case Kind::Text:
    case Kind::Urls:
    case Kind::Switch:
    case Kind::Count:
    case Kind::Size:
    case Kind::Duration:
      if (has_control(*text)) return fail(ErrorCode::InvalidConfig, "it holds control characters");  // would end up in a header (T34)
      return *text;
  }
  return *text;
}

/// A list is written as an array, as repeated flags, or in one variable with spaces or commas between.
Result<std::vector<std::string>> read_urls(const Value& value) {
  std::vector<std::string> words;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    words = *list;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    constexpr std::string_view kBetween = " ,\t\r\n";
    for (std::size_t at = text->find_first_not_of(kBetween); at != std::string::npos; at = text->find_first_not_of(kBetween, at)) {
      const auto end = std::min(text->find_first_of(kBetween, at), text->size());
      words.push_back(text->substr(at, end - at));
      at = end;
    }
  } else {
    return fail(ErrorCode::InvalidConfig, "an array of texts is expected");
  }
  for (auto& word : words) {
    LARDER_TRY(word, read_base_url(word));
  }
  return words;
}

bool is_hub_default(const Row& row, const Value& value, Dialect dialect) {
  const auto* text = std::get_if<std::string>(&value);
  return dialect == Dialect::Hub && row.kind == Kind::Duration && text != nullptr && *text == "0";
}

struct Assign {
  Settings& settings;
  const Row& row;
  const Value& value;
  Dialect dialect;

  Result<bool> operator()(std::string Settings::*field) const {
    LARDER_TRY(settings.*field, read_text(row, value));
    return true;
  }
  Result<bool> operator()(bool Settings::*field) const {
    if (const auto* plain = std::get_if<bool>(&value)) {
      settings.*field = *plain;
      return true;
    }
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return fail(ErrorCode::InvalidConfig, "true or false is expected");
    LARDER_TRY(settings.*field, read_switch(*text, dialect));
    return true;
  }
  Result<bool> operator()(int Settings::*field) const {
    LARDER_TRY(const auto number, read_number_in_range(row, value));
    settings.*field = static_cast<int>(number);
    return true;
  }
  Result<bool> operator()(std::uint64_t Settings::*field) const {
    LARDER_TRY(const auto number, read_number_in_range(row, value));
    settings.*field = static_cast<std::uint64_t>(number);
    return true;
  }
  Result<bool> operator()(std::chrono::seconds Settings::*field) const {
    LARDER_TRY(const auto number, read_number_in_range(row, value));
    settings.*field = std::chrono::seconds(number);
    return true;
  }
  Result<bool> operator()(std::vector<std::string> Settings::*field) const {
    LARDER_TRY(settings.*field, read_urls(value));
    return true;
  }
};

}  // namespace

bool is_true_word(std::string_view text) { return is_one_of({"1", "on", "yes", "true"}, text); }

Result<bool> assign(Settings& settings, const Row& row, const Value& value, Dialect dialect) {
  if (is_hub_default(row, value, dialect)) return false;
  return std::visit(Assign{settings, row, value, dialect}, row.field);
}

}  // namespace larder::config
