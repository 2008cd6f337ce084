// Location: where the bytes of one file can be had right now, and for how long.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/base/url.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::transfer {

/// The end of a source's redirects for one file. Secret: the query may be a signature.
struct Location {
  Url url;
  std::optional<SteadyTime> renew_at;  ///< ask `resolve` again from then on
  std::optional<std::string> etag;     ///< of its first answer; compared only between answers of this very Location (T32)
};

/// How long a signed URL lives from now on: by `Expires=`/`expires=` (Unix seconds), or `X-Amz-Date` + `X-Amz-Expires` (names in any case);
/// nullopt when it does not say, or when it would be over already by `wall_now` (a wrong clock must stop nothing: N44). Pure.
std::optional<std::chrono::seconds> lifetime(const Url& url, WallTime wall_now);

/// A Location found now; renewed when 80 % of its life are over (engine.md §4).
Location make_location(Url url, SteadyTime now, WallTime wall_now);

/// The value of `name` in a query, names compared without case, not decoded; nullopt when absent.
std::optional<std::string_view> query_value(std::string_view query, std::string_view name);

}  // namespace larder::transfer
