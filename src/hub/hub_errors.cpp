#include "hub/hub_errors.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "hub/endpoints.hpp"
#include "hub/server_message.hpp"
#include "net/answer.hpp"
#include "net/headers.hpp"

#include <fmt/format.h>

#include <utility>

namespace larder::hub {
namespace {

constexpr std::string_view kDisabled = "Access to this resource is disabled.";
constexpr std::string_view kBadToken = "Invalid credentials in Authorization header";

// One answer with all that the rows of R-421 look at; the first that matches wins.
class Reading {
 public:
  Reading(const net::Response& response, const AnswerContext& context, WallTime now)
      : response_(response),
        context_(context),
        now_(now),
        message_(server_message(response)),
        facts_(net::http_facts(context.endpoint, response.head)) {}

  [[nodiscard]] Error error() const {
    Error error = by_code();
    error.http = facts_;
    if (error.http->server_message.empty()) error.http->server_message = message_;
    return error;
  }

 private:
  [[nodiscard]] int status() const { return response_.head.status; }
  [[nodiscard]] bool has_token() const { return !context_.token_source.empty(); }
  [[nodiscard]] std::string token() const { return "the token from " + escape_text(context_.token_source, 200); }
  [[nodiscard]] std::string page() const { return page_url(context_.endpoint, context_.repo); }
  [[nodiscard]] std::string_view header(std::string_view name) const { return response_.head.headers.find(name).value_or(""); }

  [[nodiscard]] Error make(ErrorCode code, const std::string& what, std::string hint = {}) const {
    Error error;
    error.code = code;
    error.message = context_.object.empty() ? what : context_.object + ": " + what;
    error.hint = std::move(hint);
    return error;
  }
  [[nodiscard]] std::string with_server_message(const std::string& what) const { return message_.empty() ? what : what + ": " + message_; }

  // Rows 1 to 6: what the Hub says in its own words.
  [[nodiscard]] Error by_code() const {
    const std::string_view code = header("x-error-code");
    if (code == "RevisionNotFound") return revision_not_found();
    if (code == "EntryNotFound") return make(ErrorCode::EntryNotFound, "no such file", "`larder files` lists what is there");
    if (code == "GatedRepo") return gated();
    if (header("x-error-message") == kDisabled) {
      return make(ErrorCode::AccessDenied, "the Hub has disabled this repository",
                  fmt::format("no token opens it; {} may say why", page()));
    }
    if (code == "RepoNotFound") return repo_not_found();
    if (status() == 401) return unauthorised();
    // Not the Hub's own codes but those of a mirror that could not reach it.
    if (code == "ProxyTimeout" || code == "ProxyInvalidData") return make(ErrorCode::ServerError, "the mirror could not reach the Hub");
    return by_status();
  }

  // Rows 7 to 11.
  [[nodiscard]] Error by_status() const {
    if (status() == 403) return forbidden();
    if (status() == 429) return rate_limited();
    if (status() == 408 || status() >= 500)
      return make(ErrorCode::ServerError, with_server_message(fmt::format("{} answered {}", facts_.host, status())));
    if (status() == 404 && context_.is_repo_url) return bare_not_found();
    if (status() == 416) return range_refused();
    if (status() == 402 || status() == 451) return refused_by_choice();
    return make(ErrorCode::BadResponse, with_server_message(fmt::format("{} answered {}", facts_.host, status())));
  }

  [[nodiscard]] Error revision_not_found() const {
    return make(ErrorCode::RevisionNotFound,
                context_.revision.empty() ? "no such revision" : fmt::format("no such revision '{}'", escape_text(context_.revision)),
                fmt::format("the repository is there; its branches and tags are shown at {}", page()));
  }

  // Row 3. Without a token the Hub answers 401, with one that has no access 403.
  [[nodiscard]] Error gated() const {
    if (status() == 401 || !has_token()) {
      return make(ErrorCode::GatedRepo, "the repository is gated and no valid token was sent",
                  fmt::format("accept its conditions at {}, then log in: larder auth login", page()));
    }
    return make(
        ErrorCode::GatedRepo, fmt::format("the repository is gated and {} has no access to it", token()),
        fmt::format("ask for access at {} or wait for it; a fine-grained token also needs the right to read gated repositories", page()));
  }

