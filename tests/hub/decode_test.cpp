#include "hub/decode.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::hub;

namespace {

const std::string kCommit = "1f0e9d8c7b6a594837261504f3e2d1c0b9a89786";
const std::string kOid = "cb5b2f69babc53f9145b45ad20b9a075d48717ef";
const std::string kSha = "fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83";

Result<repo::Tree> tree_of(const std::string& body) {
  repo::TreeBuilder builder;
  LARDER_TRY(const PageContent content, decode_tree_page(body, builder));
  (void)content;
  return builder.finish();
}

std::string file(const std::string& path, const std::string& rest) {
  return R"([{"type": "file", "path": )" + path + R"(, "oid": ")" + kOid + R"(", "size": 9)" + rest + "}]";
}

std::string with_oid(const std::string& oid) { return R"([{"type": "file", "path": "a", "oid": )" + oid + R"(, "size": 9}])"; }
std::string with_size(const std::string& size) {
  return R"([{"type": "file", "path": "a", "oid": ")" + kOid + R"(", "size": )" + size + "}]";
}
std::string with_lfs(const std::string& lfs) { return file("\"a\"", ", \"lfs\": " + lfs); }

void check_bad(const std::string& body) {
  INFO(body.substr(0, 200));
  const auto tree = tree_of(body);
  REQUIRE_FALSE(tree);
  CHECK(tree.error().code == ErrorCode::BadResponse);
  for (const char c : tree.error().text()) CHECK(static_cast<unsigned char>(c) >= 0x20);
}

}  // namespace

TEST_CASE("decode_tree_page: the Hub's own example", "[hub][decode]") {  // R-214
  const auto tree = tree_of(R"([
    {"type": "directory", "oid": "5a5b5c5d5e5f60616263646566676869706a6b6c", "size": 0, "path": "sub dir"},
    {"type": "file", "oid": "cb5b2f69babc53f9145b45ad20b9a075d48717ef", "size": 9, "path": "config.json"},
    {"type": "file", "oid": "008d9adda7574f0a91412e68b9c2e501251606c2", "size": 1048576, "path": "model.bin",
     "lfs": {"oid": "fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83", "size": 1048576, "pointerSize": 132},
     "xetHash": "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
     "lastCommit": {"id": "1f0e", "title": "Add weights", "date": "2026-05-04T10:11:12.000Z"},
     "securityFileStatus": {"status": "safe", "avScan": {"virusFound": false, "virusNames": null}, "pickleImportScan": null}}])");
  REQUIRE(tree);
  REQUIRE(tree->size() == 2);
  CHECK(tree->at(0).path == "config.json");
  CHECK(tree->at(0).size == 9);
  CHECK(tree->at(0).blob_name() == kOid);
  CHECK(tree->at(1).size == 1'048'576);
  CHECK(tree->at(1).blob_name() == kSha);
  CHECK(repo::hex(*tree->at(1).xet_hash) == "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9");
  CHECK(tree->cacheable());
}

TEST_CASE("decode_tree_page: only files count, of whatever else there is", "[hub][decode]") {
  repo::TreeBuilder builder;
  const auto content = decode_tree_page(R"([{"type": "directory", "path": "d"}, {"type": "commit", "path": "module", "oid": "x"},
    {"type": "symlink", "path": "l", "oid": ")" +
                                            kOid + R"(", "size": 3}])",
                                        builder);
  REQUIRE(content);
  CHECK(content->entries == 3);
  CHECK(content->first_path == "d");
  const auto tree = builder.finish();
  REQUIRE(tree->size() == 1);
  CHECK(tree->at(0).is_symlink);  // T12
  CHECK(tree_of("[]")->size() == 0);
}

