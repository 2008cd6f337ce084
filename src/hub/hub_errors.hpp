// What the Hub's error answers mean, in the user's words.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/base/error.hpp>
#include <larder/base/url.hpp>
#include <larder/net/http.hpp>
#include <larder/repo/repo_id.hpp>

#include <string>

namespace larder::hub {

/// Who asked for what.
struct AnswerContext {
  std::string object;  ///< put before the message, e.g. "org/name@main"; empty: nothing
  repo::RepoId repo;
  Url endpoint;
  std::string token_source;  ///< empty: no token was sent
  bool is_repo_url = true;   ///< false: a 401 is about the token, not about a repository (R-422)
  std::string revision;      ///< as asked; empty: none
};

/// What a failed answer of the Hub means. Names where the token came from, never the token. `now`: for a Retry-After that is
/// a date. Pure.
Error classify_answer(const net::Response& response, const AnswerContext& context, WallTime now);

}  // namespace larder::hub
