// redact_text: takes secrets out of text on its way to people (T42).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace larder {

/// `text` with these replaced by "[redacted]": every one of `secrets`; Hub tokens (`hf_` and 10 or more letters or digits, `hf_oauth_…`,
/// `hf_jwt_…`); the value of Authorization, Proxy-Authorization, Cookie and Set-Cookie up to the end of the line; what follows
/// "Bearer " or "Basic "; the value of signature parameters in a query (X-Amz-*, X-Goog-*, Signature, Policy, Key-Pair-Id, sig,
/// token); user and password in a URL.
/// Redacting twice changes nothing more.
std::string redact_text(std::string_view text, const std::vector<std::string>& secrets);

}  // namespace larder
