#include <larder/repo/tree.hpp>

#include "support/catch.hpp"

#include <chrono>

using namespace larder;
using namespace larder::repo;

namespace {

FileEntry file(std::string_view path, std::uint64_t size = 1) {
  FileEntry entry;
  entry.path = path;
  entry.size = size;
  entry.git_oid.fill(static_cast<std::uint8_t>(size));
  return entry;
}

Result<Tree> build(const std::vector<FileEntry>& entries) {
  TreeBuilder builder;
  for (const FileEntry& entry : entries) REQUIRE(builder.add(entry));
  return builder.finish();
}

}  // namespace

TEST_CASE("Tree: sorted by code point, whatever the order of the listing", "[repo][tree]") {
  const auto tree = build({file("z"), file("a/b"), file("a-b"), file("a.b"), file("\U0001F600"), file("\uffff"), file("é"), file("Z")});
  REQUIRE(tree);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < tree->size(); ++i) paths.emplace_back(tree->at(i).path);
  CHECK(paths == std::vector<std::string>{"Z", "a-b", "a.b", "a/b", "z", "é", "\uffff", "\U0001F600"});
  CHECK(tree->find("a/b") == 3);
  CHECK_FALSE(tree->find("a"));
  CHECK(tree->lower_bound("a/") == 3);
  CHECK(tree->lower_bound("\U0001F601") == 8);
}

TEST_CASE("Tree: entries come back as they went in", "[repo][tree]") {
  FileEntry plain = file("a", 9);
  FileEntry large = file("b", 1'048'576);
  large.lfs_sha256.emplace().fill(0xAB);
  FileEntry xet = file("c", std::uint64_t{1} << 62);
  xet.lfs_sha256.emplace().fill(0xCD);
  xet.xet_hash.emplace().fill(0xEF);
  FileEntry odd = file("d", 3);
  odd.xet_hash.emplace().fill(0x12);
  odd.is_symlink = true;
  const auto tree = build({odd, xet, large, plain});
  REQUIRE(tree);
  REQUIRE(tree->size() == 4);
  CHECK(tree->at(0).digest().text() == "git-sha1:" + hex(plain.git_oid));
  CHECK_FALSE(tree->at(0).lfs_sha256);
  CHECK(tree->at(1).digest().text() == "sha256:" + hex(*large.lfs_sha256));
  CHECK(tree->at(1).blob_name() == hex(*large.lfs_sha256));
  CHECK_FALSE(tree->at(1).xet_hash);
  CHECK(tree->at(2).size == std::uint64_t{1} << 62);
  CHECK(tree->at(2).lfs_sha256 == xet.lfs_sha256);
  CHECK(tree->at(2).xet_hash == xet.xet_hash);
  CHECK(tree->at(3).xet_hash == odd.xet_hash);
  CHECK(tree->at(3).git_oid == odd.git_oid);
  CHECK(tree->at(3).is_symlink);
  CHECK(tree->cacheable());
}

TEST_CASE("is_same_listing: paths, sizes and digests, all of them", "[repo][tree]") {
  const auto same = [](const std::vector<FileEntry>& a, const std::vector<FileEntry>& b) { return is_same_listing(*build(a), *build(b)); };
  const FileEntry a = file("a", 1);
  const FileEntry b = file("b", 2);
  CHECK(same({}, {}));
  CHECK(same({a, b}, {b, a}));
  CHECK_FALSE(same({a, b}, {a}));
  CHECK_FALSE(same({a}, {a, b}));
  CHECK_FALSE(same({a}, {b}));
  FileEntry other = b;
  other.size = 3;
  CHECK_FALSE(same({a, b}, {a, other}));
  other = b;
  other.git_oid.fill(7);
  CHECK_FALSE(same({a, b}, {a, other}));
  other = b;
  other.lfs_sha256.emplace().fill(7);
  CHECK_FALSE(same({a, b}, {a, other}));
}

