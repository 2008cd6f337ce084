// Location: where the bytes of one file can be had right now, and for how long.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/base/url.hpp>
#include <larder/net/http.hpp>

#include <optional>
#include <string>

namespace larder::transfer {

/// The end of a source's redirects for one file. Secret: the query may be a signature.
struct Location {
  Url url;
  std::optional<SteadyTime> renew_at;  ///< ask `resolve` again from then on
  std::optional<std::string> etag;     ///< of its first answer; compared only between answers of this very Location (T32)
};

/// How long a signed URL lives from now on, by what its query says (engine.md §4); nullopt when it does not say, or when it would be over
/// already by `wall_now` (a wrong clock must stop nothing: N44). Pure.
std::optional<std::chrono::seconds> lifetime(const Url& url, WallTime wall_now);

/// A Location found now; renewed when 80 % of its life are over (engine.md §4).
Location make_location(Url url, SteadyTime now, WallTime wall_now);

/// How far our clock is ahead of the server's by its `Date`; nullopt when that is at most five minutes, or unknown (T38). Pure.
std::optional<std::chrono::seconds> clock_skew(const net::Headers& headers, WallTime wall_now);

/// For when `host` refuses one address after the other that `source` gives out: a network failure, no lack of access. Its hint tells of a
/// clock that is wrong (T38).
Error refused_addresses(const std::string& host, std::string_view source, const net::ResponseHead& head, WallTime wall_now);

}  // namespace larder::transfer
