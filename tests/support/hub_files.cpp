// The file answers of the fake Hub: resolve, raw, resolve-cache, and the CDN on its own port.
#include "support/faulty_body.hpp"
#include "support/hub_answer.hpp"

namespace larder::test {
namespace {

constexpr const char* kCdnFolder = "/xet-bridge-us/";

// Fields of every answer about a file, redirects too: some clients read only those (S-22, S-41).
HeaderList file_headers(const HubFile& file, const HubCommit& commit) {
  HeaderList headers = common_headers("resolvers");
  headers.emplace_back("X-Repo-Commit", commit.id);
  headers.emplace_back("X-Linked-Etag", "\"" + file.blob() + "\"");
  headers.emplace_back("X-Linked-Size", std::to_string(file.body.size()));
  headers.emplace_back("Vary", "Origin, Accept");
  return headers;
}

void set_header(HeaderList& headers, const std::string& name, const std::string& value) {
  for (auto& [field, old] : headers) {
    if (field == name) {
      old = value;
      return;
    }
  }
  headers.emplace_back(name, value);
}

std::vector<std::string> targets_of(const std::string& path) { return {path, "*"}; }

// The body itself, with the fault that is due. Wrong bytes count as used only when they are sent.
void send_body(const HubContext& hub, const HubFile& file, const ReceivedRequest& request, Reply& reply, HeaderList headers) {
  const auto targets = targets_of(file.path);
  const Slice slice = asked_slice(request, file.body.size());
  const auto applies = [&](const Fault& fault) {
    if (is_resolve_fault(fault)) return false;
    if (fault.kind == FaultKind::Expire) return false;  // the CDN's business
    if (fault.kind != FaultKind::Wrong) return true;
    const std::uint64_t at = fault.n == kMiddle ? file.body.size() / 2 : fault.n;
    return request.method == "GET" && at >= slice.begin && at < slice.end;
  };
  if (const auto strike = hub.state.strike(targets, applies)) {
    if (is_answer_fault(strike->fault) && strike_answer(hub, *strike, request, reply, headers)) return;
    return FaultyBody(request, reply, file.body, std::move(headers)).answer(strike->fault, strike->use);
  }
  reply.send_file(file.body, headers);
}

void send_regular(const HubContext& hub, const HubFile& file, HeaderList headers, const ReceivedRequest& request, Reply& reply) {
  const std::string tag = "\"" + file.blob() + "\"";
  if (find_header(headers, "ETag") == nullptr) headers.emplace_back("ETag", tag);
  const std::string* known = request.header("if-none-match");
  if (known != nullptr && *known == tag) return reply.send(304, headers);
  set_header(headers, "Content-Type", file.is_lfs ? "application/octet-stream" : "text/plain; charset=utf-8");
  if (file.body.size() == 0 && request.header("range") != nullptr) {
    headers.emplace_back("Content-Range", "bytes */0");  // the one answer that satisfies every client (S-28)
    return reply.send(200, headers);
  }
  send_body(hub, file, request, reply, std::move(headers));
}

std::string cdn_url(const HubContext& hub, const HubFile& file) {
  return hub.cdn_endpoint + kCdnFolder + file.sha256 + "?response-content-disposition=inline&path=" + encode_percent(file.path, false) +
         "&Expires=1795000000&Signature=" + hub.state.sign() + "&Key-Pair-Id=KTEST";
}

// 307 to the cache of the same origin, its query holding the original path.
std::string cache_url(const HubRepo& repo, const HubCommit& commit, const HubFile& file, const ReceivedRequest& request) {
  return "/api/resolve-cache/" + repo.type + "s/" + repo.id + "/" + commit.id + "/" + encode_percent(file.path, false) + "?" +
         encode_percent(request.path(), false) + "=&etag=%22" + file.blob() + "%22";
}

void bend_headers(const Fault& fault, HeaderList& headers) {
  if (fault.kind == FaultKind::ETag) {
    set_header(headers, "ETag", fault.text);
    set_header(headers, "X-Linked-Etag", fault.text);
  }
  if (fault.kind == FaultKind::Commit) set_header(headers, "X-Repo-Commit", fault.text);
  if (fault.kind == FaultKind::LinkedSize) set_header(headers, "X-Linked-Size", std::to_string(fault.n));
}

// Answers that a fault decides alone. False: go on with `headers` as they are now.
bool strike_resolve(const HubContext& hub, const Strike& strike, const ReceivedRequest& request, Reply& reply, HeaderList& headers) {
  const Fault& fault = strike.fault;
  if (fault.kind == FaultKind::Gated) {
    const bool anonymous = caller_of(request) == Caller::Anonymous;
    send_error(reply, anonymous ? 401 : 403, "GatedRepo", "Access to this model is restricted. You must have access to it.", headers);
    return true;
  }
  if (fault.kind == FaultKind::NotFound) {
    send_error(reply, 404, "EntryNotFound", "Entry not found", headers);
    return true;
  }
  if (fault.kind == FaultKind::RedirectLoop) {
    reply.redirect(302, request.target, headers);
    return true;
  }
  if (fault.kind == FaultKind::Hops) {
    const std::uint64_t done = std::stoul("0" + request.parameter("hop").value_or("0"));
    if (done >= fault.n) return false;
    reply.redirect(307, request.path() + "?hop=" + std::to_string(done + 1), headers);
    return true;
  }
  if (fault.kind == FaultKind::Redirect) {
    reply.redirect(302, fault.text.empty() ? hub.canary_endpoint + request.target : fault.text, headers);
    return true;
  }
  bend_headers(fault, headers);
  return false;
}

void answer_resolve(const HubContext& hub, const HubRepo& repo, const HubCommit& commit, const HubFile& file,
                    const ReceivedRequest& request, Reply& reply) {
  HeaderList headers = file_headers(file, commit);
  const auto in_place = [&](const Fault& fault) { return is_answer_fault(fault); };
  if (const auto strike = hub.state.strike({"resolve:" + file.path, "resolve:*"}, in_place)) {
    if (strike_answer(hub, *strike, request, reply, headers)) return;
  }
  if (const auto strike = hub.state.strike({file.path, "*", "resolve:" + file.path, "resolve:*"}, is_resolve_fault)) {
    if (strike_resolve(hub, *strike, request, reply, headers)) return;
  }
  if (hub.options.serves_directly) return send_regular(hub, file, std::move(headers), request, reply);
  if (file.is_lfs) return reply.redirect(302, cdn_url(hub, file), headers);
  reply.redirect(307, cache_url(repo, commit, file, request), headers);
}

}  // namespace

void answer_file(const HubContext& hub, const HubRepo& repo, const Route& route, const ReceivedRequest& request, Reply& reply) {
  const auto where = split_revision(repo, route.rest);
  if (where.commit == nullptr) {
    return send_error(reply, 404, "RevisionNotFound", "Invalid rev id: " + encode_percent(where.revision), common_headers("resolvers"));
  }
  const HubFile* file = where.commit->find(where.path);
  if (file == nullptr) {
    HeaderList headers = common_headers("resolvers");
    headers.emplace_back("X-Repo-Commit", where.commit->id);
    return send_error(reply, 404, "EntryNotFound", "Entry not found", std::move(headers));
  }
  if (route.verb == "resolve") return answer_resolve(hub, repo, *where.commit, *file, request, reply);
  if (route.verb == "raw") {
    HubFile in_git = *file;
    in_git.body = file->git_body();
    in_git.is_lfs = false;  // raw gives the pointer, under its git id (S-79)
    return send_regular(hub, in_git, file_headers(in_git, *where.commit), request, reply);
  }
  send_regular(hub, *file, file_headers(*file, *where.commit), request, reply);
}

void answer_cdn(const HubContext& hub, const ReceivedRequest& request, Reply& reply) {
  const std::string path = request.path();
  const std::string folder = kCdnFolder;
  const std::string sha256 = path.rfind(folder, 0) == 0 ? path.substr(folder.size()) : std::string();
  const HubFile* found = nullptr;
  const auto repos = hub.state.all();
  for (const auto& repo : repos) {
    for (const HubCommit& commit : repo->commits) {
      for (const HubFile& file : commit.files) {
        if (file.is_lfs && file.sha256 == sha256 && (found == nullptr || file.path == request.parameter("path"))) found = &file;
      }
    }
  }
  if (found == nullptr) return reply.send(404, {{"Content-Type", "application/xml"}}, "<Error><Code>NoSuchKey</Code></Error>");
  const auto is_expiry = [](const Fault& fault) { return fault.kind == FaultKind::Expire; };
  const bool expires = hub.state.strike(targets_of(found->path), is_expiry).has_value();
  if (expires || !hub.state.is_signed(request.parameter("Signature").value_or(""))) {
    return reply.send(403, {{"Content-Type", "application/xml"}},
                      "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>");
  }
  // A CDN's ETag is no digest of the file.
  send_body(hub, *found, request, reply,
            {{"ETag", "\"" + made_up_id(sha256).substr(0, 32) + "\""}, {"Content-Type", "binary/octet-stream"}});
}

}  // namespace larder::test
