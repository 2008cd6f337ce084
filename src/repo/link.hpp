// Links of the Hub's web pages, as people paste them.
#pragma once

#include <larder/base/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::repo {

/// A link cut into what a reference needs. Not checked further.
struct Link {
  std::string location;                 ///< [type/]ORG/NAME[:QUANT]
  std::optional<std::string> revision;  ///< decoded; nullopt: the link names none
  std::string path;                     ///< decoded but for "%2F" (R-117); may be empty
};

/// True when `text` looks like a web address: http(s)://…, or begins with a host of the Hub and "/".
bool is_link(std::string_view text, std::string_view endpoint_host);

/// Cuts a link: the hosts huggingface.co, hf.co and `endpoint_host` ("host[:port]", may be empty); the routes tree, blob, raw, resolve and
/// blame; query and fragment dropped; each segment decoded, "/" in it written "%2F" again (R-117, T-21, T-22). Errors: InvalidArgument.
Result<Link> parse_link(std::string_view text, std::string_view endpoint_host);

/// Length of the `refs/pr/N` or `refs/convert/NAME` that `text` begins with, when it is all of it or "/" follows; else 0.
std::size_t special_ref_length(std::string_view text);

}  // namespace larder::repo
