// The JSON answers of the fake Hub.
#include "support/hub_answer.hpp"

#include <algorithm>
#include <set>

namespace larder::test {
namespace {

using nlohmann::json;

constexpr const char* kDate = "2026-05-04T10:11:12.000Z";

// Hostile names need not be UTF-8: a Hub that sends them as they are is what the tests want.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

bool is_true(const ReceivedRequest& request, std::string_view name) {
  const auto value = request.parameter(name);
  return value && (*value == "true" || *value == "True" || *value == "1");  // S-6
}

json lfs_fields(const HubFile& file, const char* digest_key) {
  return {{digest_key, file.sha256}, {"size", file.body.size()}, {"pointerSize", file.git_body().size()}};
}

json repo_info(const HubRepo& repo, const HubCommit& commit, bool with_blobs) {
  json siblings = json::array();
  for (const HubFile& file : commit.files) {
    json sibling = {{"rfilename", file.path}};
    if (with_blobs) {
      sibling["size"] = file.body.size();
      sibling["blobId"] = file.oid;
      if (file.is_lfs) sibling["lfs"] = lfs_fields(file, "sha256");  // here "sha256", in the tree "oid"
    }
    siblings.push_back(std::move(sibling));
  }
  json info = {{"_id", made_up_id(repo.id).substr(0, 24)},
               {"id", repo.id},
               {"sha", commit.id},
               {"author", repo.id.substr(0, repo.id.find('/'))},
               {"private", repo.access == Access::Private},
               {"disabled", false},
               {"lastModified", kDate},
               {"createdAt", "2025-01-02T03:04:05.000Z"},
               {"downloads", 0},
               {"likes", 0},
               {"tags", json::array()},
               {"siblings", std::move(siblings)}};
  info["gated"] = repo.access == Access::Gated ? json("manual") : json(false);
  if (repo.type == "model") info["modelId"] = repo.id;
  return info;
}

// Folders as the Hub lists them, before sorting: every parent of every file below `folder`.
std::set<std::string> folders_below(const HubCommit& commit, const std::string& folder) {
  std::set<std::string> folders;
  for (const HubFile& file : commit.files) {
    if (!folder.empty() && file.path.rfind(folder + "/", 0) != 0) continue;
    for (auto at = file.path.find('/', folder.empty() ? 0 : folder.size() + 1); at != std::string::npos; at = file.path.find('/', at + 1)) {
      folders.insert(file.path.substr(0, at));
    }
  }
  return folders;
}

json folder_entry(const std::string& path) {
  return {{"type", "directory"}, {"oid", made_up_id("tree " + path)}, {"size", 0}, {"path", path}};
}

std::vector<json> tree_entries(const HubCommit& commit, const std::string& folder, bool recursive, bool expanded) {
  const std::size_t skip = folder.empty() ? 0 : folder.size() + 1;
  const auto is_shown = [&](const std::string& path) {
    return (folder.empty() || path.rfind(folder + "/", 0) == 0) && (recursive || path.find('/', skip) == std::string::npos);
  };
  std::vector<json> entries;
  for (const std::string& path : folders_below(commit, folder)) {
    if (is_shown(path)) entries.push_back(folder_entry(path));
  }
  for (const HubFile& file : commit.files) {
    if (is_shown(file.path)) entries.push_back(tree_entry(file, commit, expanded));
  }
  std::stable_sort(entries.begin(), entries.end(), [](const json& a, const json& b) { return a["path"] < b["path"]; });
  return entries;
}

void send_json(Reply& reply, const json& value, HeaderList headers) { reply.send_json(dump(value), std::move(headers)); }

void send_info(const HubRepo& repo, const HubCommit& commit, const ReceivedRequest& request, Reply& reply, HeaderList headers) {
  json info = repo_info(repo, commit, is_true(request, "blobs"));
  if (request.parameter("expand") == "sha") info = {{"_id", info["_id"]}, {"id", info["id"]}, {"sha", info["sha"]}};
  send_json(reply, info, std::move(headers));
}

// How the next page is called: the cursor is the number of the first entry. Faults bend it.
std::string next_link(const HubContext& hub, const ReceivedRequest& request, std::size_t cursor) {
  std::string query;
  for (const char* name : {"recursive", "expand", "limit"}) {
    if (const auto value = request.parameter(name)) query += (query.empty() ? "" : "&") + std::string(name) + "=" + *value;
  }
  return "<" + hub.endpoint + request.path() + "?" + query + (query.empty() ? "" : "&") + "cursor=" + std::to_string(cursor) +
         ">; rel=\"next\"";
}

struct Page {
  json entries = json::array();
  std::string link;  // empty: the last one
};

Page make_page(const HubContext& hub, const std::vector<json>& entries, const ReceivedRequest& request) {
  const std::size_t page_size = request.parameter("limit") ? std::stoul("0" + *request.parameter("limit")) : hub.options.page_size;
  const std::size_t begin = std::min(entries.size(), request.parameter("cursor") ? std::stoul("0" + *request.parameter("cursor")) : 0);
  const std::size_t end = std::min(entries.size(), begin + std::max<std::size_t>(1, page_size));
  Page page;
  for (std::size_t i = begin; i < end; ++i) page.entries.push_back(entries[i]);
  if (end < entries.size()) page.link = next_link(hub, request, end);
  return page;
}

void bend_page(const HubContext& hub, const Fault& fault, const ReceivedRequest& request, Page& page) {
  const std::size_t cursor = request.parameter("cursor") ? std::stoul("0" + *request.parameter("cursor")) : 0;
  if (fault.kind == FaultKind::EmptyPages) page.entries = json::array();
  if (fault.kind == FaultKind::EmptyPages || fault.kind == FaultKind::EndlessPages) page.link = next_link(hub, request, cursor + 1);
  if (fault.kind == FaultKind::SameCursor) page.link = next_link(hub, request, cursor);
  if (fault.kind == FaultKind::LinkNext) {
    const std::string target = fault.text.empty() ? hub.canary_endpoint + request.target : fault.text;
    page.link = "<" + target + ">; rel=\"next\"";
  }
  if (fault.kind == FaultKind::Size) {
    for (json& entry : page.entries) {
      if (entry["type"] == "file") entry["size"] = fault.n;
      if (entry.contains("lfs")) entry["lfs"]["size"] = fault.n;
    }
  }
}

bool is_page_fault(const Fault& fault) {
  const auto kind = fault.kind;
  return kind == FaultKind::EmptyPages || kind == FaultKind::EndlessPages || kind == FaultKind::SameCursor || kind == FaultKind::LinkNext ||
         kind == FaultKind::Size;
}

void send_tree(const HubContext& hub, const RevisionAndPath& where, const ReceivedRequest& request, Reply& reply, HeaderList headers) {
  std::string folder = where.path;
  while (!folder.empty() && folder.back() == '/') folder.pop_back();
  const auto entries = tree_entries(*where.commit, folder, is_true(request, "recursive"), is_true(request, "expand"));
  if (entries.empty() && !folder.empty()) {
    headers.emplace_back("X-Repo-Commit", where.commit->id);
    return send_error(reply, 404, "EntryNotFound", folder + " does not exist on \"" + where.revision + "\"", std::move(headers));  // S-69
  }
  Page page = make_page(hub, entries, request);
  if (const auto strike = hub.state.strike({"api:tree"}, is_page_fault)) bend_page(hub, strike->fault, request, page);
  if (!page.link.empty()) headers.emplace_back("Link", page.link);
  send_json(reply, page.entries, std::move(headers));
}

void send_refs(const HubRepo& repo, const ReceivedRequest& request, Reply& reply, HeaderList headers) {
  const auto list = [](const std::map<std::string, std::string>& names, const std::string& prefix) {
    json all = json::array();
    for (const auto& [name, commit] : names) all.push_back({{"name", name}, {"ref", prefix + name}, {"targetCommit", commit}});
    return all;
  };
  json refs = {{"branches", list(repo.branches, "refs/heads/")}, {"tags", list(repo.tags, "refs/tags/")}};
  refs["converts"] = json::array();
  json pulls = json::array();
  for (const auto& [ref, commit] : repo.refs) {
    const bool is_pull = ref.rfind("refs/pr/", 0) == 0;
    const std::string name = ref.substr(ref.find('/', 5) + 1);
    (is_pull ? pulls : refs["converts"]).push_back({{"name", name}, {"ref", ref}, {"targetCommit", commit}});
  }
  if (request.parameter("include_prs")) refs["pullRequests"] = pulls;
  send_json(reply, refs, std::move(headers));
}

void send_commits(const HubContext& hub, const HubRepo& repo, const HubCommit& tip, const ReceivedRequest& request, Reply& reply,
                  HeaderList headers) {
  std::vector<json> entries;
  for (auto commit = repo.commits.rbegin(); commit != repo.commits.rend(); ++commit) {
    if (entries.empty() && commit->id != tip.id) continue;  // newer than the one asked for
    entries.push_back(
        {{"id", commit->id}, {"title", commit->title}, {"message", ""}, {"date", kDate}, {"authors", json::array({{{"user", "alice"}}})}});
  }
  const Page page = make_page(hub, entries, request);
  if (!page.link.empty()) headers.emplace_back("Link", page.link);
  send_json(reply, page.entries, std::move(headers));
}

std::vector<std::string> asked_paths(const ReceivedRequest& request) {
  const std::string* kind = request.header("content-type");
  if (kind != nullptr && kind->rfind("application/json", 0) == 0) {
    return json::parse(request.body).at("paths").get<std::vector<std::string>>();
  }
  std::vector<std::string> paths;
  std::string form = request.body;
  std::replace(form.begin(), form.end(), '+', ' ');
  for (std::size_t at = 0; at < form.size();) {
    const std::size_t end = std::min(form.find('&', at), form.size());
    if (form.compare(at, 6, "paths=") == 0) paths.push_back(decode_percent(form.substr(at + 6, end - at - 6)));
    at = end + 1;
  }
  return paths;
}

void send_paths_info(const HubCommit& commit, const ReceivedRequest& request, Reply& reply, HeaderList headers) {
  json found = json::array();
  const auto folders = folders_below(commit, {});
  for (const std::string& path : asked_paths(request)) {
    if (const HubFile* file = commit.find(path)) {
      found.push_back(tree_entry(*file, commit, request.body.find("expand") != std::string::npos));
    } else if (folders.count(path) != 0) {
      found.push_back(folder_entry(path));
    }
  }
  send_json(reply, found, std::move(headers));
}

}  // namespace

json tree_entry(const HubFile& file, const HubCommit& commit, bool expanded) {
  json entry = {{"type", "file"}, {"oid", file.oid}, {"size", file.body.size()}, {"path", file.path}};
  if (file.is_lfs) entry["lfs"] = lfs_fields(file, "oid");
  if (!file.xet_hash.empty()) entry["xetHash"] = file.xet_hash;
  if (expanded) {
    entry["lastCommit"] = {{"id", commit.id}, {"title", commit.title}, {"date", kDate}};
    entry["securityFileStatus"] = {{"status", "safe"}, {"avScan", nullptr}, {"pickleImportScan", nullptr}};
  }
  return entry;
}

void answer_api(const HubContext& hub, const HubRepo& repo, const Route& route, const ReceivedRequest& request, Reply& reply) {
  HeaderList headers = common_headers("api");
  const std::string target = "api:" + route.verb;
  if (const auto strike = hub.state.strike({target, "api:*"}, is_answer_fault)) {
    if (strike_answer(hub, *strike, request, reply, headers)) return;
  }
  if (route.verb == "refs") return send_refs(repo, request, reply, std::move(headers));
  if (route.verb == "auth-check") {
    const bool wants_write = !route.rest.empty() && route.rest[0] == "write";
    return wants_write ? send_error(reply, 403, "", "no write access", std::move(headers)) : reply.send(200, headers);
  }
  const auto where = route.rest.empty() ? RevisionAndPath{repo.resolve("main"), "main", {}} : split_revision(repo, route.rest);
  if (where.commit == nullptr) {
    return send_error(reply, 404, "RevisionNotFound", "Invalid rev id: " + encode_percent(where.revision), std::move(headers));
  }
  if (route.verb == "info") return send_info(repo, *where.commit, request, reply, std::move(headers));
  if (route.verb == "tree") return send_tree(hub, where, request, reply, std::move(headers));
  if (route.verb == "commits") return send_commits(hub, repo, *where.commit, request, reply, std::move(headers));
  if (route.verb == "paths-info") return send_paths_info(*where.commit, request, reply, std::move(headers));
  send_error(reply, 404, "", "not a route of this Hub", std::move(headers));
}

}  // namespace larder::test
