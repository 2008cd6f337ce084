// Route: one request's way from a source, over redirects followed by hand, to whoever answers.
#pragma once

#include "transfer/source.hpp"

#include <larder/net/transport.hpp>

#include <cstddef>

namespace larder::transfer {

struct Route {
  std::size_t source = 0;  ///< place in the order of preference
  Url url;                 ///< asked now
  Origin endpoint;         ///< the source's own origin
  int hops = 0;            ///< redirects so far

  /// Goes straight to where an earlier request was redirected to.
  void skip_to(Url address) {
    url = std::move(address);
    ++hops;
  }
  /// Only answers of the source's own origin are checked against the tree and believed about access.
  [[nodiscard]] bool is_at_endpoint() const { return url.origin() == endpoint; }
};

/// Errors: those of BlobSource::url.
Result<Route> first_route(const BlobSource& source, std::size_t place, const repo::FileEntry& file);

/// Follows the redirect in `head`. Errors: those of net::next_hop (T26, T28, T29, N37).
Result<Route> follow(const Route& route, const net::ResponseHead& head);

/// Is this an address that the source gave out and that is not good any more (T38)? Then `resolve` is asked again. One of the source's
/// own origin expires like any other; only a refusal by `resolve` itself is final.
bool is_stale_address(const Route& route, int status);

}  // namespace larder::transfer
