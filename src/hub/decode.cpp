#include "hub/decode.hpp"

#include "base/escape.hpp"
#include "base/json_fields.hpp"
#include "base/json_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace larder::hub {
namespace {

constexpr std::uint64_t kLargestFile = (std::uint64_t{1} << 63) - 1;  // T14; what off_t can hold

tl::unexpected<Error> bad(std::string message) { return fail(ErrorCode::BadResponse, std::move(message)); }

template <std::size_t N>
std::array<std::uint8_t, N> to_array(const digest::Digest& digest) {
  std::array<std::uint8_t, N> bytes{};
  std::copy_n(digest.bytes().begin(), N, bytes.begin());
  return bytes;
}

// T13: hex of the right length before the string is used anywhere.
template <std::size_t N>
Result<std::array<std::uint8_t, N>> parse_digest(std::string_view path, std::string_view field, std::string_view hex) {
  constexpr auto kAlgorithm = N == 32 ? digest::Algorithm::Sha256 : digest::Algorithm::GitSha1;
  const auto digest = digest::Digest::from_hex(kAlgorithm, hex);
  if (!digest) return bad(fmt::format("'{}': {} '{}' is not {} hex digits", escape_text(path, 200), field, escape_text(hex, 100), N * 2));
  return to_array<N>(*digest);
}

Result<std::uint64_t> read_size(const JsonFields& fields) {
  LARDER_TRY(const std::uint64_t size, fields.count("size"));
  if (size > kLargestFile) return bad(fmt::format("json '{}': no file is that large", fields.pointer("size")));
  return size;
}

// the tree calls the digest "oid"; some servers write "sha256" as in the info answer.
Result<void> read_lfs(const JsonFields& fields, repo::FileEntry& entry) {
  LARDER_TRY(const auto lfs, fields.object_if("lfs"));
  if (!lfs) return {};
  LARDER_TRY(auto hex, lfs->text_if("oid"));
  if (!hex) {
    LARDER_TRY(hex, lfs->text_if("sha256"));
  }
  LARDER_TRY(entry.lfs_sha256, parse_digest<32>(entry.path, "LFS digest", hex.value_or("")));
  LARDER_TRY(const std::uint64_t size, read_size(*lfs));
  LARDER_TRY(const auto pointer_size, lfs->count_if("pointerSize"));
  // R-214 has the file's own size in both places, some servers that of the pointer in the first. Else nobody knows which one is true.
  if (size != entry.size && pointer_size != entry.size) {
    return bad(fmt::format("'{}': size {}, but by its LFS entry {}", escape_text(entry.path, 200), entry.size, size));
  }
  entry.size = size;
  return {};
}

// The Hub masks the hash with asterisks for those who may not see it: then the listing is complete but not to be kept.
Result<void> read_xet(const JsonFields& fields, repo::FileEntry& entry, repo::TreeBuilder& tree) {
  LARDER_TRY(const auto hex, fields.text_if("xetHash"));
  if (!hex || hex->empty()) return {};
  if (hex->size() == 64 && hex->find_first_not_of('*') == std::string::npos) {
    tree.mark_uncacheable();
    return {};
  }
  LARDER_TRY(entry.xet_hash, parse_digest<32>(entry.path, "Xet hash", *hex));
  return {};
}

Result<void> read_file(const JsonFields& fields, std::string_view path, bool is_symlink, repo::TreeBuilder& tree) {
  repo::FileEntry entry;
  entry.path = path;
  entry.is_symlink = is_symlink;  // T12: later stored as a plain file
  LARDER_TRY(const std::string oid, fields.text("oid"));
  LARDER_TRY(entry.git_oid, parse_digest<20>(path, "oid", oid));
  LARDER_TRY(entry.size, read_size(fields));
  LARDER_CHECK(read_lfs(fields, entry));
  LARDER_CHECK(read_xet(fields, entry, tree));
  // The reader puts NUL where a name was not UTF-8 (T3): such a listing must not be passed on as if the Hub had written it.
  if (path.find('\0') != std::string_view::npos) tree.mark_uncacheable();
  return tree.add(entry);
}

Result<void> read_entry(const Json& element, repo::TreeBuilder& tree, PageContent& content) {
  LARDER_TRY(const JsonFields fields, JsonFields::of(element));
  LARDER_TRY(const std::string type, fields.text("type"));
  LARDER_TRY(const std::string path, fields.text("path"));
  if (content.entries++ == 0) content.first_path = path;
  const bool is_symlink = type == "symlink";
  if (type != "file" && !is_symlink) return {};
  return read_file(fields, path, is_symlink, tree);
}

// `field`: where a ref of that group has the name one asks for.
Result<void> read_refs_of(const JsonFields& root, std::string_view group, std::string_view field, std::vector<RefName>& refs) {
  LARDER_TRY(const Json* list, root.array_if(group));
  if (list == nullptr) return {};
  for (const Json& element : *list) {
    LARDER_TRY(const JsonFields fields, JsonFields::of(element, root.pointer(group)));
    LARDER_TRY(const std::string name, fields.text(field));
    LARDER_TRY(const std::string target, fields.text("targetCommit"));
    const auto commit = repo::CommitId::parse(target);
    if (!commit) return bad(fmt::format("json '{}': '{}' is no commit", fields.pointer("targetCommit"), escape_text(target, 100)));
    if (!repo::Revision::parse(name))
      return bad(fmt::format("json '{}': '{}' is no name of a ref", fields.pointer(field), escape_text(name, 200)));
    refs.push_back({name, *commit});
  }
  return {};
}

}  // namespace

