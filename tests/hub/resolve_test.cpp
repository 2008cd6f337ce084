#include "hub/resolve.hpp"

#include "hub/hub_rig.hpp"

using namespace larder;
using namespace larder::hub;
using larder::test::commit;
using larder::test::response;
using larder::test::url_of;

namespace {

repo::FileEntry plain_file() {
  repo::FileEntry file;
  file.path = "a";
  file.size = 10;
  file.git_oid.fill(0xAA);
  return file;
}

repo::FileEntry large_file() {
  repo::FileEntry file = plain_file();
  file.lfs_sha256.emplace().fill(0xBB);
  return file;
}

std::string repeated(const std::string& pair, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += pair;
  return out;
}

}  // namespace

TEST_CASE("check_resolve_answer: what is there must agree, what is absent is not missed", "[hub][resolve]") {  // R-333, T15, T32, N35
  struct Row {
    std::string name;
    std::string value;
    bool is_large;
    bool agrees;
  };
  const std::string git = repeated("aa", 20);
  const std::string sha = repeated("bb", 32);
  for (const Row& row : {
           Row{"X-Repo-Commit", std::string(40, 'c'), false, true},
           Row{"X-Repo-Commit", std::string(40, 'd'), false, false},
           Row{"X-Repo-Commit", "main", false, false},
           Row{"X-Repo-Commit", "../../x", false, false},
           Row{"X-Repo-Commit", std::string(40, 'C'), false, false},
           Row{"X-Linked-Size", "10", false, true},
           Row{"X-Linked-Size", "12", false, false},
           Row{"X-Linked-Size", "-10", false, false},
           Row{"X-Linked-Size", "10.0", false, false},
           Row{"X-Linked-Etag", "\"" + sha + "\"", true, true},
           Row{"X-Linked-Etag", "\"" + git + "\"", true, true},
           Row{"X-Linked-Etag", "\"" + repeated("cc", 32) + "\"", true, false},
           Row{"X-Linked-Etag", "W/\"" + git + "\"", false, true},
           Row{"ETag", "\"" + git + "\"", false, true},
           Row{"ETag", "\"" + sha + "\"", false, false},
           Row{"ETag", "\"" + repeated("ab", 20) + "\"", false, false},
           Row{"ETag", "\"../../evil\"", false, true},  // T33: no digest, says nothing
           Row{"ETag", "\"d41d8cd98f00b204e9800998ecf8427e\"", false, true},
           Row{"ETag", "\"\"", false, true},
           Row{"ETag", "\"" + git + "-gzip\"", false, true},
           Row{"ETag", std::string(65'536, 'a'), false, true},
           Row{"X-Other", "x", false, true},
       }) {
    INFO(row.name << ": " << row.value.substr(0, 80));
    const auto checked =
        check_resolve_answer(response(302, {{row.name, row.value}}).head, row.is_large ? large_file() : plain_file(), commit('c'));
    CHECK(checked.has_value() == row.agrees);
    if (!checked) CHECK(checked.error().code == ErrorCode::BadResponse);
  }
  CHECK(check_resolve_answer({}, plain_file(), commit('c')));
}

TEST_CASE("check_resolve_answer: the linked ETag outweighs the other", "[hub][resolve]") {
  const std::string sha = repeated("bb", 32);
  CHECK(check_resolve_answer(response(302, {{"ETag", "\"" + repeated("ff", 32) + "\""}, {"X-Linked-Etag", "\"" + sha + "\""}}).head,
                             large_file(), commit('c')));
}

TEST_CASE("download_headers: only to the endpoint's own origin", "[hub][resolve]") {
  const Url endpoint = url_of("https://hub.example");
  CHECK(download_headers(url_of("https://hub.example/x"), endpoint).find("x-hf-download-counter") == "1");
  for (const char* other : {"https://cdn.example/x", "http://hub.example/x", "https://hub.example:8443/x"}) {
    CHECK(download_headers(url_of(other), endpoint).all().empty());
  }
}
