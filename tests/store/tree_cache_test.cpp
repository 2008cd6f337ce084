#include "store/tree_cache.hpp"

#include "store/store_fixture.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

using namespace larder;
using namespace larder::test;

namespace {

struct Cache {
  TempDir temp;
  Run run{temp.path()};
  std::string path = temp.path() + "/trees/x.json";
  Result<void> write(const repo::Tree& tree) { return store::write_tree(run.store, temp.path() + "/tmp", path, tree); }
  std::optional<repo::Tree> read() { return store::read_tree(*run.disk, path).value(); }
  std::optional<repo::Tree> read(std::string_view text) {
    write_file(path, text);
    return read();
  }
};

repo::Tree tree_of(const std::vector<repo::FileEntry>& files) {
  repo::TreeBuilder builder;
  for (const auto& file : files) REQUIRE(builder.add(file));
  return builder.finish().value();
}

repo::Tree golden_tree() {
  const std::string model = megabyte();
  repo::FileEntry big = lfs_file("model.bin", model);
  big.git_oid = array_of<20>(digest::Digest::from_hex("008d9adda7574f0a91412e68b9c2e501251606c2").value());
  return tree_of({regular_file("README.md", "# hi\n"), regular_file(".gitattributes", "*.bin filter=lfs\n"),
                  regular_file("config.json", "{\"a\": 1}\n"), regular_file("empty.txt", ""), big,
                  regular_file("sub dir/deep/a#b.txt", "nested\n")});
}

}  // namespace

TEST_CASE("tree_cache: the golden listing has the bytes that the Python client writes", "[store][tree]") {
  Cache cache;
  REQUIRE(cache.write(golden_tree()));
  const std::string text = read_file(cache.path);
  CHECK(text.size() == 731);
  CHECK(sha256_of(text).hex() == "9db7804c3104ad19508e28e28cbbe4a6dade38b06a36ecaa58909b95774a8956");
  CHECK(list_tree(cache.temp.path() + "/tmp").empty());
}

TEST_CASE("tree_cache: an empty listing", "[store][tree]") {
  Cache cache;
  REQUIRE(cache.write(tree_of({})));
  CHECK(read_file(cache.path) == "{\n \"format_version\": 1,\n \"files\": {}\n}");
  CHECK(cache.read().value().size() == 0);
}

TEST_CASE("tree_cache: what is written reads back", "[store][tree]") {
  Cache cache;
  repo::FileEntry xet = lfs_file("w.safetensors", "weights");
  xet.xet_hash = array_of<32>(sha256_of("xet"));
  const auto tree = tree_of({xet, regular_file("a \"quoted\" \\ name", "1"), regular_file("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80", "2"),
                             regular_file("tab\there", "3")});
  REQUIRE(cache.write(tree));
  const auto read = cache.read();
  REQUIRE(read);
  REQUIRE(read->size() == tree.size());
  for (std::size_t i = 0; i < tree.size(); ++i) {
    CHECK(read->at(i).path == tree.at(i).path);
    CHECK(read->at(i).size == tree.at(i).size);
    CHECK(read->at(i).git_oid == tree.at(i).git_oid);
    CHECK(read->at(i).lfs_sha256 == tree.at(i).lfs_sha256);
    CHECK(read->at(i).xet_hash == tree.at(i).xet_hash);
  }
  const std::string text = read_file(cache.path);
  CHECK(text.find("\"\\u00e9\\u65e5\\ud83d\\ude00\"") != std::string::npos);
  CHECK(text.find("\"a \\\"quoted\\\" \\\\ name\"") != std::string::npos);
  CHECK(text.find("\"tab\\there\"") != std::string::npos);
  CHECK(text.find("\"xet_hash\": \"" + sha256_of("xet").hex() + "\"\n  }") != std::string::npos);
}

TEST_CASE("tree_cache: control characters are escaped as Python does", "[store][tree]") {
  Cache cache;
  REQUIRE(cache.write(tree_of({regular_file("a\x01\x1f\x7f\b\f\r\n", "1")})));
  CHECK(read_file(cache.path).find("\"a\\u0001\\u001f\\u007f\\b\\f\\r\\n\"") != std::string::npos);
}

TEST_CASE("tree_cache: a listing that is not whole or is no text is not kept", "[store][tree]") {
  Cache cache;
  repo::TreeBuilder builder;
  REQUIRE(builder.add(regular_file("a", "1")));
  builder.mark_uncacheable();
  REQUIRE(cache.write(builder.finish().value()));
  CHECK_FALSE(std::filesystem::exists(cache.path));
  REQUIRE(cache.write(tree_of({regular_file("bad\xff", "1")})));
  CHECK_FALSE(std::filesystem::exists(cache.path));
}

