// URLs and references to them: what comes out is http or https, has no user part and says the same when read again.
#include <larder/base/url.hpp>

#include "fuzz/fuzz.hpp"

using namespace larder;

namespace {

void check_url(const Url& url) {
  fuzz::must(url.origin().scheme == "http" || url.origin().scheme == "https");
  fuzz::must(!url.origin().host.empty() && url.origin().port != 0);
  fuzz::must(url.origin().host.find('@') == std::string::npos);
  const std::string full = url.full();
  for (const char c : full) fuzz::must(static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F);
  if (!url.query().empty()) fuzz::must(url.redacted().find("?" + url.query()) == std::string::npos || url.query() == "…");
  const auto again = Url::parse(full);
  if (again) fuzz::must(again->origin() == url.origin() && again->path() == url.path() && again->query() == url.query());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view reference = fuzz::text_of(bytes, size);
  const auto base = Url::parse(fuzz::take_line(reference));
  if (!base) return 0;
  check_url(*base);
  const auto joined = base->join(reference);
  if (joined) check_url(*joined);
  if (!joined) fuzz::must(joined.error().code == ErrorCode::BadResponse || joined.error().code == ErrorCode::UnsafeRedirect);
  fuzz::must(percent_decode(percent_encode(reference)) == reference);
  fuzz::must(percent_decode(percent_encode_path(reference)) == reference);
  return 0;
}
