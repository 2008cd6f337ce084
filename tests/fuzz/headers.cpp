// Header values: every parser sees every input.
#include "net/headers.hpp"

#include <larder/repo/etag.hpp>

#include "fuzz/fuzz.hpp"

#include <string>

using namespace larder;

namespace {

void check_content_range(std::string_view value) {
  const auto parsed = net::parse_content_range(value);
  if (!parsed || !parsed->range) return;
  fuzz::must(parsed->range->begin < parsed->range->end);
  if (parsed->total) fuzz::must(parsed->range->end <= *parsed->total);
}

void check_etag(std::string_view value) {
  const std::string normal = repo::normalise_etag(value);
  fuzz::must(normal.size() <= value.size());
  fuzz::must(normal.empty() || (normal.front() != '"' && normal.back() != '"'));
  if (repo::is_digest_etag(normal)) fuzz::must(normal.find_first_not_of("0123456789abcdef") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view value = fuzz::text_of(bytes, size);
  const WallTime now{std::chrono::seconds(1'790'000'000)};
  check_content_range(value);
  check_etag(value);
  if (const auto pause = net::parse_retry_after(value, now)) fuzz::must(pause->count() >= 0);
  (void)net::parse_http_date(value, now);
  (void)net::parse_rate_limit(value);
  (void)net::parse_rate_limit_policy(value);
  (void)net::parse_warning(value);
  net::Headers headers;
  if (!headers.add("Link", std::string(value))) {
    fuzz::must(value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos || value.size() > 0);
    return 0;
  }
  if (const auto next = net::next_link(headers); next && *next) fuzz::must(value.find(**next) != std::string_view::npos);
  return 0;
}
