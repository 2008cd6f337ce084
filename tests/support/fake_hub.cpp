#include "support/fake_hub.hpp"

#include "support/hub_answer.hpp"

namespace larder::test {
namespace {

constexpr const char* kInvalidToken = "Invalid credentials in Authorization header";
constexpr const char* kDisabled = "Access to this resource is disabled.";  // R-421 row 4

void answer_whoami(const HubContext& hub, const ReceivedRequest& request, Reply& reply) {
  HeaderList headers = common_headers("api");
  if (const auto strike = hub.state.strike({"api:whoami", "api:*"}, is_answer_fault)) {
    if (strike_answer(hub, *strike, request, reply, headers)) return;
  }
  const Caller caller = caller_of(request);
  if (caller == Caller::Anonymous) return send_error(reply, 401, "", "Invalid username or password.", headers);
  if (caller == Caller::Invalid) return send_error(reply, 401, "", kInvalidToken, headers);
  const bool is_member = caller == Caller::Member;
  nlohmann::json user = {
      {"type", "user"},
      {"id", "64aa00000000000000000000"},
      {"name", is_member ? "alice" : "mallory"},
      {"fullname", is_member ? "Alice A." : "Mallory M."},
      {"orgs", nlohmann::json::array({{{"type", "org"}, {"id", "64bb"}, {"name", "acme"}, {"fullname", "Acme"}, {"roleInOrg", "read"}}})},
      {"auth",
       {{"type", "access_token"},
        {"accessToken", {{"displayName", "ci read-only"}, {"role", "read"}, {"createdAt", "2026-01-02T03:04:05.000Z"}}}}}};
  if (request.bearer() == kOAuthToken) user["auth"] = {{"type", "oauth"}};
  reply.send_json(user.dump(), headers);
}

// True: the caller may not go on, and has been told.
bool refuse(const HubContext& hub, const HubRepo* repo, const Route& route, const ReceivedRequest& request, Reply& reply) {
  const HeaderList headers = common_headers(route.is_api ? "api" : "resolvers");
  const Caller caller = caller_of(request);
  if (caller == Caller::Invalid) {
    send_error(reply, 401, "", kInvalidToken, headers);  // even for public repositories (R-422)
    return true;
  }
  const bool is_hidden = repo == nullptr || (repo->access == Access::Private && caller != Caller::Member);
  if (is_hidden || (hub.options.needs_token && caller == Caller::Anonymous)) {
    // Without a token the Hub does not tell whether there is such a repository: 401, not 404.
    if (caller == Caller::Anonymous) {
      send_error(reply, 401, "RepoNotFound", "Invalid username or password.", headers);
    } else {
      send_error(reply, 404, "RepoNotFound", "Repository not found", headers);
    }
    return true;
  }
  if (repo->access == Access::Disabled) {
    send_error(reply, 403, "", kDisabled, headers);
    return true;
  }
  if (repo->access == Access::Gated && !route.is_api && caller != Caller::Member) {
    const bool anonymous = caller == Caller::Anonymous;
    send_error(reply, anonymous ? 401 : 403, "GatedRepo",
               "Access to model " + repo->id + " is restricted. You must have access to it and be authenticated.", headers);
    return true;
  }
  return false;
}

// The same request at another id (R-206). Only the id's segments change.
std::string moved_target(const Route& route, const ReceivedRequest& request, const std::string& to) {
  std::string target = request.target;
  const auto at = target.find("/" + route.id);
  if (at != std::string::npos) target.replace(at + 1, route.id.size(), to);
  return target;
}

void answer_hub(const HubContext& hub, const ReceivedRequest& request, Reply& reply) {
  if (answer_login(hub, request, reply)) return;
  const Route route = parse_route(request);
  if (route.verb == "whoami") return answer_whoami(hub, request, reply);
  if (route.verb == "agent-harnesses") return reply.send_json(R"({"standardEnvVars":[],"harnesses":{}})");  // S-75
  if (route.verb.empty()) return send_error(reply, 404, "", "Sorry, we can't find the page you are looking for.", common_headers("pages"));
  if (const auto to = hub.state.moved_to(route.type, route.id)) {
    return reply.redirect(307, moved_target(route, request, *to), common_headers("api"));
  }
  const auto repo = hub.state.find(route.type, route.id);
  if (refuse(hub, repo.get(), route, request, reply)) return;
  if (route.id != repo->id) return reply.redirect(307, moved_target(route, request, repo->id), common_headers("api"));  // wrong letter case
  if (route.is_api) return answer_api(hub, *repo, route, request, reply);
  answer_file(hub, *repo, route, request, reply);
}

}  // namespace

void send_error(Reply& reply, int status, const std::string& code, const std::string& message, HeaderList headers) {
  if (!code.empty()) headers.emplace_back("X-Error-Code", code);
  headers.emplace_back("X-Error-Message", message);
  reply.send_json(nlohmann::json({{"error", message}}).dump(), std::move(headers), status);
}

HeaderList common_headers(const std::string& rate_class) {
  return {{"X-Request-Id", "Root=1-fake-hub"},
          {"RateLimit", "\"" + rate_class + "\";r=4999;t=300"},
          {"RateLimit-Policy", "\"fixed window\";\"" + rate_class + "\";q=5000;w=300"}};
}

FakeHub::FakeHub(FakeHubOptions options) : options_(std::move(options)), state_(std::make_unique<HubState>()) {
  LoopbackOptions loopback;
  if (options_.certificate) {
    identity_ = make_tls_identity(*options_.certificate);
    loopback.identity = &identity_;
  }
  loopback.uses_ipv6 = options_.uses_ipv6;
  loopback.canaries = {kMemberToken, kStrangerToken, kOAuthToken, kRefreshToken, kIdToken, kMintToken};
  canary_ = std::make_unique<LoopbackServer>(Handler{}, loopback);
  cdn_ = std::make_unique<LoopbackServer>(Handler{}, loopback);
  loopback.port = options_.port;
  hub_ = std::make_unique<LoopbackServer>(Handler{}, loopback);
  const auto context = [this] { return HubContext{*state_, options_, endpoint(), cdn_endpoint(), canary_->http_url()}; };
  cdn_->set_handler([context](const ReceivedRequest& request, Reply& reply) { answer_cdn(context(), request, reply); });
  hub_->set_handler([context](const ReceivedRequest& request, Reply& reply) { answer_hub(context(), request, reply); });
}

FakeHub::~FakeHub() = default;

void FakeHub::fault(const std::string& target, Fault fault) { state_->add_fault(target, std::move(fault)); }

std::string FakeHub::endpoint() const { return options_.certificate ? hub_->https_url() : hub_->http_url(); }

std::string FakeHub::cdn_endpoint() const { return options_.certificate ? cdn_->https_url() : cdn_->http_url(); }

void FakeHub::clear_logs() {
  for (LoopbackServer* server : {hub_.get(), cdn_.get(), canary_.get()}) server->clear_log();
}

std::uint64_t FakeHub::file_bytes(const HubFile& file) const {
  std::uint64_t bytes = cdn_->body_bytes("/xet-bridge-us/" + file.sha256);
  for (const LogEntry& entry : hub_->log()) {
    const std::string path = decode_percent(entry.request.path());
    const bool is_body = entry.status == 200 || entry.status == 206;
    const bool is_file =
        path.size() > file.path.size() && path.compare(path.size() - file.path.size() - 1, std::string::npos, "/" + file.path) == 0;
    if (is_body && is_file) bytes += entry.body_bytes;
  }
  return bytes;
}

std::size_t FakeHub::leaks() const {
  std::size_t leaks = cdn_->canaries_seen().size() + canary_->canaries_seen().size();
  if (!options_.certificate) return leaks;
  return leaks + hub_->count([](const LogEntry& entry) { return !entry.request.is_tls && !entry.canaries.empty(); });
}

}  // namespace larder::test
