// The three lines that `hf` keeps beside each file of a local folder: read, written, read again.
#include "fuzz/fuzz.hpp"
#include "store/local_dir.hpp"

#include <cmath>

using namespace larder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto metadata = store::parse_metadata(fuzz::text_of(bytes, size));
  if (!metadata) return 0;
  const auto again = store::parse_metadata(store::format_metadata(*metadata));
  fuzz::must(again.has_value());
  fuzz::must(again->commit == metadata->commit && again->etag == metadata->etag);
  fuzz::must(again->timestamp == metadata->timestamp || (std::isnan(again->timestamp) && std::isnan(metadata->timestamp)));
  return 0;
}
