// ETag: a server's validator; only ever compared, never a path (T33).
#pragma once

#include <string>
#include <string_view>

namespace larder::repo {

/// R-307: every leading `W` or `/` is stripped, then `"` from both ends. T-24…T-30.
std::string normalise_etag(std::string_view header);
/// 40 or 64 lower-case hex digits: a digest that may be compared with the tree's (T32). Others are ignored.
bool is_digest_etag(std::string_view etag);

}  // namespace larder::repo
