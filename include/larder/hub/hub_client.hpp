// HubClient: asking the Hub's API, blocking, values out.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/net/client.hpp>
#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>
#include <larder/repo/tree.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace larder::hub {

/// Where the Hub is and who asks.
struct HubOptions {
  Url endpoint;                                 ///< without trailing "/"
  std::optional<net::Credentials> credentials;  ///< nullopt: anonymous
  std::string token_source;                     ///< "HF_TOKEN", "token file …": named when the token is refused; never the token
  std::chrono::milliseconds header_timeout{30'000};
};

struct RefName {
  std::string name;  ///< "main", "v1.0", "refs/pr/1", "refs/convert/parquet": as one would ask for it
  repo::CommitId commit;
};

/// GET …/api/whoami-v2.
struct Whoami {
  std::string name;
  std::string type;  ///< user, org, app
  std::vector<std::string> orgs;
  std::string token_name;  ///< auth.accessToken.displayName
  std::string role;        ///< read, write, fineGrained; empty for OAuth
};

/// Thread: one at a time; blocks; every call can be cancelled. Errors of every call: RepoNotFound, RevisionNotFound, AuthRequired,
/// AccessDenied, GatedRepo (by ), BadResponse, all network codes.
class HubClient {
 public:
  HubClient(net::Client& client, HubOptions options) : client_(client), options_(std::move(options)) {}

  /// One `GET /api/{type}s/{id}/revision/{rev}?expand=sha`-like call; a short commit is looked up as R-107 says. A full commit is asked of
  /// the server too (does it exist?); callers that trust it don't call. `canonical_id` is set when the answer names another repository
  ///
  Result<repo::ResolvedRevision> resolve_revision(const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel);

  /// Every file of `repo` at `commit`: recursive, page after page, each parsed as it comes; limits of reliability.md §2.2 (T23, T24, T25).
  /// `on_page`: files listed so far, after each page (may be empty).
  Result<repo::Tree> list_tree(const repo::RepoId& repo, const repo::CommitId& commit, const CancelToken& cancel,
                               const std::function<void(std::size_t)>& on_page);

  /// Branches, tags, converts and pull requests.
  Result<std::vector<RefName>> list_refs(const repo::RepoId& repo, const CancelToken& cancel);

  Result<Whoami> whoami(const CancelToken& cancel);

  [[nodiscard]] const HubOptions& options() const { return options_; }

 private:
  net::Client& client_;
  HubOptions options_;
};

/// `{endpoint}/{prefix}{id}/resolve/{commit}/{path}`.
Result<Url> resolve_url(const Url& endpoint, const repo::RepoId& repo, const repo::CommitId& commit, std::string_view path);

/// What a failed answer of the Hub means. `object`: what the user asked for, e.g. "org/name@main".
struct AnswerContext {
  std::string object;
  repo::RepoId repo;
  Url endpoint;
  std::string token_source;  ///< empty: no token was sent
  bool is_repo_url = true;
};
Error classify_answer(const net::Response& response, const AnswerContext& context);

/// Do the headers of a `resolve` answer (any hop of the endpoint) agree with the tree? X-Repo-Commit, X-Linked-Size, X-Linked-Etag or ETag
/// when they are digests (R-333, T15, T32, N35); absent ones are not missed. Errors: BadResponse.
Result<void> check_resolve_answer(const net::ResponseHead& head, const repo::FileEntry& file, const repo::CommitId& commit);

}  // namespace larder::hub
