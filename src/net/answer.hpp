// What an HTTP answer means for the one who asked, as far as that is the same for every server. Pure.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/net/http.hpp>

#include <optional>

namespace larder::net {

/// Status, host, request id, X-Error-Code and X-Error-Message of an answer of `url`, escaped and cut (T35).
HttpFacts http_facts(const Url& url, const ResponseHead& head);

/// The Error of an answer that another try may cure: RateLimited for 429, ServerError for 408 and 5xx, with the pause it asks for.
/// nullopt for every other answer.
std::optional<Error> transient_failure(const Url& url, const ResponseHead& head, WallTime now);

}  // namespace larder::net