Result<RevisionAnswer> decode_revision(std::string_view body, repo::RepoType type) {
  // The list of files may be long, and nothing in it is wanted here.
  LARDER_TRY(const Json root, read_json(body, {}, {"siblings"}, [](std::string_view, Json&) { return Result<void>(); }));
  LARDER_TRY(const JsonFields fields, JsonFields::of(root));
  LARDER_TRY(const std::string sha, fields.text("sha"));
  const auto commit = repo::CommitId::parse(sha);
  if (!commit) return bad(fmt::format("json '/sha': '{}' is no commit (40 lower-case hex digits)", escape_text(sha, 100)));
  LARDER_TRY(const auto id, fields.text_if("id"));
  RevisionAnswer answer;
  answer.commit = *commit;
  if (id && repo::RepoId::make(type, *id)) answer.id = *id;
  return answer;
}

Result<PageContent> decode_tree_page(std::string_view body, repo::TreeBuilder& tree) {
  PageContent content;
  const auto sink = [&](std::string_view key, Json& element) -> Result<void> {
    if (!key.empty()) return bad("an object where the list of files should be");
    return read_entry(element, tree, content);
  };
  LARDER_TRY(const Json root, read_json(body, {}, {}, sink));
  if (!root.is_array()) return bad("no list of files in it");
  return content;
}

Result<std::vector<RefName>> decode_refs(std::string_view body) {
  LARDER_TRY(const Json json, parse_json(body));
  LARDER_TRY(const JsonFields root, JsonFields::of(json));
  std::vector<RefName> refs;
  LARDER_CHECK(read_refs_of(root, "branches", "name", refs));
  LARDER_CHECK(read_refs_of(root, "tags", "name", refs));
  LARDER_CHECK(read_refs_of(root, "converts", "ref", refs));
  LARDER_CHECK(read_refs_of(root, "pullRequests", "ref", refs));
  return refs;
}

Result<std::vector<repo::CommitId>> decode_commits(std::string_view body) {
  std::vector<repo::CommitId> commits;
  const auto sink = [&](std::string_view, Json& element) -> Result<void> {
    LARDER_TRY(const JsonFields fields, JsonFields::of(element));
    LARDER_TRY(const std::string id, fields.text("id"));
    const auto commit = repo::CommitId::parse(id);
    if (!commit) return bad(fmt::format("'{}' is no commit", escape_text(id, 100)));
    commits.push_back(*commit);
    return {};
  };
  LARDER_TRY(const Json root, read_json(body, {}, {}, sink));
  if (!root.is_array()) return bad("no list of commits in it");
  return commits;
}

Result<Whoami> decode_whoami(std::string_view body) {
  LARDER_TRY(const Json json, parse_json(body));
  LARDER_TRY(const JsonFields root, JsonFields::of(json));
  Whoami who;
  LARDER_TRY(who.name, root.text("name"));
  LARDER_TRY(auto type, root.text_if("type"));
  who.type = std::move(type).value_or("");
  LARDER_TRY(const Json* orgs, root.array_if("orgs"));
  for (std::size_t i = 0; orgs != nullptr && i < orgs->size(); ++i) {
    LARDER_TRY(const JsonFields org, JsonFields::of((*orgs)[i], "/orgs/" + std::to_string(i)));
    LARDER_TRY(auto name, org.text("name"));
    who.orgs.push_back(std::move(name));
  }
  LARDER_TRY(const auto auth, root.object_if("auth"));
  if (!auth) return who;
  LARDER_TRY(const auto token, auth->object_if("accessToken"));
  if (!token) return who;
  LARDER_TRY(auto token_name, token->text_if("displayName"));
  LARDER_TRY(auto role, token->text_if("role"));
  who.token_name = std::move(token_name).value_or("");
  who.role = std::move(role).value_or("");
  const auto rights = token->object_if("fineGrained");  // no field that a login needs: what is odd here is as good as missing
  if (rights && *rights) who.reads_gated = (*rights)->flag_if("canReadGatedRepos").value_or(std::nullopt);
  return who;
}

}  // namespace larder::hub
