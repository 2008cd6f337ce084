// A file of pins: each names a whole commit and reads the same when written as a line; or the whole file is refused, with its line.
#include "ops/pins_file.hpp"

#include "base/utf8.hpp"
#include "fuzz/fuzz.hpp"

using namespace larder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const repo::ReferenceContext context;
  const auto pins = ops::parse_pins(fuzz::text_of(bytes, size), "pins", context);
  if (!pins) {
    fuzz::must(pins.error().code == ErrorCode::InvalidArgument);
    fuzz::must(pins.error().message.starts_with("pins:") && is_utf8(pins.error().message));
    return 0;
  }
  std::string lines;
  for (const store::RevisionKey& pin : *pins) {
    fuzz::must(pin.commit.size() == 40);
    const std::string type(pin.repo.type() == repo::RepoType::Model ? "models/" : repo::url_prefix(pin.repo.type()));
    lines += type + pin.repo.id() + "@" + pin.commit + "\n";
  }
  const auto again = ops::parse_pins(lines, "pins", context);
  fuzz::must(again.has_value() && *again == *pins);
  return 0;
}
