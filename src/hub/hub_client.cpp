#include <larder/hub/hub_client.hpp>

#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "hub/decode.hpp"
#include "hub/endpoints.hpp"
#include "hub/hub_errors.hpp"
#include "hub/pages.hpp"
#include "hub/resolve.hpp"
#include "hub/web_page.hpp"
#include "net/headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace larder::hub {
namespace {

constexpr std::size_t kCommitPages = 10;  // "the first pages of commits"
constexpr std::size_t kMostNamed = 20;    // refs in one message

bool is_success(int status) { return status >= 200 && status < 300; }

// No object: callers put "pull org/name@main" in front, as the words of the user.
AnswerContext context_of(const HubOptions& options, const repo::RepoId& repo, std::string revision) {
  return {"", repo, options.endpoint, options.credentials ? options.token_source : "", true, std::move(revision)};
}

// Text that should have been JSON: mostly a login page that something between us and the Hub put there (T36).
Error explain(Error error, const net::Response& response, const Url& answered) {
  if (error.code != ErrorCode::BadResponse) return error;
  const std::string place = answered.origin().host_text();
  if (auto page = page_instead_of("JSON", place, response)) return *std::move(page);
  error.context.insert(error.context.begin(), place);
  return error;
}

// "main, v1.0 and 3 more"
std::string named(const std::vector<RefName>& refs) {
  std::string out;
  for (std::size_t i = 0; i < refs.size() && i < kMostNamed; ++i) out += (i == 0 ? "" : ", ") + refs[i].name;
  if (refs.size() > kMostNamed) out += fmt::format(" and {} more", refs.size() - kMostNamed);
  return out;
}

// "did you mean v1.0? there are: main, v1.0"
std::string advice(const repo::Revision& revision, const std::vector<RefName>& refs) {
  std::vector<std::string_view> names(refs.size());
  std::transform(refs.begin(), refs.end(), names.begin(), [](const RefName& ref) { return std::string_view(ref.name); });
  const std::string_view near = nearest(revision.text(), names);
  return (near.empty() ? "" : fmt::format("did you mean {}? ", near)) + "there are: " + named(refs);
}

// Branches and tags may be missing on a mirror, or not be for us to see: then there are none. A broken network is told.
template <class T>
Result<std::vector<T>> or_none(Result<std::vector<T>> asked) {
  const bool is_network = !asked && (exit_code(asked.error().code) == 5 || asked.error().code == ErrorCode::Interrupted);
  if (asked || is_network) return asked;
  return std::vector<T>();
}

Error no_such_commit(const repo::Revision& revision, const std::set<repo::CommitId>& found, const std::vector<RefName>& refs) {
  Error error;
  error.code = ErrorCode::RevisionNotFound;
  if (found.empty()) {
    error.message = fmt::format("no such revision '{}', and no commit that begins so", escape_text(revision.text()));
    if (!refs.empty()) error.hint = advice(revision, refs);
    return error;
  }
  std::string all;
  for (const auto& commit : found) all += (all.empty() ? "" : ", ") + commit.hex();
  error.message = fmt::format("revision '{}': several commits begin so: {}", escape_text(revision.text()), all);
  error.hint = "write more digits";
  return error;
}

// Such a field would put the token on the screen and into the names of stored tokens. A word of a few letters is no token of the Hub's.
bool says_token(const Whoami& who, const Secret& token) {
  constexpr std::size_t kShortest = 8;
  if (token.reveal().size() < kShortest) return false;
  const auto holds = [&](const std::string& text) { return text.find(token.reveal()) != std::string::npos; };
  return holds(who.name) || holds(who.type) || holds(who.token_name) || holds(who.role) ||
         std::any_of(who.orgs.begin(), who.orgs.end(), holds);
}

}  // namespace

std::optional<net::Credentials> current_credentials(const HubOptions& options) {
  return options.renewed ? options.renewed() : options.credentials;
}

