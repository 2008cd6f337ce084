// What the token route of an endpoint answers, whatever it was asked for.
#pragma once

#include "base/json_fields.hpp"

#include <larder/auth/oauth.hpp>

namespace larder::auth {

constexpr std::chrono::milliseconds kTokenAnswerWait{10'000};
constexpr std::uint64_t kLongestTokenAnswer = 64ULL * 1024;
constexpr std::size_t kShownError = 200;  // bytes of what it says, in a message

/// access_token and what comes with it. Errors: BadResponse, also for a token that no header could hold (T34).
Result<OAuthToken> read_token(const JsonFields& fields);

/// The "error" of an answer, or empty. Not escaped.
std::string error_word(const JsonFields& fields);

/// "invalid_grant: the id token is expired", harmless for messages; "status N" when nothing is said.
std::string error_words(const JsonFields& fields, int status);

}  // namespace larder::auth
