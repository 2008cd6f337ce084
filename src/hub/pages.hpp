// Following `Link: <…>; rel="next"` from page to page without being led astray (R-213, T24, T25).
#pragma once

#include <larder/base/url.hpp>
#include <larder/net/http.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace larder::hub {

/// Source: docs/hub-protocol.md "Limits". Smaller values are for tests.
struct PageLimits {
  std::size_t pages = 20'000;
  std::size_t empty_in_a_row = 100;  ///< no honest listing has so many pages without an entry
  std::size_t repeats = 10;          ///< pages that begin like an earlier one; a listing that moves under us may do it once
  std::size_t page_bytes = 64UL * 1024 * 1024;
};

/// Where one listing has been. Not thread-safe.
class PageTrail {
 public:
  /// `origin`: of the endpoint, the only one that is followed.
  PageTrail(Origin origin, PageLimits limits) : origin_(std::move(origin)), limits_(limits) {}

  /// The page after the one that `current` (after redirects) answered with `head`; nullopt: it was the last. `entries` and `first`: what
  /// was on it. Errors: UnsafeRedirect for another origin, another scheme or a user part in the link (T25); BadResponse for a malformed
  /// link, one that was followed before, and listings without end (T24).
  Result<std::optional<Url>> next(const Url& current, const net::ResponseHead& head, std::size_t entries, std::string_view first);

 private:
  Result<void> count(std::size_t entries, std::string_view first);

  Origin origin_;
  PageLimits limits_;
  std::size_t pages_ = 0;
  std::size_t empty_ = 0;
  std::size_t repeated_ = 0;
  std::unordered_set<std::size_t> links_;   // hashes: a collision would only end a listing of thousands of pages
  std::unordered_set<std::size_t> firsts_;  // the same
};

}  // namespace larder::hub
