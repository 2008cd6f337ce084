#include "hub/resolve.hpp"

#include "base/escape.hpp"
#include "net/field_text.hpp"

#include <larder/repo/etag.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace larder::hub {
namespace {

tl::unexpected<Error> disagrees(std::string_view header, std::string_view is, std::string_view expected) {
  return fail(ErrorCode::BadResponse, fmt::format("{} says {}, the listing {}", header, escape_text(is, 100), expected));
}

// T32: an ETag of another shape is no digest and says nothing (T33).
Result<void> check_etag(const net::Headers& headers, const repo::FileEntry& file) {
  const auto linked = headers.find("x-linked-etag");
  const auto value = linked ? linked : headers.find("etag");
  if (!value) return {};
  const std::string etag = repo::normalise_etag(*value);
  if (!repo::is_digest_etag(etag) || etag == file.blob_name()) return {};
  if (file.lfs_sha256 && etag == repo::hex(file.git_oid)) return {};  // the pointer's own id, which the listing also names
  return disagrees(linked ? "X-Linked-Etag" : "ETag", etag, file.blob_name());
}

}  // namespace

Result<void> check_resolve_answer(const net::ResponseHead& head, const repo::FileEntry& file, const repo::CommitId& commit) {
  const auto named = head.headers.find("x-repo-commit");
  if (named && *named != commit.hex()) return disagrees("X-Repo-Commit", *named, commit.hex());  // T15
  const auto size = head.headers.find("x-linked-size");
  if (size && net::parse_digits(*size) != file.size) return disagrees("X-Linked-Size", *size, std::to_string(file.size));  // N35
  return check_etag(head.headers, file);
}

net::Headers download_headers(const Url& url, const Url& endpoint) {
  net::Headers headers;
  if (url.origin() == endpoint.origin()) (void)headers.add("X-HF-Download-Counter", "1");  // can't fail: the value is ours
  return headers;
}

}  // namespace larder::hub
