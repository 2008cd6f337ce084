#include "hub/endpoints.hpp"
#include "hub/hub_rig.hpp"

using namespace larder;
using namespace larder::hub;
using larder::test::commit;
using larder::test::model;
using larder::test::revision;
using larder::test::url_of;

namespace {

const std::string kCommit(40, 'a');

std::string resolve(std::string_view endpoint, const repo::RepoId& repo, std::string_view path) {
  const auto url = resolve_url(url_of(endpoint), repo, commit('a'), path);
  REQUIRE(url);
  return url->full();
}

}  // namespace

TEST_CASE("resolve_url: paths are quoted as the official client quotes them", "[hub][endpoints]") {  // R-112, T-6…T-10
  struct Row {
    const char* path;
    const char* tail;
  };
  for (const Row& row : {Row{"a b/c#d?e.txt", "a%20b/c%23d%3Fe.txt"}, Row{"é/~x.txt", "%C3%A9/~x.txt"}, Row{"a%2Fb.txt", "a%252Fb.txt"},
                         Row{"a+b&c=d;e,f:g@h!$'()*[].txt", "a%2Bb%26c%3Dd%3Be%2Cf%3Ag%40h%21%24%27%28%29%2A%5B%5D.txt"},
                         Row{"a\\b", "a%5Cb"}, Row{"config.json", "config.json"}}) {
    CHECK(resolve("https://hub.example", model("org/m"), row.path) == "https://hub.example/org/m/resolve/" + kCommit + "/" + row.tail);
  }
}

TEST_CASE("resolve_url: type prefixes and endpoints with a path", "[hub][endpoints]") {
  const auto dataset = repo::RepoId::make(repo::RepoType::Dataset, "org/d").value();
  CHECK(resolve("http://127.0.0.1:8080/", dataset, "f") == "http://127.0.0.1:8080/datasets/org/d/resolve/" + kCommit + "/f");
  CHECK(resolve("https://proxy.example/hf/", model("gpt2"), "f") == "https://proxy.example/hf/gpt2/resolve/" + kCommit + "/f");
}

TEST_CASE("API URLs: the revision is one segment, the id stays as it is", "[hub][endpoints]") {
  const Url endpoint = url_of("https://hub.example");
  const auto space = repo::RepoId::make(repo::RepoType::Space, "o/s").value();
  CHECK(revision_url(endpoint, model("org/m"), revision("feature/x"), Detail::Plain)->full() ==
        "https://hub.example/api/models/org/m/revision/feature%2Fx");
  CHECK(revision_url(endpoint, model("gpt2"), revision("refs/pr/1"), Detail::Brief)->full() ==
        "https://hub.example/api/models/gpt2/revision/refs%2Fpr%2F1?expand=sha");
  CHECK(revision_url(endpoint, model("gpt2"), revision("v1.0#é%"), Detail::Plain)->full() ==
        "https://hub.example/api/models/gpt2/revision/v1.0%23%C3%A9%25");
  CHECK(tree_url(endpoint, space, commit('a'))->full() ==
        "https://hub.example/api/spaces/o/s/tree/" + kCommit + "?recursive=true&expand=false");
  CHECK(refs_url(endpoint, model("org/m"))->full() == "https://hub.example/api/models/org/m/refs?include_prs=1");
  CHECK(commits_url(endpoint, model("org/m"), "a/b")->full() == "https://hub.example/api/models/org/m/commits/a%2Fb");
  CHECK(whoami_url(endpoint)->full() == "https://hub.example/api/whoami-v2");
  CHECK(page_url(endpoint, space) == "https://hub.example/spaces/o/s");
}
