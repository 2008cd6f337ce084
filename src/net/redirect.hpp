// Where a redirect leads, and what of a request goes along. Pure: the transport never follows one by itself (T26–T29).
#pragma once

#include <larder/net/http.hpp>
#include <larder/net/transport.hpp>

#include <optional>
#include <string_view>

namespace larder::net {

/// Redirects followed for one request.
inline constexpr int kMaxRedirects = 10;

/// The URL that `head`, the answer of `current`, sends us to; nullopt when it is no redirect (301, 302, 303, 307, 308).
/// `hops`: redirects followed so far. Errors, naming the host: TooManyRedirects; UnsafeRedirect for https → http, for schemes other than
/// http and https and for a user part; BadResponse for a Location that is missing, given twice with different values, malformed, or over 8
/// KiB (N37).
Result<std::optional<Url>> next_hop(const Url& current, const ResponseHead& head, int hops);

/// Has a URL, or a reference to one, a user part ("https://user@host/")? It is an attempt to be taken for another host (T25).
bool has_user_part(std::string_view reference);

/// `request` as it goes to `target` after an answer with `status`. To another origin only the range and `Accept` go along; credentials stay
/// in it because they are bound to their own origin (may_send). After 303, and after 301 and 302 to a POST, it is a GET without a body.
/// Errors: UnsafeRedirect for a body that would go to another origin.
Result<Request> redirected(Request request, const Url& target, int status);

}  // namespace larder::net
