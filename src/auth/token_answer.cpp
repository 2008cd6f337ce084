#include "auth/token_answer.hpp"

#include "base/escape.hpp"

#include <algorithm>

namespace larder::auth {
namespace {

constexpr std::uint64_t kLongestLife = 10ULL * 365 * 24 * 3600;  // seconds; sums of times stay far from overflow

/// Printable ASCII, as tokens from anywhere else: it goes into a header and into a file of lines.
Result<Secret> as_secret(std::string text, std::string_view field) {
  const bool is_possible = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_possible) return fail(ErrorCode::BadResponse, std::string(field) + " holds characters that no token has");
  return Secret(std::move(text));
}

}  // namespace

Result<OAuthToken> read_token(const JsonFields& fields) {
  OAuthToken token;
  LARDER_TRY(auto access, fields.text("access_token"));
  if (access.empty()) return fail(ErrorCode::BadResponse, "access_token is empty");
  LARDER_TRY(token.access_token, as_secret(std::move(access), "access_token"));
  LARDER_TRY(auto refresh, fields.text_if("refresh_token"));
  LARDER_TRY(token.refresh_token, as_secret(refresh.value_or(""), "refresh_token"));
  LARDER_TRY(const auto expires, fields.count_if("expires_in"));
  if (expires) token.expires_in = std::chrono::seconds(static_cast<std::int64_t>(std::min(*expires, kLongestLife)));
  return token;
}

std::string error_word(const JsonFields& fields) {
  const auto word = fields.text_if("error");
  return word && *word ? **word : "";
}

std::string error_words(const JsonFields& fields, int status) {
  const auto word = error_word(fields);
  const auto description = fields.text_if("error_description");
  const auto more = description && *description ? **description : "";
  if (word.empty() && more.empty()) return "status " + std::to_string(status);
  return escape_text(word + (word.empty() || more.empty() ? "" : ": ") + more, kShownError);
}

}  // namespace larder::auth
