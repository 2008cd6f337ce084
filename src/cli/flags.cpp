#include "cli/flags.hpp"

#include <charconv>

#include "base/escape.hpp"
#include "base/text.hpp"

namespace larder::cli {

std::string_view long_name(std::string_view names) { return names.substr(0, names.find(',')); }

std::vector<std::string_view> choice_words(std::string_view choices) {
  if (choices.empty()) return {};
  return split(choices, '|');
}

Result<std::uint64_t> whole_number(std::string_view flag, std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc{} && end == text.data() + text.size()) return number;
  return fail(ErrorCode::InvalidArgument, std::string(flag) + ": '" + escape_text(text) + "' is not a whole number");
}

void Flags::add(FlagRow row, Target target) {
  rows_.push_back(row);
  targets_.push_back(target);
}

void Flags::add_argument(ArgumentRow row, Target target) {
  argument_rows_.push_back(row);
  argument_targets_.push_back(target);
}

void Flags::settings(std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) setting(config::table()[*config::find_row(key)]);
}

void Flags::setting(const config::Row& row) {
  add({row.flag, row.metavar, row.help, row.choices, row.default_text, &row}, static_cast<std::vector<std::string>*>(nullptr));
}

void Flags::json() { toggle("--json", &json_, "print one JSON document"); }

void Flags::quiet(std::string_view help) { toggle("--quiet,-q", &quiet_, help); }

void Flags::common() {
  count("--verbose,-v", &verbosity_, "log to stderr; twice for more");
  toggle("--help,-h", &help_, "print this help");
}

}  // namespace larder::cli