TEST_CASE("Tree: the same entry on two pages is one, another content is refused", "[repo][tree]") {  // T10
  const auto merged = build({file("a", 1), file("b", 2), file("a", 1), file("a", 1)});
  REQUIRE(merged);
  CHECK(merged->size() == 2);
  const auto refused = build({file("a", 1), file("b", 2), file("a", 2)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::BadResponse);
  FileEntry lfs = file("a", 1);
  lfs.lfs_sha256.emplace().fill(1);
  CHECK(build({file("a", 1), lfs}).error().code == ErrorCode::BadResponse);
}

TEST_CASE("Tree: a path that is a file and a folder is refused, also across pages", "[repo][tree]") {  // T10
  for (const auto& entries :
       {std::vector<FileEntry>{file("a"), file("a/b")}, std::vector<FileEntry>{file("a/b"), file("a-x"), file("a.y"), file("a")},
        std::vector<FileEntry>{file("d/e/f/g"), file("d/e"), file("d/a")},
        std::vector<FileEntry>{file("x/a"), file("x/b"), file("x/b/c")}}) {
    const auto refused = build(entries);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::BadResponse);
  }
  CHECK(build({file("a-b"), file("a/b"), file("ab"), file("ab.c"), file("a/c/d")}));
}

TEST_CASE("TreeBuilder: limits and reuse", "[repo][tree]") {
  TreeBuilder builder;
  const std::string longest(65'535, 'x');
  REQUIRE(builder.add(file(longest)));
  CHECK(builder.add(file(longest + "y")).error().code == ErrorCode::BadResponse);
  CHECK(builder.size() == 1);
  builder.mark_uncacheable();
  const auto tree = builder.finish();
  REQUIRE(tree);
  CHECK_FALSE(tree->cacheable());
  CHECK(builder.size() == 0);
  REQUIRE(builder.add(file("a")));
  CHECK(builder.finish()->cacheable());
}

TEST_CASE("TreeBuilder: as many files as allowed and not one more", "[repo][tree]") {  // T23
  CHECK(TreeLimits().entries == 5'000'000);
  TreeBuilder builder(TreeLimits{3});
  for (const char* path : {"a", "b", "c"}) REQUIRE(builder.add(file(path)));
  const auto over = builder.add(file("d"));
  REQUIRE_FALSE(over);
  CHECK(over.error().code == ErrorCode::BadResponse);
  CHECK(over.error().message.find("more than 3 files") != std::string::npos);
  CHECK(builder.finish()->size() == 3);
}

TEST_CASE("TreeBuilder: sums of sizes can't overflow", "[repo][tree]") {  // T14
  TreeBuilder builder;
  FileEntry big = file("a");
  big.size = 9'223'372'036'854'775'807ULL;
  FileEntry one = file("b");
  one.size = 1;
  REQUIRE(builder.add(big));
  CHECK(builder.add(one).error().code == ErrorCode::BadResponse);
  REQUIRE(builder.finish());
  CHECK(builder.add(one));
}

TEST_CASE("Tree: an empty listing is a tree", "[repo][tree]") {
  const auto tree = build({});
  REQUIRE(tree);
  CHECK(tree->size() == 0);
  CHECK_FALSE(tree->find(""));
  CHECK(tree->lower_bound("x") == 0);
}

TEST_CASE("Tree: a planned file takes at most 256 bytes", "[repo][tree]") {  // I9
  TreeBuilder builder;
  constexpr std::size_t kFiles = 100'000;
  for (std::size_t i = kFiles; i > 0; --i) {
    const std::string path =
        "some/folder-" + std::to_string(i % 997) + "/with a rather long name for a shard " + std::to_string(i) + ".safetensors";
    FileEntry entry = file(path);
    entry.lfs_sha256.emplace().fill(1);
    entry.xet_hash.emplace().fill(2);
    REQUIRE(builder.add(entry));
  }
  const auto tree = builder.finish();
  REQUIRE(tree);
  CHECK(tree->size() == kFiles);
  CHECK(tree->memory() <= kFiles * 256);
}
