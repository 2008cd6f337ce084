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

struct AnswerContext;

/// What the answers are for: the Hub counts downloads by a header that only they carry.
enum class Purpose : std::uint8_t { Download, Look };

/// Where the Hub is and who asks.
struct HubOptions {
  Url endpoint;                                 ///< without trailing "/"
  std::optional<net::Credentials> credentials;  ///< nullopt: anonymous
  /// Asked before each request by the thread that makes it: the token of a CI job or of a login by browser ends within hours (R-412,
  /// Empty: `credentials` are good for the whole run.
  std::function<std::optional<net::Credentials>()> renewed;
  std::string token_source;  ///< "HF_TOKEN", "token file …": named when the token is refused; never the token
  std::chrono::milliseconds header_timeout{30'000};
  std::chrono::milliseconds stall_timeout{20'000};  ///< without a byte of an answer's body
  Purpose purpose = Purpose::Download;
};

/// Those for the next request.
std::optional<net::Credentials> current_credentials(const HubOptions& options);

struct RefName {
  std::string name;  ///< "main", "v1.0", "refs/pr/1", "refs/convert/parquet": as one would ask for it
  repo::CommitId commit;
};

/// GET …/api/whoami-v2.
struct Whoami {
  std::string name;
  std::string type;  ///< user, org, app
  std::vector<std::string> orgs;
  std::string token_name;           ///< auth.accessToken.displayName
  std::string role;                 ///< read, write, fineGrained; empty for OAuth
  std::optional<bool> reads_gated;  ///< what a fine-grained token says of it; none for every other
};

/// Thread: one at a time; blocks; every call can be cancelled. Errors of every call: RepoNotFound, RevisionNotFound, AuthRequired,
/// AccessDenied, GatedRepo (by ), BadResponse, all network codes.
class HubClient {
 public:
  HubClient(net::Client& client, HubOptions options) : client_(client), options_(std::move(options)) {}

  /// One `GET /api/{type}s/{id}/revision/{rev}`, again with `expand=sha` only if that answer is too long; a short commit that is no
  /// ref is looked up among refs and the first pages of history. Of another name that is not there the hint tells which refs are
  /// . A full commit is asked of the server too (does it exist?);
  /// callers that trust it don't call. `canonical_id` is set when the answer names another repository.
  Result<repo::ResolvedRevision> resolve_revision(const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel);

  /// Every file of `repo` at `commit`: recursive, page after page, each parsed as it comes; limits of docs/hub-protocol.md "Limits" (T23,
  /// T24, T25). `on_page`: files listed so far, after each page (may be empty).
  Result<repo::Tree> list_tree(const repo::RepoId& repo, const repo::CommitId& commit, const CancelToken& cancel,
                               const std::function<void(std::size_t)>& on_page);

  /// Branches, tags, converts and pull requests.
  Result<std::vector<RefName>> list_refs(const repo::RepoId& repo, const CancelToken& cancel);

  Result<Whoami> whoami(const CancelToken& cancel);

  [[nodiscard]] const HubOptions& options() const { return options_; }

 private:
  enum class Counting : std::uint8_t { Download, None };

  Result<net::Response> exchange(const Url& url, Counting counting, const CancelToken& cancel);
  Result<net::Response> ask(const Url& url, const AnswerContext& context, Counting counting, const CancelToken& cancel);
  Result<net::Response> exchange_revision(const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel);
  Result<repo::ResolvedRevision> ask_revision(const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel);
  Result<repo::CommitId> find_short_commit(const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel);
  Error with_near_refs(Error error, const repo::RepoId& repo, const repo::Revision& revision, const CancelToken& cancel);
  Result<std::vector<repo::CommitId>> list_commits(const repo::RepoId& repo, const std::string& branch, const CancelToken& cancel);

  net::Client& client_;
  HubOptions options_;
};

}  // namespace larder::hub
