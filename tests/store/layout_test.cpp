#include <larder/store/layout.hpp>

#include "store/store_fixture.hpp"
#include "support/catch.hpp"

using namespace larder;
using store::link_text;
using store::RepoLayout;

TEST_CASE("layout: a link climbs once for each folder and twice more", "[store][layout]") {
  const std::string forty(40, 'a');
  CHECK(link_text("README.md", forty) == "../../blobs/" + forty);
  CHECK(link_text("sub dir/deep/a#b.txt", forty) == "../../../../blobs/" + forty);
  CHECK(link_text("README.md", forty).size() == 52);
  CHECK(link_text("model.bin", std::string(64, 'b')).size() == 76);
}

TEST_CASE("layout: the tag has the bytes that other clients write", "[store][layout]") {
  CHECK(store::cachedir_tag().size() == 191);
  CHECK(store::cachedir_tag().substr(0, 44) == "Signature: 8a477f597d28d172789f06886806bc55\n");
  CHECK(store::cachedir_tag().find("#\thttps://bford.info/cachedir/\n") == 160);
}

TEST_CASE("layout: every part of a repository has its place", "[store][layout]") {
  const RepoLayout layout("/c", test::a_repo("Org/My.Model"));
  const auto commit = test::commit_of('1');
  CHECK(layout.repo() == "/c/models--Org--My.Model");
  CHECK(layout.ref(repo::Revision::parse("refs/pr/1").value()) == "/c/models--Org--My.Model/refs/refs/pr/1");
  CHECK(layout.entry(commit, "a/b") == "/c/models--Org--My.Model/snapshots/" + commit.hex() + "/a/b");
  CHECK(layout.no_exist(commit, "a/b") == "/c/models--Org--My.Model/.no_exist/" + commit.hex() + "/a/b");
  CHECK(layout.lock("abc") == "/c/.locks/models--Org--My.Model/abc.lock");
  CHECK(layout.partial("abc", "01234567") == "/c/models--Org--My.Model/.larder/partial/abc.01234567");
}