Result<net::Response> HubClient::exchange(const Url& url, Counting counting, const CancelToken& cancel) {
  net::Request request;
  request.url = url;
  request.credentials = current_credentials(options_);
  if (counting == Counting::Download && options_.purpose == Purpose::Download) request.headers = download_headers(url, options_.endpoint);
  request.max_body = PageLimits().page_bytes;
  request.version = net::HttpVersion::Any;
  request.is_small = true;
  request.header_timeout = options_.header_timeout;
  request.stall_timeout = options_.stall_timeout;
  auto response = client_.exchange(std::move(request), cancel);
  if (response || response.error().code != ErrorCode::RateLimited || options_.credentials) return response;
  Error error = std::move(response).error();
  if (error.hint.empty()) error.hint = "those who log in may ask more often: larder auth login";
  return fail(std::move(error));
}

Result<net::Response> HubClient::ask(const Url& url, const AnswerContext& context, Counting counting, const CancelToken& cancel) {
  LARDER_TRY(net::Response response, exchange(url, counting, cancel));
  if (!is_success(response.head.status)) return fail(classify_answer(response, context, client_.wall_now()));
  return response;
}

// The plain call is what every mirror understands. It also lists all files, so of a repository with very many it is too long: then the
// Hub is asked for the commit alone.
Result<net::Response> HubClient::exchange_revision(const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel) {
  LARDER_TRY(const Url plain, revision_url(options_.endpoint, repo, revision, Detail::Plain));
  auto response = exchange(plain, Counting::Download, cancel);
  if (response || response.error().code != ErrorCode::BadResponse) return response;
  LARDER_TRY(const Url brief, revision_url(options_.endpoint, repo, revision, Detail::Brief));
  return exchange(brief, Counting::Download, cancel);
}

Result<repo::ResolvedRevision> HubClient::ask_revision(const repo::RepoId& repo, const repo::Revision& revision,
                                                       const CancelToken& cancel) {
  LARDER_TRY(const net::Response response, exchange_revision(repo, revision, cancel));
  if (!is_success(response.head.status)) {
    Error error = classify_answer(response, context_of(options_, repo, revision.text()), client_.wall_now());
    const bool may_advise = error.code == ErrorCode::RevisionNotFound && !revision.may_be_short_commit();
    if (!may_advise || net::asked_pause(response.head.headers, client_.wall_now()))
      return fail(std::move(error));  // no advice is worth a wait
    return fail(with_near_refs(std::move(error), repo, revision, cancel));
  }
  const auto answer = decode_revision(response.body, repo.type());
  if (!answer) return fail(explain(answer.error(), response, client_.last_url()));
  if (const auto asked = revision.commit(); asked && *asked != answer->commit) {  // T15
    return fail(ErrorCode::BadResponse, fmt::format("asked for commit {}, the Hub answered with {}", asked->hex(), answer->commit.hex()));
  }
  return repo::ResolvedRevision{revision, answer->commit, answer->id == repo.id() ? "" : answer->id};
}

// Whatever becomes of this question, the answer before it stands; only an end that was asked for outranks it.
Error HubClient::with_near_refs(Error error, const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel) {
  const auto refs = list_refs(repo, cancel);
  if (cancel.is_cancelled()) return cancel.error();
  if (refs && !refs->empty()) error.hint = advice(revision, *refs);
  return error;
}

Result<repo::ResolvedRevision> HubClient::resolve_revision(const repo::RepoId& repo, const repo::Revision& revision,
                                                           const CancelToken& cancel) {
  auto asked = ask_revision(repo, revision, cancel);
  if (asked || asked.error().code != ErrorCode::RevisionNotFound || !revision.may_be_short_commit()) return asked;
  LARDER_TRY(const repo::CommitId commit, find_short_commit(repo, revision, cancel));
  return repo::ResolvedRevision{revision, commit, ""};
}

