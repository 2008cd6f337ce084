// A larder.toml that anybody may have written: its keys with their lines, or one error that names file and line.
#include "config/file.hpp"

#include "base/utf8.hpp"
#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <set>

using namespace larder;

namespace {

void check_values(const std::vector<config::FileValue>& values, std::size_t lines) {
  std::set<std::string> keys;
  for (const config::FileValue& value : values) {
    fuzz::must(keys.insert(value.key).second);
    fuzz::must(value.line >= 1 && value.line <= lines);
    fuzz::must(value.key != "model" && value.key != "remote");
    if (!value.value) continue;
    if (const auto* text = std::get_if<std::string>(&*value.value)) fuzz::must(is_utf8(*text));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = fuzz::text_of(bytes, size);
  const auto values = config::parse_file(text, "larder.toml");
  if (values) {
    check_values(*values, 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
  } else {
    fuzz::must(values.error().code == ErrorCode::InvalidConfig);
    fuzz::must(values.error().message.starts_with("larder.toml:"));
  }
  return 0;
}