TEST_CASE("decode_tree_page: digests that are none", "[hub][decode]") {  // T13
  const std::vector<std::string> bad = {"\"\"",
                                        "null",
                                        "1",
                                        "\"..\"",
                                        "\"../../evil\"",
                                        "\"/etc/passwd\"",
                                        "\"" + kOid.substr(1) + "\"",
                                        "\"" + kOid + "0\"",
                                        "\"" + kOid.substr(1) + "g\"",
                                        "\"" + kOid.substr(1) + " \"",
                                        "\"" + kOid.substr(1) + "\\n\"",
                                        "\"" + kOid.substr(1) + "\\u0000\"",
                                        "\"0x" + kOid.substr(2) + "\"",
                                        "\"" + kSha + "\"",
                                        "[\"" + kOid + "\"]",
                                        "{}",
                                        "true",
                                        "\"sha1:" + kOid + "\"",
                                        "\"" + kOid.substr(2) + "é\""};
  for (const std::string& oid : bad) check_bad(with_oid(oid));
  check_bad(R"([{"type": "file", "path": "a", "size": 1}])");
  for (const std::string& lfs :
       {std::string(R"({"oid": "../x", "size": 1})"), R"({"oid": ")" + kOid + R"(", "size": 1})", std::string(R"({"size": 1})"),
        std::string(R"({"oid": null, "size": 1})"), R"({"oid": ")" + kSha + R"("})", R"({"oid": ")" + kSha + R"(", "size": -1})",
        std::string("\"x\""), std::string("[]"), R"({"oid": "sha256:)" + kSha + R"(", "size": 1})"}) {
    check_bad(with_lfs(lfs));
  }
  check_bad(file("\"a\"", R"(, "xetHash": "../x")"));
  check_bad(file("\"a\"", R"(, "xetHash": 5)"));
}

TEST_CASE("decode_tree_page: upper-case digests are lowered", "[hub][decode]") {  // T13
  std::string upper = kOid;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  CHECK(tree_of(with_oid("\"" + upper + "\""))->at(0).blob_name() == kOid);
}

TEST_CASE("decode_tree_page: sizes that are none", "[hub][decode]") {  // T14
  for (const char* size : {"-1", "1.5", "1e30", "1e2", "\"9\"", "null", "true", "[]", "9223372036854775808", "18446744073709551616", "-0.0",
                           "99999999999999999999999999"}) {
    check_bad(with_size(size));
  }
  check_bad(R"([{"type": "file", "path": "a", "oid": ")" + kOid + "\"}]");
  CHECK(tree_of(with_size("9223372036854775807"))->at(0).size == 9'223'372'036'854'775'807ULL);
  CHECK(tree_of(with_size("0"))->at(0).size == 0);
}

TEST_CASE("decode_tree_page: an LFS file has its own size, whatever the pointer has", "[hub][decode]") {  // R-214
  const auto tree = tree_of(with_lfs(R"({"oid": ")" + kSha + R"(", "size": 4096, "pointerSize": 9})"));
  CHECK(tree->at(0).size == 4096);
  CHECK(tree->at(0).blob_name() == kSha);
  CHECK(tree_of(with_lfs(R"({"sha256": ")" + kSha + R"(", "size": 9})"))->at(0).blob_name() == kSha);  // R-210
  CHECK_FALSE(tree_of(with_lfs("null"))->at(0).lfs_sha256);
}

TEST_CASE("decode_tree_page: two sizes of one file are a contradiction", "[hub][decode]") {  // T14
  check_bad(with_lfs(R"({"oid": ")" + kSha + R"(", "size": 8})"));
  check_bad(with_lfs(R"({"oid": ")" + kSha + R"(", "size": 10, "pointerSize": 132})"));
  check_bad(with_lfs(R"({"oid": ")" + kSha + R"(", "size": 10, "pointerSize": "9"})"));
}

TEST_CASE("decode_tree_page: a masked Xet hash only forbids to keep the listing", "[hub][decode]") {  // R-214, R-215
  const auto masked = tree_of(file("\"a\"", R"(, "xetHash": ")" + std::string(64, '*') + "\""));
  REQUIRE(masked);
  CHECK_FALSE(masked->at(0).xet_hash);
  CHECK_FALSE(masked->cacheable());
  CHECK(tree_of(file("\"a\"", R"(, "xetHash": null)"))->cacheable());
  CHECK(tree_of(file("\"a\"", R"(, "xetHash": "")"))->cacheable());
}

