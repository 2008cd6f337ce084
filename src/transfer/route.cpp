#include "transfer/route.hpp"

#include "net/redirect.hpp"

namespace larder::transfer {

Result<Route> first_route(const BlobSource& source, std::size_t place, const repo::FileEntry& file) {
  Route route;
  LARDER_TRY(route.url, source.url(file));
  route.source = place;
  route.endpoint = route.url.origin();
  return route;
}

Result<Route> follow(const Route& route, const net::ResponseHead& head) {
  LARDER_TRY(auto target, net::next_hop(route.url, head, route.hops));
  if (!target) return fail(ErrorCode::Internal, "an answer that is no redirect was followed");
  Route next = route;
  next.url = std::move(*target);
  ++next.hops;
  return next;
}

bool is_stale_address(const Route& route, int status) {
  return route.hops > 0 && (status == 401 || status == 403 || status == 404 || status == 410);
}

}  // namespace larder::transfer