TEST_CASE("tree_cache: a large listing passes through a small buffer", "[store][tree]") {
  Cache cache;
  repo::TreeBuilder builder;
  for (int i = 0; i < 5000; ++i) REQUIRE(builder.add(lfs_file(fmt::format("folder/file-{:05}.bin", i), fmt::format("{}", i))));
  const auto tree = builder.finish().value();
  REQUIRE(cache.write(tree));
  const auto read = cache.read();
  REQUIRE(read);
  CHECK(read->size() == 5000);
  CHECK(read->at(4321).path == "folder/file-04321.bin");
}

TEST_CASE("tree_cache: fields not known here are stepped over", "[store][tree]") {
  Cache cache;
  const std::string oid(40, 'a');
  const auto read = cache.read(
      "{\"made_by\": {\"files\": [1, {\"x\": 2}]}, \"files\": {\"f\": {\"size\": 3, \"extra\": {\"size\": 9}, \"tags\": [4], \"blob_id\": "
      "\"" +
      oid + "\", \"n\": null}}, \"format_version\": 1}");
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  CHECK(read->at(0).size == 3);
}

TEST_CASE("tree_cache: anything else is no listing", "[store][tree]") {  // R-532, T13, T14
  Cache cache;
  const std::string oid(40, 'a');
  const auto with = [&](const std::string& fields) { return "{\"format_version\": 1, \"files\": {\"f\": {" + fields + "}}}"; };
  const std::string good = "\"size\": 1, \"blob_id\": \"" + oid + "\"";
  REQUIRE(cache.read(with(good)));
  const std::string sha(64, 'b');
  for (const std::string& text : {
           std::string(),
           std::string("{"),
           std::string("[]"),
           std::string("null"),
           std::string("\"x\""),
           std::string("{\"format_version\": 1}"),
           std::string("{\"files\": {}}"),
           std::string("{\"format_version\": 2, \"files\": {}}"),
           std::string("{\"format_version\": \"1\", \"files\": {}}"),
           std::string("{\"format_version\": 1, \"files\": []}"),
           std::string("{\"format_version\": 1, \"files\": {\"f\": 3}}"),
           std::string("{\"format_version\": 1, \"files\": {\"f\": []}}"),
           std::string("{\"format_version\": 1, \"files\": {}} x"),
           with("\"size\": 1"),
           with("\"blob_id\": \"" + oid + "\""),
           with("\"size\": -1, \"blob_id\": \"" + oid + "\""),
           with("\"size\": 1.5, \"blob_id\": \"" + oid + "\""),
           with("\"size\": 9223372036854775808, \"blob_id\": \"" + oid + "\""),
           with("\"size\": \"1\", \"blob_id\": \"" + oid + "\""),
           with("\"size\": 1, \"blob_id\": \"../../../../etc/passwd\""),
           with("\"size\": 1, \"blob_id\": \"" + sha + "\""),
           with(good + ", \"lfs_sha256\": \"" + oid + "\""),
           with(good + ", \"xet_hash\": \"zz\""),
           with(good + ", \"lfs_sha256\": \"" + sha + "\", \"lfs_size\": 2"),
           with("\"size\": 1, \"blob_id\": \"" + std::string(40, 'A') + "\""),
           "{\"format_version\": 1, \"files\": {\"f\": {" + good + "}, \"f\": {\"size\": 2, \"blob_id\": \"" + std::string(40, 'c') +
               "\"}}}",
           "{\"format_version\": 1, \"files\": {\"a\": {" + good + "}, \"a/b\": {" + good + "}}}",
       }) {
    INFO(text);
    CHECK_FALSE(cache.read(text));
  }
}

TEST_CASE("tree_cache: depth and length cost nothing", "[store][tree]") {  // T23
  Cache cache;
  CHECK_FALSE(cache.read(std::string(300000, '[')));
  std::string deep = "{\"format_version\": 1, \"x\": ";
  for (int i = 0; i < 100000; ++i) deep += "{\"y\":";
  CHECK_FALSE(cache.read(deep));
  CHECK_FALSE(cache.read("{\"format_version\": 1, \"files\": {\"" + std::string(3 << 20, 'x') + "\": {}}}"));
  CHECK_FALSE(cache.read("{\"format_version\": 1, \"n\": " + std::string(3 << 20, '1') + ", \"files\": {}}"));
}

TEST_CASE("tree_cache: links, folders and what may not be read are absent", "[store][tree]") {  // R-532, T48
  Cache cache;
  REQUIRE(cache.write(golden_tree()));
  std::filesystem::create_symlink(cache.path, cache.temp.path() + "/link.json");
  CHECK_FALSE(store::read_tree(*cache.run.disk, cache.temp.path() + "/link.json").value());
  CHECK_FALSE(store::read_tree(*cache.run.disk, cache.temp.path()).value());
  CHECK_FALSE(store::read_tree(*cache.run.disk, cache.temp.path() + "/none.json").value());
}
