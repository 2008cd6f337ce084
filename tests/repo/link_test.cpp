#include "repo/link.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::repo;

TEST_CASE("special_ref_length: refs/pr/N and refs/convert/NAME are taken whole", "[repo][link]") {
  struct Row {
    const char* text;
    std::size_t length;
  };
  for (const Row& row : {Row{"refs/pr/3", 9}, Row{"refs/pr/3/t.json", 9}, Row{"refs/pr/31", 10}, Row{"refs/pr/", 0}, Row{"refs/pr/x", 0},
                         Row{"refs/pr/3x", 0}, Row{"refs/convert/parquet", 20}, Row{"refs/convert/a.b-c_d/x", 20}, Row{"refs/convert/", 0},
                         Row{"refs/convert//x", 0}, Row{"refs/heads/main", 0}, Row{"main", 0}, Row{"", 0}}) {
    INFO(row.text);
    CHECK(special_ref_length(row.text) == row.length);
  }
}

TEST_CASE("parse_link: hosts, routes and what is dropped", "[repo][link]") {
  struct Row {
    const char* text;
    const char* location;
    const char* revision;  // "": none
    const char* path;
  };
  for (const Row& row : {
           Row{"https://huggingface.co/org/m", "org/m", "", ""},
           Row{"https://huggingface.co/org/m/", "org/m", "", ""},
           Row{"HTTPS://HuggingFace.co/org/m", "org/m", "", ""},
           Row{"hf.co/org/m", "org/m", "", ""},
           Row{"http://127.0.0.1:8080/org/m", "org/m", "", ""},
           Row{"127.0.0.1:8080/org/m/tree/main", "org/m", "main", ""},
           Row{"https://huggingface.co:443/org/m", "org/m", "", ""},
           Row{"https://huggingface.co/org/m?library=x#top", "org/m", "", ""},
           Row{"https://huggingface.co/org/m#L1?x", "org/m", "", ""},
           Row{"https://huggingface.co/org/m/resolve/main/a/b.bin?download=true", "org/m", "main", "a/b.bin"},
           Row{"https://huggingface.co/org/m/raw/v1.0/a%20b.txt", "org/m", "v1.0", "a b.txt"},
           Row{"https://huggingface.co/org/m/blame/main/x#L10-L20", "org/m", "main", "x"},
           Row{"https://huggingface.co/spaces/o/s/blob/main/app.py", "spaces/o/s", "main", "app.py"},
           Row{"https://huggingface.co/kernels/o/k/tree/main/", "kernels/o/k", "main", ""},
           Row{"https://huggingface.co/datasets/o/d/tree/refs%2Fpr%2F1/x", "datasets/o/d", "refs/pr/1", "x"},
           Row{"https://huggingface.co/datasets/o/d/tree/refs/convert/parquet/x/y", "datasets/o/d", "refs/convert/parquet", "x/y"},
           Row{"https://huggingface.co/org/m/tree/feature%2Fx", "org/m", "feature/x", ""},
           Row{"https://huggingface.co/org/m/tree/a%252Fb/x", "org/m", "a%2Fb", "x"},
           Row{"https://huggingface.co/org/m/blob/main/a%2Fb.txt", "org/m", "main", "a%2Fb.txt"},
       }) {
    INFO(row.text);
    REQUIRE(is_link(row.text, "127.0.0.1:8080"));
    const auto link = parse_link(row.text, "127.0.0.1:8080");
    REQUIRE(link);
    CHECK(link->location == row.location);
    CHECK(link->revision.value_or("") == row.revision);
    CHECK(link->path == row.path);
  }
}

TEST_CASE("parse_link: what is refused", "[repo][link]") {
  for (const char* text :
       {"https://example.com/a/b", "https://huggingface.co.evil.org/a/b", "https://u@huggingface.co/a/b", "https://huggingface.co:8443/a/b",
        "http://huggingface.co:443/a/b", "https://huggingface.co/gpt2", "https://huggingface.co/", "https://huggingface.co",
        "https://huggingface.co/datasets/squad", "https://huggingface.co/org/m/discussions/1", "https://huggingface.co/org/m/tree",
        "https://huggingface.co/org/m/tree/", "https://huggingface.co/org//m", "https://huggingface.co//org/m",
        "https://huggingface.co/org/m/blob/main//x", "https://huggingface.co/buckets/o/b", "https:///org/m", "https://"}) {
    INFO(text);
    const auto link = parse_link(text, "127.0.0.1:8080");
    REQUIRE_FALSE(link);
    CHECK(link.error().code == ErrorCode::InvalidArgument);
  }
}

TEST_CASE("parse_link: a page about a pull request or a commit leads to its files", "[repo][link]") {
  struct Row {
    const char* text;
    const char* hint;
  };
  for (const auto& row : {Row{"https://huggingface.co/org/m/discussions/12", "org/m@refs/pr/12"},
                          Row{"https://huggingface.co/datasets/org/d/discussions/3/files", "datasets/org/d@refs/pr/3"},
                          Row{"https://huggingface.co/org/m/commit/0123abc", "org/m@0123abc"},
                          Row{"https://huggingface.co/spaces/org/s/commits/main", "spaces/org/s@main"},
                          Row{"https://huggingface.co/org/m/discussions", "the repository is org/m"},
                          Row{"https://huggingface.co/datasets/org/d/viewer/default/train", "the repository is datasets/org/d"}}) {
    INFO(row.text);
    const auto link = parse_link(row.text, "");
    REQUIRE_FALSE(link);
    CHECK(link.error().hint.find(row.hint) != std::string::npos);
  }
}

TEST_CASE("is_link: plain references are none", "[repo][link]") {
  for (const char* text : {"org/m", "gpt2", "hf://org/m", "huggingface.co", "ftp://huggingface.co/a/b", "example.com/a/b"}) {
    INFO(text);
    CHECK_FALSE(is_link(text, "127.0.0.1:8080"));
  }
}

TEST_CASE("parse_link: a signed query is not printed", "[repo][link]") {
  const auto link = parse_link("https://cdn.example/a/b?Signature=secret", "");
  REQUIRE_FALSE(link);
  CHECK(link.error().text().find("secret") == std::string::npos);
}
