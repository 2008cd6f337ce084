#include "hub/pages.hpp"

#include "net/headers.hpp"
#include "net/redirect.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>

namespace larder::hub {
namespace {

tl::unexpected<Error> refuse(ErrorCode code, const Origin& origin, std::string_view why) {
  return fail(code, fmt::format("{}: {}", origin.host_text(), why));
}

}  // namespace

Result<void> PageTrail::count(std::size_t entries, std::string_view first) {
  empty_ = entries == 0 ? empty_ + 1 : 0;
  if (entries != 0 && !firsts_.insert(std::hash<std::string_view>{}(first)).second) ++repeated_;
  if (++pages_ >= limits_.pages)
    return refuse(ErrorCode::BadResponse, origin_, fmt::format("a listing of more than {} pages", limits_.pages));
  if (empty_ >= limits_.empty_in_a_row) return refuse(ErrorCode::BadResponse, origin_, "a listing of empty pages without end");
  if (repeated_ >= limits_.repeats) return refuse(ErrorCode::BadResponse, origin_, "a listing that begins again and again");
  return {};
}

Result<std::optional<Url>> PageTrail::next(const Url& current, const net::ResponseHead& head, std::size_t entries, std::string_view first) {
  const auto found = net::next_link(head.headers);
  if (!found) return refuse(found.error().code, origin_, found.error().message);
  const auto& link = *found;
  if (!link) return std::optional<Url>();
  LARDER_CHECK(count(entries, first));
  if (net::has_user_part(*link)) return refuse(ErrorCode::UnsafeRedirect, origin_, "the link to the next page has a user part");
  auto url = current.join(*link);
  if (!url) return fail(std::move(url).error());
  if (url->origin() != origin_) {
    return refuse(ErrorCode::UnsafeRedirect, origin_, fmt::format("the link to the next page leads to {}", url->origin().text()));
  }
  if (!links_.insert(std::hash<std::string>{}(url->full())).second) {
    return refuse(ErrorCode::BadResponse, origin_, "the link to the next page leads in a circle");
  }
  return std::optional<Url>(std::move(*url));
}

}  // namespace larder::hub