TEST_CASE("decode_tree_page: broken JSON of all kinds", "[hub][decode]") {  // T23, N49
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  for (const std::string& body : {std::string(),
                                  std::string("{}"),
                                  std::string("null"),
                                  std::string("1"),
                                  std::string("\"x\""),
                                  std::string("[1]"),
                                  std::string("[null]"),
                                  std::string("[[]]"),
                                  std::string("[{}]"),
                                  std::string("[{\"type\": \"file\"}]"),
                                  std::string("[{\"type\": 1, \"path\": \"a\"}]"),
                                  std::string("[{\"type\": \"file\", \"path\": null}]"),
                                  std::string("{\"error\": \"x\"}"),
                                  std::string("{\"a\": {}}"),
                                  std::string("["),
                                  std::string("[NaN]"),
                                  std::string("[] x"),

                                  deep,
                                  file("\"a\"", ", \"x\": " + std::string(100, '[') + std::string(100, ']')),
                                  file("\"a\"", ", \"size\": 10"),
                                  file("\"a\"", ", \"oid\": \"" + kOid + "\""),
                                  std::string("\xff\xfe[\0]\0", 6),
                                  std::string("<html><title>Login</title></html>"),
                                  file("\"" + std::string(1024 * 1024 + 1, 'x') + "\"", "")}) {
    check_bad(body);
  }
}

TEST_CASE("decode_tree_page: a name that is no UTF-8 stays apart from the honest ones", "[hub][decode]") {  // T3, N49
  for (const std::string& path : {std::string("\"a\\ud800b\""), std::string("\"a\xff") + "b\"", std::string("\"a\\udc00\"")}) {
    const auto tree = tree_of(file(path, ""));
    REQUIRE(tree);
    REQUIRE(tree->size() == 1);
    CHECK(tree->at(0).path.find('\0') != std::string_view::npos);  // so check_name refuses it
    CHECK_FALSE(tree->cacheable());
  }
  CHECK(tree_of(file("\"\\ud83d\\ude00\"", ""))->at(0).path == "😀");
}

namespace {

std::string generated_page(std::size_t page, std::size_t files) {
  std::string body = "[";
  for (std::size_t i = 0; i < files; ++i) {
    body += (i == 0 ? "" : ",") + std::string(R"({"type":"file","path":"data/shard-)") + std::to_string(page) + "/part-" +
            std::to_string(i) + R"(-of-one-thousand.parquet","oid":")" + kOid + R"(","size":1048576,"lfs":{"oid":")" + kSha +
            R"(","size":1048576,"pointerSize":132},"xetHash":")" + kSha + "\"}";
  }
  return body + "]";
}

void check_listing_of(std::size_t pages) {
  constexpr std::size_t kPerPage = 1000;
  repo::TreeBuilder builder;
  for (std::size_t page = 0; page < pages; ++page) REQUIRE(decode_tree_page(generated_page(page, kPerPage), builder));
  const auto tree = builder.finish();
  REQUIRE(tree);
  CHECK(tree->size() == pages * kPerPage);
  CHECK(tree->memory() <= pages * kPerPage * 256);
}

}  // namespace

TEST_CASE("decode_tree_page: a long listing takes at most 256 bytes a file", "[hub][decode]") { check_listing_of(20); }  // I9, T23

// About 10 s and 210 MB when optimised; minutes when not, so it runs on request only.
TEST_CASE("decode_tree_page: a million files", "[.][million]") { check_listing_of(1000); }

TEST_CASE("decode_revision: the commit, the id and nothing else", "[hub][decode]") {  // R-207, T15
  const auto answer =
      decode_revision(R"({"_id": "x", "id": "acme/tiny", "sha": ")" + kCommit + R"(", "siblings": [{"rfilename": "a"}], "gated": false})",
                      repo::RepoType::Model);
  REQUIRE(answer);
  CHECK(answer->commit.hex() == kCommit);
  CHECK(answer->id == "acme/tiny");
  CHECK(decode_revision(R"({"sha": ")" + kCommit + "\"}", repo::RepoType::Model)->id.empty());
  CHECK(decode_revision(R"({"id": "../x", "sha": ")" + kCommit + "\"}", repo::RepoType::Model)->id.empty());
  for (const std::string& body :
       {std::string("{}"), std::string("[]"), std::string(R"({"sha": null})"), std::string(R"({"sha": "main"})"),
        R"({"sha": ")" + kCommit.substr(1) + "\"}", R"({"sha": ")" + kCommit + "\\n\"}", R"({"sha": "A)" + kCommit.substr(1) + "\"}",
        std::string(R"({"sha": "../../../../../../../../../../../../x"})"), R"({"sha": 1, "sha": ")" + kCommit + "\"}",
        std::string("not json"), std::string()}) {
    INFO(body);
    const auto bad = decode_revision(body, repo::RepoType::Model);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == ErrorCode::BadResponse);
  }
}

