#include "transfer/route.hpp"

#include <fmt/format.h>

namespace larder::transfer {

Result<Route> first_route(const BlobSource& source, std::size_t place, const repo::FileEntry& file) {
  Route route;
  LARDER_TRY(route.url, source.url(file));
  route.source = place;
  route.endpoint = route.url.origin();
  return route;
}

Result<Route> follow(const Route& route, const net::ResponseHead& head) {
  const std::string host = route.url.origin().host_text();
  if (route.hops >= kMostRedirects)
    return fail(ErrorCode::TooManyRedirects, fmt::format("{}: more than {} redirects", host, kMostRedirects));
  const auto target = head.headers.find("Location");
  if (!target || target->empty()) return fail(ErrorCode::BadResponse, fmt::format("{}: redirect {} without an address", host, head.status));
  Route next = route;
  LARDER_TRY(next.url, route.url.join(*target));
  if (route.url.origin().scheme == "https" && next.url.origin().scheme != "https") {
    return fail(ErrorCode::UnsafeRedirect, fmt::format("{}: redirect from https to {}", host, next.url.redacted()));
  }
  ++next.hops;
  return next;
}

bool is_stale_address(const Route& route, int status) {
  return route.hops > 0 && (status == 401 || status == 403 || status == 404 || status == 410);
}

}  // namespace larder::transfer
