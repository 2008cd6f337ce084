#include "transfer/resolve_source.hpp"

#include "hub/endpoints.hpp"
#include "hub/hub_errors.hpp"
#include "hub/resolve.hpp"

#include <fmt/format.h>

#include <utility>

namespace larder::transfer {

namespace {

struct Place {
  std::string name;
  Url base;
  std::optional<hub::HubOptions> identity;  // of the endpoint's origin; nullopt: asked anonymously
  std::string token_source;
  Url endpoint;
};

class ResolveSource final : public BlobSource {
 public:
  ResolveSource(Place place, repo::RepoId repo, repo::CommitId commit, std::string object)
      : place_(std::move(place)), repo_(std::move(repo)), commit_(std::move(commit)), object_(std::move(object)) {}

  [[nodiscard]] std::string name() const override { return place_.name; }
  [[nodiscard]] Result<Url> url(const repo::FileEntry& file) const override {
    return hub::resolve_url(place_.base, repo_, commit_, file.path);  // by commit, so that a moving branch mixes nothing (R-315, T17)
  }
  [[nodiscard]] std::optional<net::Credentials> credentials() const override {
    return place_.identity ? hub::current_credentials(*place_.identity) : std::nullopt;
  }
  [[nodiscard]] net::Headers headers(const Url& url) const override { return hub::download_headers(url, place_.endpoint); }
  [[nodiscard]] Result<void> check(const net::ResponseHead& head, const repo::FileEntry& file) const override {
    return hub::check_resolve_answer(head, file, commit_);
  }

  [[nodiscard]] Error classify(const net::Response& response, WallTime now) const override {
    Error error = hub::classify_answer(response, {object_, repo_, place_.base, has_token() ? place_.token_source : "", true, {}}, now);
    const bool is_about_repo = error.http && (error.http->hub_code == "RepoNotFound" || error.http->hub_code == "RevisionNotFound");
    if (response.head.status == 404 && !is_about_repo) {
      // The listing of this very commit has it (N24).
      error.code = ErrorCode::EntryNotFound;
      error.message = fmt::format("listed, but {} does not have it", place_.name);
      error.hint = "try again later, or take another source with --endpoint or --mirror";
    }
    return error;
  }

 private:
  [[nodiscard]] bool has_token() const { return place_.identity && place_.identity->credentials; }

  Place place_;
  repo::RepoId repo_;
  repo::CommitId commit_;
  std::string object_;
};

}  // namespace

std::unique_ptr<BlobSource> make_hub_source(const hub::HubOptions& options, const repo::RepoId& repo, const repo::CommitId& commit,
                                            std::string object) {
  Place place{options.endpoint.origin().host_text(), options.endpoint, options, options.token_source, options.endpoint};
  return std::make_unique<ResolveSource>(std::move(place), repo, commit, std::move(object));
}

std::unique_ptr<BlobSource> make_mirror_source(const Url& base, const hub::HubOptions& endpoint, const repo::RepoId& repo,
                                               const repo::CommitId& commit, std::string object) {
  Place place{"mirror " + base.redacted(), base, std::nullopt, endpoint.token_source, endpoint.endpoint};
  if (base.origin() == endpoint.endpoint.origin()) place.identity = endpoint;
  return std::make_unique<ResolveSource>(std::move(place), repo, commit, std::move(object));
}

}  // namespace larder::transfer