TEST_CASE("decode_refs: names as one asks for them", "[hub][decode]") {  // R-217
  const auto refs =
      decode_refs(R"({"branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": "1f0e9d8c7b6a594837261504f3e2d1c0b9a89786"}],
    "tags": [{"name": "v1.0", "ref": "refs/tags/v1.0", "targetCommit": "22c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a09"}],
    "converts": [{"name": "parquet", "ref": "refs/convert/parquet", "targetCommit": "33d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a"}],
    "pullRequests": [{"name": "1", "ref": "refs/pr/1", "targetCommit": "44e3d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b"}]})");
  REQUIRE(refs);
  std::vector<std::string> names;
  for (const RefName& ref : *refs) names.push_back(ref.name);
  CHECK(names == std::vector<std::string>{"main", "v1.0", "refs/convert/parquet", "refs/pr/1"});
  CHECK(refs->at(3).commit.hex() == "44e3d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b");
  CHECK(decode_refs("{}")->empty());
  for (const char* body :
       {"[]", R"({"branches": {}})", R"({"branches": [{"name": "../x", "targetCommit": "1f0e9d8c7b6a594837261504f3e2d1c0b9a89786"}]})",
        R"({"branches": [{"name": "main", "targetCommit": "xyz"}]})", R"({"branches": ["main"]})"}) {
    INFO(body);
    CHECK(decode_refs(body).error().code == ErrorCode::BadResponse);  // T16
  }
}

TEST_CASE("decode_commits: ids in order", "[hub][decode]") {  // R-219
  const auto commits = decode_commits(R"([{"id": ")" + kCommit + R"(", "title": "t", "authors": [{"user": "u"}]}])");
  REQUIRE(commits);
  CHECK(commits->size() == 1);
  CHECK(decode_commits("[]")->empty());
  CHECK(decode_commits("{}").error().code == ErrorCode::BadResponse);
  CHECK(decode_commits(R"([{"id": "x"}])").error().code == ErrorCode::BadResponse);
}

TEST_CASE("decode_whoami: all but the name may be missing", "[hub][decode]") {  // R-419, U-11
  const auto who = decode_whoami(R"({"type": "user", "id": "64aa", "name": "alice", "fullname": "Alice A.", "periodEnd": null,
    "orgs": [{"type": "org", "name": "acme", "roleInOrg": "read"}, {"name": "beta"}],
    "auth": {"type": "access_token", "accessToken": {"displayName": "ci read-only", "role": "read", "createdAt": "x"}}})");
  REQUIRE(who);
  CHECK(who->name == "alice");
  CHECK(who->type == "user");
  CHECK(who->orgs == std::vector<std::string>{"acme", "beta"});
  CHECK(who->token_name == "ci read-only");
  CHECK(who->role == "read");
  CHECK(decode_whoami(R"({"name": "bot"})")->role.empty());
  CHECK(decode_whoami(R"({"name": "bot", "auth": {"type": "oauth"}, "orgs": null})")->token_name.empty());
  const auto fine = [](const std::string& rights) {
    return decode_whoami(R"({"name": "bot", "auth": {"accessToken": {"role": "fineGrained", "fineGrained": )" + rights + "}}}");
  };
  CHECK(fine(R"({"canReadGatedRepos": false, "scoped": []})")->reads_gated == false);
  CHECK(fine(R"({"canReadGatedRepos": true})")->reads_gated == true);
  for (const char* odd : {"{}", "null", "true", R"({"canReadGatedRepos": "no"})"}) CHECK(fine(odd)->reads_gated == std::nullopt);
  CHECK(decode_whoami(R"({"type": "user"})").error().code == ErrorCode::BadResponse);
}
