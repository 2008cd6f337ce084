#include <larder/repo/etag.hpp>

#include "base/hex.hpp"

#include <algorithm>

namespace larder::repo {

std::string normalise_etag(std::string_view header) {
  // A character set and not a prefix, as upstream's lstrip("W/") does it: /abc and WW/"x" too lose their heads (T-24, T-25).
  header.remove_prefix(std::min(header.find_first_not_of("W/"), header.size()));
  header.remove_prefix(std::min(header.find_first_not_of('"'), header.size()));
  const auto last = header.find_last_not_of('"');
  return std::string(header.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

bool is_digest_etag(std::string_view etag) { return (etag.size() == 40 || etag.size() == 64) && is_lower_hex(etag); }

}  // namespace larder::repo
