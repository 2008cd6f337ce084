// FakeHub: a Hub in the test's own process: the read API, files on a "CDN" of another origin, and every misbehaviour on demand.
#pragma once

#include "support/hub_state.hpp"
#include "support/loopback_server.hpp"

#include <memory>
#include <string>

namespace larder::test {

/// Tokens that the fake Hub knows. Any other is refused as on the Hub. Each begins as real ones do.
inline const std::string kMemberToken = "hf_MemberCanaryToken0123456789abcdef";      ///< sees private and gated repositories
inline const std::string kStrangerToken = "hf_StrangerCanaryToken0123456789abcdef";  ///< a good token without rights

inline const std::string kOAuthToken = "hf_oauth_OAuthCanary.Token0123456789abcdef";  ///< the same member, logged in by browser
inline const std::string kRefreshToken = "hf_refresh_CanaryToken0123456789abcdef";    ///< renews it
inline const std::string kIdToken = "eyJpZCI6IkNhbmFyeSJ9.IdTokenCanary.c2ln";  ///< of a CI job; the mint gives it, and it is exchanged for
inline const std::string kMintToken = "ghs_MintCanaryToken0123456789abcdef";    ///< what the job asks the mint with

struct FakeHubOptions {
  std::optional<CertificateKind> certificate = std::nullopt;  ///< https (beside http) for Hub and CDN
  std::uint16_t port = 0;
  std::size_t page_size = 1000;  ///< entries of a tree page (R-213)
  bool serves_directly = false;  ///< files answered by `resolve` itself, no redirects, as hfd does (R-310)
  bool needs_token = false;      ///< everything but whoami needs a good token
  bool uses_ipv6 = false;
  std::chrono::seconds identity_life{3600};  ///< of the token that a job's identity is exchanged for
};

/// A file's faults go by its path in the repository ("model.bin"), those of its `resolve` answer by "resolve:PATH", those of API
/// answers by "api:info", "api:tree", "api:refs", "api:commits", "api:paths-info", "api:whoami"; "*" stands for any path and "api:*"
/// for any call. Faults that only make sense at `resolve` (etag, commit, redirects, 404 …) are given by the plain path. Thread: any.
class FakeHub {
 public:
  explicit FakeHub(FakeHubOptions options = {});
  FakeHub(const FakeHub&) = delete;
  FakeHub& operator=(const FakeHub&) = delete;
  ~FakeHub();

  void put(HubRepo repo) { state_->put(std::move(repo)); }
  void edit(const std::string& type, const std::string& id, const std::function<void(HubRepo&)>& change) { state_->edit(type, id, change); }
  /// Requests for `from` are sent on to `to` by 307.
  void move(const std::string& type, const std::string& from, const std::string& to) { state_->move(type, from, to); }
  void fault(const std::string& target, Fault fault);
  void fault(const std::string& target, const std::string& words) { fault(target, Fault::parse(words)); }
  void clear_faults() { state_->clear_faults(); }
  /// What the next questions of a device flow are answered with ("authorization_pending", "access_denied" …); then it is granted.
  void device_answers(std::vector<std::string> words) { state_->set_device_answers(std::move(words)); }
  /// Every signed URL given out so far answers 403 from now on (N22).
  void expire_urls() { state_->expire_signatures(); }

  /// What HF_ENDPOINT should be: http, or https when there is a certificate.
  [[nodiscard]] std::string endpoint() const;
  [[nodiscard]] std::string cdn_endpoint() const;
  /// PEM file of the authority to trust; empty without a certificate.
  [[nodiscard]] const std::string& ca_file() const { return hub_->ca_file(); }

  LoopbackServer& server() { return *hub_; }     ///< the Hub's own port
  LoopbackServer& cdn() { return *cdn_; }        ///< where LFS bytes come from
  LoopbackServer& canary() { return *canary_; }  ///< a third origin that only logs

  /// Requests at all three ports.
  [[nodiscard]] std::size_t requests() const { return hub_->count() + cdn_->count() + canary_->count(); }
  void clear_logs();
  /// Body bytes sent for a file of a repository, over all its commits: CDN and resolve-cache together.
  [[nodiscard]] std::uint64_t file_bytes(const HubFile& file) const;
  /// Requests at CDN or canary that held a token, or that came to the Hub without TLS though it has it: must be 0 (I8).
  [[nodiscard]] std::size_t leaks() const;

 private:
  FakeHubOptions options_;
  TlsIdentity identity_;  // one authority for the three ports
  std::unique_ptr<HubState> state_;
  std::unique_ptr<LoopbackServer> canary_;
  std::unique_ptr<LoopbackServer> cdn_;
  std::unique_ptr<LoopbackServer> hub_;
};

}  // namespace larder::test