  // Row 6: the Hub says the same of what is not there and of what may not be seen.
  [[nodiscard]] Error repo_not_found() const {
    const std::string hint = has_token() ? fmt::format("check the id and --repo-type; if it is private, {} can't see it", token())
                                         : "check the id and --repo-type; if it is private, log in: larder auth login";
    return make(ErrorCode::RepoNotFound,
                fmt::format("no {} '{}' on {}, or it is private", name(context_.repo.type()), context_.repo.id(), facts_.host), hint);
  }

  [[nodiscard]] Error unauthorised() const {
    const bool is_bad_token = header("x-error-message") == kBadToken;
    if (!is_bad_token && context_.is_repo_url) return repo_not_found();
    if (has_token()) {
      return make(ErrorCode::AuthRequired, fmt::format("{} is not valid: {} refused it", token(), facts_.host),
                  "replace it (larder auth login), or leave it out for what is public");
    }
    return make(ErrorCode::AuthRequired, fmt::format("{} asks for a token and there is none", facts_.host), "log in: larder auth login");
  }

  [[nodiscard]] Error forbidden() const {
    const std::string hint = has_token()
                                 ? fmt::format("{} may lack the right, or the organisation does not allow tokens of its kind", token())
                                 : "log in: larder auth login";
    return make(ErrorCode::AccessDenied, with_server_message(fmt::format("{} forbids it", facts_.host)), hint);
  }

  // Row 9. The quota is named where the Hub names it.
  [[nodiscard]] Error rate_limited() const {
    const auto& headers = response_.head.headers;
    const auto limit = net::parse_rate_limit(header("ratelimit"));
    const auto policy = net::parse_rate_limit_policy(header("ratelimit-policy"));
    std::string what = facts_.host + ": rate limit reached";
    if (limit) what += fmt::format(" ({}", escape_text(limit->resource, 60));
    if (limit && policy) what += fmt::format(", {} requests in {} s", policy->quota, policy->window.count());
    if (limit) what += ")";
    Error error = make(ErrorCode::RateLimited, what, has_token() ? "" : "those who log in may ask more often: larder auth login");
    error.retry_after = net::asked_pause(headers, now_);
    if (error.retry_after) error.message += fmt::format("; it asks to wait {} s", error.retry_after->count());
    return error;
  }

  // To be paid for, or withheld by law: nothing is broken, and nothing here can be put right (R-427: exit 6 as every other 4xx).
  [[nodiscard]] Error refused_by_choice() const {
    const std::string_view why = status() == 402 ? "wants to be paid for it" : "withholds it for legal reasons";
    return make(ErrorCode::BadResponse, with_server_message(fmt::format("{} answered {}, it {}", facts_.host, status(), why)),
                fmt::format("no setting changes that; {} may say more", page()));
  }

  [[nodiscard]] Error range_refused() const {
    const std::string_view range = header("content-range");
    const std::string returned = range.empty() ? std::string() : fmt::format(" (it says {})", escape_text(range, 100));
    return make(ErrorCode::BadResponse, fmt::format("{} answered 416, that nothing lies there{}", facts_.host, returned));
  }

  // A mirror of plain files knows no error codes; what it says all the same is "not here" (exit 3).
  [[nodiscard]] Error bare_not_found() const {
    return make(ErrorCode::RepoNotFound, with_server_message(fmt::format("{} answered 404", facts_.host)),
                "check the id, the revision, --repo-type and the endpoint");
  }

  const net::Response& response_;
  const AnswerContext& context_;
  WallTime now_;
  std::string message_;
  HttpFacts facts_;
};

}  // namespace

Error classify_answer(const net::Response& response, const AnswerContext& context, WallTime now) {
  return Reading(response, context, now).error();
}

}  // namespace larder::hub
