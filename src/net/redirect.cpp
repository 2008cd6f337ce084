#include "net/redirect.hpp"

#include "net/field_text.hpp"

#include <algorithm>

namespace larder::net {
namespace {

constexpr std::size_t kLongestLocation = 8 * 1024;

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

tl::unexpected<Error> refuse(ErrorCode code, const Url& current, const ResponseHead& head, const std::string& why) {
  Error error;
  error.code = code;
  error.message = current.origin().host_text() + ": " + why;
  error.http = HttpFacts{head.status, current.origin().host_text(), {}, {}, {}};
  return fail(std::move(error));
}

/// The one Location. The same value twice is odd but clear.
Result<std::string_view> location_of(const Url& current, const ResponseHead& head) {
  const auto values = head.headers.find_all("location");
  if (values.empty() || values.front().empty()) return refuse(ErrorCode::BadResponse, current, head, "redirect without a location");
  if (std::any_of(values.begin(), values.end(), [&](std::string_view value) { return value != values.front(); })) {
    return refuse(ErrorCode::BadResponse, current, head, "redirect with several locations");
  }
  if (values.front().size() > kLongestLocation) return refuse(ErrorCode::BadResponse, current, head, "redirect to a location over 8 KiB");
  if (!is_safe_value(values.front())) {
    return refuse(ErrorCode::BadResponse, current, head, "redirect to a location with control characters");  // T34
  }
  return values.front();
}

}  // namespace

bool has_user_part(std::string_view reference) {
  const auto slashes = reference.find("//");
  if (slashes == std::string_view::npos) return false;
  const std::string_view behind = reference.substr(slashes + 2);
  return behind.substr(0, behind.find_first_of("/?#")).find('@') != std::string_view::npos;
}

Result<std::optional<Url>> next_hop(const Url& current, const ResponseHead& head, int hops) {
  if (!is_redirect(head.status)) return std::optional<Url>();
  if (hops >= kMaxRedirects) {
    return refuse(ErrorCode::TooManyRedirects, current, head, "more than " + std::to_string(kMaxRedirects) + " redirects");
  }
  LARDER_TRY(const std::string_view location, location_of(current, head));
  if (has_user_part(location)) return refuse(ErrorCode::UnsafeRedirect, current, head, "redirect to an address with a user part");
  auto target = current.join(location);
  if (!target) return refuse(target.error().code, current, head, "redirect: " + target.error().message);
  if (current.origin().scheme == "https" && target->origin().scheme == "http") {
    return refuse(ErrorCode::UnsafeRedirect, current, head, "redirect from https to " + target->redacted());  // T28
  }
  return std::optional<Url>(std::move(*target));
}

Result<Request> redirected(Request request, const Url& target, int status) {
  const bool is_same_origin = request.url.origin() == target.origin();
  if (request.method == Method::Post && (status == 301 || status == 302 || status == 303)) {
    request.method = Method::Get;
    request.body.clear();
    request.content_type.clear();
  }
  if (request.method == Method::Post && !is_same_origin) {
    return fail(ErrorCode::UnsafeRedirect, request.url.origin().host_text() + ": redirect of a request body to " + target.redacted());
  }
  if (!is_same_origin) {
    Headers kept;
    for (const std::string_view value : request.headers.find_all("accept")) LARDER_CHECK(kept.add("Accept", std::string(value)));
    request.headers = std::move(kept);
  }
  request.url = target;
  return request;
}

}  // namespace larder::net
