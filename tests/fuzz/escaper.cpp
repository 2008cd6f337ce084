// Text from outside on its way to a terminal: harmless UTF-8 on one line, the same when escaped again, and cut where it was asked (T3,
// T35).
#include "base/escape.hpp"

#include "fuzz/fuzz.hpp"

using namespace larder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::text_of(bytes + 1, size - 1);
  const std::size_t limit = bytes[0];
  const std::string escaped = escape_text(text);
  fuzz::must(fuzz::is_harmless(escaped));
  fuzz::must(escape_text(escaped) == escaped);
  if (fuzz::is_harmless(text) && text.find_first_of("\xC2\xD8\xE2\xEF") == std::string_view::npos) fuzz::must(escaped == text);

  const std::string cut = escape_text(text, limit);
  fuzz::must(cut.size() <= limit);
  fuzz::must(fuzz::is_harmless(cut));
  if (escaped.size() <= limit) fuzz::must(cut == escaped);
  return 0;
}
