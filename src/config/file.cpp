#include "config/file.hpp"

namespace larder::config {
namespace {
/// Thrown where the library asserts.
struct Refused {};
[[noreturn]] void refuse() { throw Refused(); }
}  // namespace
}  // namespace larder::config

// The library does not refuse every bad text: some ("[[[", "a = [}") it only asserts against, so a debug build would abort and a
// release build run on with anything. Here an assertion throws in both, and the file is refused like any other bad one.
#undef NDEBUG
#define TOML_ASSERT(expr) (static_cast<bool>(expr) ? void() : larder::config::refuse())
// Header only: the shared library would cost a mapping at every start, and most runs read no file.
#define TOML_HEADER_ONLY 1
#define TOML_MAX_NESTED_VALUES 16
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "base/escape.hpp"

namespace larder::config {
namespace {

auto fail_at(const std::string& name, std::size_t line, std::string reason) {
  return fail(ErrorCode::InvalidConfig, name + ":" + std::to_string(line) + ": " + std::move(reason));
}

// The library walks and frees nested tables by recursion, and a dotted key ("a.a.a…") nests one for each dot. A key is on one line and
// values nest no deeper than the limit above, so this many dots in a line keep the stack small.
constexpr std::ptrdiff_t max_dots = 256;

/// The first line with too many dots; 0: none.
std::size_t find_dotted_line(std::string_view text) {
  std::size_t line = 0;
  while (!text.empty()) {
    ++line;
    const auto here = text.substr(0, text.find('\n'));
    if (std::count(here.begin(), here.end(), '.') > max_dots) return line;
    text.remove_prefix(std::min(text.size(), here.size() + 1));
  }
  return 0;
}

/// nullopt: the text is none that the library can take.
std::optional<toml::parse_result> try_parse(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const Refused&) {
    return std::nullopt;
  }
}

/// The first line that the library cannot take: it reads in order, so every text that holds this line is refused.
std::size_t find_refused_line(std::string_view text) {
  std::vector<std::size_t> ends;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) ends.push_back(end + 1);
  const auto taken = [&](std::size_t end) { return try_parse(text.substr(0, end)).has_value(); };
  return 1 + static_cast<std::size_t>(std::partition_point(ends.begin(), ends.end(), taken) - ends.begin());
}

std::optional<std::vector<std::string>> read_array(const toml::array& array) {
  std::vector<std::string> words;
  for (const auto& element : array) {
    const auto* text = element.as_string();
    if (text == nullptr) return std::nullopt;
    words.push_back(text->get());
  }
  return words;
}

/// nullopt: a kind of value that no setting has (float, date, table).
std::optional<Value> read_value(const toml::node& node) {
  if (const auto* text = node.as_string()) return Value(text->get());
  if (const auto* number = node.as_integer()) return Value(number->get());
  if (const auto* plain = node.as_boolean()) return Value(plain->get());
  const auto* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  auto words = read_array(*array);
  if (!words) return std::nullopt;
  return Value(std::move(*words));
}

bool is_array_of_tables(const toml::node& node) {
  const auto* array = node.as_array();
  return array != nullptr && array->is_homogeneous(toml::node_type::table);
}

bool is_table_of_tables(const toml::node& node) {
  const auto* table = node.as_table();
  return table != nullptr && std::all_of(table->begin(), table->end(), [](const auto& entry) { return entry.second.is_table(); });
}

bool is_regular(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

bool exists(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

}  // namespace

Result<std::vector<FileValue>> parse_file(std::string_view text, const std::string& name) {
  if (const auto line = find_dotted_line(text); line != 0)
    return fail_at(name, line, "more than " + std::to_string(max_dots) + " dots in one line: write a long list over several lines");
  const auto attempt = try_parse(text);
  if (!attempt) return fail_at(name, find_refused_line(text), "this is not TOML");
  const auto& parsed = *attempt;
  if (!parsed) return fail_at(name, parsed.error().source().begin.line, escape_text(parsed.error().description()));
  std::vector<FileValue> values;
  for (const auto& [key, node] : parsed.table()) {
    const std::string_view word = key.str();
    const auto line = static_cast<std::size_t>(node.source().begin.line);
    if (word == "model") {
      if (!is_array_of_tables(node)) return fail_at(name, line, "model is written as [[model]] tables");
      continue;
    }
    if (word == "remote") {
      if (!is_table_of_tables(node)) return fail_at(name, line, "remote is written as [remote.NAME] tables");
      continue;
    }
    values.push_back({std::string(word), read_value(node), line});
  }
  std::sort(values.begin(), values.end(), [](const FileValue& a, const FileValue& b) { return a.line < b.line; });
  return values;
}

std::string find_project_file(const std::string& folder, const std::string& home) {
  if (folder.empty() || folder.front() != '/') return {};
  std::string here = folder;
  while (here.size() > 1 && here.back() == '/') here.pop_back();
  while (true) {
    const auto prefix = here == "/" ? here : here + "/";
    if (is_regular(prefix + "larder.toml")) return prefix + "larder.toml";
    if (here == "/" || here == home || exists(prefix + ".git")) return {};
    here.resize(std::max<std::size_t>(here.rfind('/'), 1));
  }
}

}  // namespace larder::config
