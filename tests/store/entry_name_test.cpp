#include "store/entry_name.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace larder;
using store::BlobsName;

TEST_CASE("classify_blobs_name: names that other clients leave while they work", "[store][entry_name]") {
  const std::string sha(64, 'b');
  const std::string git(40, 'c');
  struct Row {
    std::string name;
    BlobsName kind;
    std::string blob;
  };
  const std::vector<Row> rows{
      {sha, BlobsName::Digest, sha},
      {git, BlobsName::Digest, git},
      {sha + ".0e85e3ac.incomplete", BlobsName::Incomplete, sha},
      {git + ".incomplete", BlobsName::Incomplete, git},
      {"." + sha + ".0e85e3ac.shared", BlobsName::Temporary, sha},
      {"." + sha + ".0e85e3ac.new", BlobsName::Temporary, sha},
      {"." + sha + ".0e85e3ac.old", BlobsName::Temporary, sha},
      {"tmp_12345678-1234-1234-1234-123456789abc", BlobsName::Temporary, ""},
      {std::string(64, 'B'), BlobsName::Other, ""},
      {std::string(63, 'b'), BlobsName::Other, ""},
      {".incomplete", BlobsName::Other, ""},
      {"notes.txt", BlobsName::Other, ""},
      {"." + sha + ".0E85e3ac.new", BlobsName::Other, sha},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(static_cast<int>(store::classify_blobs_name(row.name)) == static_cast<int>(row.kind));
    CHECK(store::blob_of_temporary(row.name) == row.blob);
  }
}

TEST_CASE("is_temporary_ref: only the Python client's form", "[store][entry_name]") {
  CHECK(store::is_temporary_ref("main.1a2b3c4d.tmp"));
  CHECK(store::is_temporary_ref("refs/pr/1.1a2b3c4d.tmp"));
  CHECK_FALSE(store::is_temporary_ref("main.tmp"));
  CHECK_FALSE(store::is_temporary_ref(".1a2b3c4d.tmp"));
  CHECK_FALSE(store::is_temporary_ref("main.1a2b3c4g.tmp"));
  CHECK_FALSE(store::is_temporary_ref("main"));
}

TEST_CASE("is_temporary_tree: the form of Python's mkstemp", "[store][entry_name]") {
  CHECK(store::is_temporary_tree("tmpab12_xyz.tmp"));
  for (const char* name : {"tmpab12_xy.tmp", "tmpab12_xyzz.tmp", "xmpab12_xyz.tmp", "tmpab12_xyz.tmq"}) {
    CHECK_FALSE(store::is_temporary_tree(name));
  }
}

TEST_CASE("commit_of_listing: a commit and .json", "[store][entry_name]") {
  const std::string commit(40, 'a');
  CHECK(store::commit_of_listing(commit + ".json") == repo::CommitId::parse(commit));
  for (const std::string& name : {commit, commit + ".jso", std::string(39, 'a') + ".json", std::string(40, 'A') + ".json"}) {
    CHECK_FALSE(store::commit_of_listing(name));
  }
}