// exactly one commit among what the refs name and the first pages of history must begin so.
Result<repo::CommitId> HubClient::find_short_commit(const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel) {
  const std::string prefix = to_lower(revision.text());
  std::set<repo::CommitId> found;
  const auto note = [&](const repo::CommitId& commit) {
    if (commit.hex().starts_with(prefix)) found.insert(commit);
  };
  LARDER_TRY(const auto refs, or_none(list_refs(repo, cancel)));
  for (const RefName& ref : refs) note(ref.commit);
  const bool has_main = refs.empty() || std::any_of(refs.begin(), refs.end(), [](const RefName& ref) { return ref.name == "main"; });
  LARDER_TRY(const auto history, or_none(list_commits(repo, has_main ? "main" : refs.front().name, cancel)));
  for (const repo::CommitId& commit : history) note(commit);
  if (found.size() == 1) return *found.begin();
  return fail(no_such_commit(revision, found, refs));
}

Result<std::vector<repo::CommitId>> HubClient::list_commits(const repo::RepoId& repo, const std::string& branch,
                                                            const CancelToken& cancel) {
  const AnswerContext context = context_of(options_, repo, branch);
  std::vector<repo::CommitId> commits;
  PageTrail trail(options_.endpoint.origin(), {});
  LARDER_TRY(Url url, commits_url(options_.endpoint, repo, branch));
  for (std::size_t page = 0; page < kCommitPages; ++page) {
    LARDER_TRY(const net::Response response, ask(url, context, Counting::None, cancel));
    auto decoded = decode_commits(response.body);
    if (!decoded) return fail(explain(std::move(decoded).error(), response, client_.last_url()));
    commits.insert(commits.end(), decoded->begin(), decoded->end());
    const std::string first = decoded->empty() ? "" : decoded->front().hex();
    LARDER_TRY(const auto next, trail.next(client_.last_url(), response.head, decoded->size(), first));
    if (!next) break;
    url = *next;
  }
  return commits;
}

Result<repo::Tree> HubClient::list_tree(const repo::RepoId& repo, const repo::CommitId& commit, const CancelToken& cancel,
                                        const std::function<void(std::size_t)>& on_page) {
  const AnswerContext context = context_of(options_, repo, commit.hex());
  repo::TreeBuilder tree;
  PageTrail trail(options_.endpoint.origin(), {});
  LARDER_TRY(Url url, tree_url(options_.endpoint, repo, commit));
  for (;;) {
    LARDER_TRY(const net::Response response, ask(url, context, Counting::Download, cancel));
    if (const auto named = response.head.headers.find("x-repo-commit"); named && *named != commit.hex()) {  // T15
      return fail(ErrorCode::BadResponse,
                  fmt::format("a page of the listing of commit {} is of {}", commit.hex(), escape_text(*named, 100)));
    }
    auto page = decode_tree_page(response.body, tree);
    if (!page) return fail(explain(std::move(page).error(), response, client_.last_url()));
    if (on_page) on_page(tree.size());
    LARDER_TRY(const auto next, trail.next(client_.last_url(), response.head, page->entries, page->first_path));
    if (!next) return tree.finish();
    url = *next;
  }
}

Result<std::vector<RefName>> HubClient::list_refs(const repo::RepoId& repo, const CancelToken& cancel) {
  LARDER_TRY(const Url url, refs_url(options_.endpoint, repo));
  LARDER_TRY(const net::Response response, ask(url, context_of(options_, repo, ""), Counting::None, cancel));
  auto refs = decode_refs(response.body);
  if (!refs) return fail(explain(std::move(refs).error(), response, client_.last_url()));
  return refs;
}

Result<Whoami> HubClient::whoami(const CancelToken& cancel) {
  if (!options_.credentials) return fail(ErrorCode::AuthRequired, "there is no token", "log in: larder auth login");
  LARDER_TRY(const Url url, whoami_url(options_.endpoint));
  AnswerContext context = context_of(options_, {}, "");
  context.is_repo_url = false;
  LARDER_TRY(const net::Response response, ask(url, context, Counting::None, cancel));
  auto who = decode_whoami(response.body);
  if (!who) return fail(explain(std::move(who).error(), response, client_.last_url()));
  const auto sent = current_credentials(options_);
  if (sent && says_token(*who, sent->token)) {
    return fail(ErrorCode::BadResponse, options_.endpoint.origin().host_text() + ": the answer repeats the token it was asked with");
  }
  return who;
}

}  // namespace larder::hub
