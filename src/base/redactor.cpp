#include "base/redactor.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace larder {
namespace {

constexpr std::string_view kRedacted = "[redacted]";
using Place = std::size_t;
constexpr Place kNone = std::string::npos;

bool is_token_char(char c) { return is_alnum(c) || std::string_view("-._~+/=").find(c) != kNone; }
bool is_name_char(char c) { return is_alnum(c) || c == '-' || c == '_'; }

template <class Is>
Place end_of_run(std::string_view text, Place from, Is is) {
  while (from < text.size() && is(text[from])) ++from;
  return from;
}

// Replaces [from, to) unless nothing stands there; returns where to go on.
Place replace(std::string& text, Place from, Place to) {
  if (from >= to) return to;
  text.replace(from, to - from, kRedacted);
  return from + kRedacted.size();
}

void redact_exact(std::string& text, const std::string& secret) {
  if (secret.empty()) return;
  for (Place at = text.find(secret); at != kNone; at = text.find(secret, at)) at = replace(text, at, at + secret.size());
}

void redact_hub_tokens(std::string& text) {
  constexpr std::size_t kShortest = 10;
  for (Place at = text.find("hf_"); at != kNone; at = text.find("hf_", at)) {
    const Place body = at + 3;
    const bool is_long_kind = text.compare(body, 6, "oauth_") == 0 || text.compare(body, 4, "jwt_") == 0;
    const Place end =
        is_long_kind ? end_of_run(text, body, [](char c) { return is_token_char(c) || c == '_'; }) : end_of_run(text, body, is_alnum);
    at = end - body >= kShortest ? replace(text, at, end) : end;
  }
}

// "Authorization: Basic abc", "authorization=abc", {"Cookie": "abc"}: from the value to its quote or the end of the line.
void redact_header(std::string& text, std::string_view name) {
  for (Place at = find_ignoring_case(text, name); at != kNone; at = find_ignoring_case(text, name, at)) {
    at += name.size();
    const Place value = end_of_run(text, at, [](char c) { return std::string_view(" \t\"':=").find(c) != kNone; });
    const bool is_given = text.substr(at, value - at).find_first_of(":=") != kNone;
    if (!is_given) continue;
    at = replace(text, value, std::min(text.find_first_of("\r\n\"'", value), text.size()));
  }
}

void redact_scheme(std::string& text, std::string_view scheme) {
  for (Place at = find_ignoring_case(text, scheme); at != kNone; at = find_ignoring_case(text, scheme, at)) {
    const bool starts_a_word = at == 0 || !is_alnum(text[at - 1]);
    at += scheme.size();
    const Place end = end_of_run(text, at, is_token_char);
    constexpr std::size_t kShortest = 8;  // "basic auth is not offered" holds no secret
    if (starts_a_word && end - at >= kShortest) at = replace(text, at, end);
  }
}

bool is_secret_parameter(std::string_view name) {
  constexpr std::array<std::string_view, 2> kPrefixes{"x-amz-", "x-goog-"};
  constexpr std::array<std::string_view, 11> kNames{"signature",    "policy",         "key-pair-id",   "sig",
                                                    "token",        "access_token",   "refresh_token", "client_secret",
                                                    "x-xet-signed", "awsaccesskeyid", "expires_sig"};
  const auto matches = [&](std::string_view prefix) { return starts_with_ignoring_case(name, prefix); };
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), matches) ||
         std::any_of(kNames.begin(), kNames.end(), [&](std::string_view known) { return equals_ignoring_case(name, known); });
}

void redact_parameters(std::string& text) {
  for (Place at = text.find('='); at != kNone; at = text.find('=', at)) {
    Place name = at;
    while (name > 0 && is_name_char(text[name - 1])) --name;
    ++at;
    if (!is_secret_parameter(std::string_view(text).substr(name, at - 1 - name))) continue;
    at = replace(text, at, std::min(text.find_first_of("& \t\r\n\"'<>", at), text.size()));
  }
}

void redact_user_info(std::string& text) {
  for (Place at = text.find("://"); at != kNone; at = text.find("://", at)) {
    at += 3;
    const Place end = std::min(text.find_first_of("/?# \t\r\n\"'<>", at), text.size());
    const Place mark = std::string_view(text).substr(0, end).rfind('@');
    if (mark != kNone && mark >= at) at = replace(text, at, mark);
  }
}

}  // namespace

std::string redact_text(std::string_view text, const std::vector<std::string>& secrets) {
  std::string out(text);
  for (const auto& secret : secrets) redact_exact(out, secret);
  redact_hub_tokens(out);
  for (const auto* name : {"authorization", "cookie"}) redact_header(out, name);
  for (const auto* scheme : {"bearer ", "basic "}) redact_scheme(out, scheme);
  redact_parameters(out);
  redact_user_info(out);
  return out;
}

}  // namespace larder
