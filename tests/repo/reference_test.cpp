#include <larder/repo/reference.hpp>

#include "support/catch.hpp"

using namespace larder;
using namespace larder::repo;

namespace {

ReferenceContext context() {
  ReferenceContext made;
  made.endpoint_host = "hub.example:8080";
  return made;
}

struct Row {
  const char* text;
  RepoType type;
  const char* id;
  const char* revision;  // "": none
  const char* path;
  const char* quant;
};

void check_parsed(const Row& row, const ReferenceContext& around) {
  INFO(row.text);
  const auto reference = parse_reference(row.text, around);
  if (!reference) FAIL(reference.error().text());
  CHECK(reference->repo.type() == row.type);
  CHECK(reference->repo.id() == row.id);
  CHECK((reference->revision ? reference->revision->text() : "") == row.revision);
  CHECK(reference->path == row.path);
  CHECK(reference->quant == row.quant);
}

void check_refused(const std::string& text, const ReferenceContext& around) {
  INFO(text);
  const auto reference = parse_reference(text, around);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().code == ErrorCode::InvalidArgument);
}

}  // namespace

TEST_CASE("Reference: every written form", "[repo][reference]") {  // R-116, R-117
  for (const Row& row : {
           Row{"hf://datasets/org/d@refs/pr/3/t.json", RepoType::Dataset, "org/d", "refs/pr/3", "t.json", ""},        // T-16
           Row{"hf://org/m@refs/convert/parquet/x/y", RepoType::Model, "org/m", "refs/convert/parquet", "x/y", ""},   // T-17
           Row{"hf://org/m@feature%2Fx/f", RepoType::Model, "org/m", "feature/x", "f", ""},                           // T-18
           Row{"hf://org/m@feature/x/f", RepoType::Model, "org/m", "feature", "x/f", ""},                             // T-19
           Row{"hf://org/m/file@1.txt", RepoType::Model, "org/m", "", "file@1.txt", ""},                              // T-20
           Row{"https://hf.co/datasets/o/d/tree/refs%2Fpr%2F1/x", RepoType::Dataset, "o/d", "refs/pr/1", "x", ""},    // T-21
           Row{"https://huggingface.co/org/m/blob/main/a%20b.txt", RepoType::Model, "org/m", "main", "a b.txt", ""},  // T-22
           Row{"gpt2", RepoType::Model, "gpt2", "", "", ""},
           Row{"gpt2@main", RepoType::Model, "gpt2", "main", "", ""},
           Row{"gpt2@main/config.json", RepoType::Model, "gpt2", "main", "config.json", ""},
           Row{"datasets/squad", RepoType::Dataset, "squad", "", "", ""},
           Row{"datasets/squad@v1", RepoType::Dataset, "squad", "v1", "", ""},
           Row{"models/gpt2", RepoType::Model, "gpt2", "", "", ""},
           Row{"kernels/o/k", RepoType::Kernel, "o/k", "", "", ""},
           Row{"spaces/o/s@main/app.py", RepoType::Space, "o/s", "main", "app.py", ""},
           Row{"hf://models/org/m", RepoType::Model, "org/m", "", "", ""},
           Row{"hf://org/m/", RepoType::Model, "org/m", "", "", ""},
           Row{"org/m", RepoType::Model, "org/m", "", "", ""},
           Row{"org/m/", RepoType::Model, "org/m", "", "", ""},
           Row{"org/m/a/b", RepoType::Model, "org/m", "", "a/b", ""},
           Row{"org/m/a/b/", RepoType::Model, "org/m", "", "a/b", ""},
           Row{"org/m@v1.0/a", RepoType::Model, "org/m", "v1.0", "a", ""},
           Row{"org/m@refs%2Fpr%2F7", RepoType::Model, "org/m", "refs/pr/7", "", ""},
           Row{"org/m@a%2fb", RepoType::Model, "org/m", "a/b", "", ""},
           Row{"org/m@100%", RepoType::Model, "org/m", "100%", "", ""},
           Row{"org/m/a%20b", RepoType::Model, "org/m", "", "a%20b", ""},
           Row{"space/x", RepoType::Model, "space/x", "", "", ""},
           Row{"space/x@main/f", RepoType::Model, "space/x", "main", "f", ""},
           Row{"hub.example:8080/org/m/resolve/main/x", RepoType::Model, "org/m", "main", "x", ""},
           Row{"org/m:Q4_K_M", RepoType::Model, "org/m", "", "", "Q4_K_M"},
           Row{"org/m@main:q8_0", RepoType::Model, "org/m", "main", "", "q8_0"},
           Row{"org/m@refs/pr/3:Q8_0", RepoType::Model, "org/m", "refs/pr/3", "", "Q8_0"},
           Row{"gpt2:F16", RepoType::Model, "gpt2", "", "", "F16"},
           Row{"hf://org/m:UD-Q4_K_XL", RepoType::Model, "org/m", "", "", "UD-Q4_K_XL"},
           Row{"hf.co/org/m:Q4_0", RepoType::Model, "org/m", "", "", "Q4_0"},
           Row{"org/m/file:with-colon", RepoType::Model, "org/m", "", "file:with-colon", ""},
       }) {
    check_parsed(row, context());
  }
}

TEST_CASE("Reference: what is refused", "[repo][reference]") {
  for (const char* text : {"hf://gpt2",
                           "hf://datasets/squad",
                           "hf://dataset/o/d",
                           "hf://org/m@",
                           "hf://org/m/a//b",
                           "hf://",
                           "https://example.com/a/b",
                           "https://huggingface.co/gpt2",  // T-23
                           "",
                           "org/",
                           "/m",
                           "org//m",
                           "a--b",
                           "org/m.git",
                           "org/m@",
                           "org/m@/x",
                           "org/m@../x",
                           "org/m@..%2F..%2Fx",
                           "org/m@-x",
                           "org/m@a%00b",
                           "org/m@a b",
                           "dataset/o/d",
                           "model/o/m",
                           "s3://bucket/key",
                           "ftp://huggingface.co/o/m",
                           "hf://buckets/o/b",
                           "buckets/o/b",
                           "org/m/../x",
                           "org/m/./x",
                           "org/m/a//b",
                           "org/m:",
                           "org/m:Q4_K_M/file",
                           "org/m/file:Q4_K_M",
                           "datasets/o/d:Q4_0",
                           "org/m:Q4 K",
                           "C:\\x",
                           "org/m\n",
                           "é/m",
                           "https://huggingface.co/org/m@main",
                           "https://huggingface.co/org/m:Q4_0/tree/main"}) {
    check_refused(text, context());
  }
}

TEST_CASE("Reference: --repo-type stands in for a missing prefix only", "[repo][reference]") {
  auto around = context();
  around.type = RepoType::Dataset;
  check_parsed({"org/d", RepoType::Dataset, "org/d", "", "", ""}, around);
  check_parsed({"squad", RepoType::Dataset, "squad", "", "", ""}, around);
  check_parsed({"hf://org/d/f", RepoType::Dataset, "org/d", "", "f", ""}, around);
  for (const char* text :
       {"datasets/org/d", "models/org/m", "hf://spaces/o/s", "https://huggingface.co/datasets/o/d", "hf.co/o/m", "org/d:Q4_0"}) {
    check_refused(text, around);
  }
}

TEST_CASE("Reference: --revision is plain, and not beside an @", "[repo][reference]") {
  auto around = context();
  around.revision = "feature/x";
  check_parsed({"org/m", RepoType::Model, "org/m", "feature/x", "", ""}, around);
  check_parsed({"org/m:Q4_0", RepoType::Model, "org/m", "feature/x", "", "Q4_0"}, around);
  check_parsed({"https://huggingface.co/org/m", RepoType::Model, "org/m", "feature/x", "", ""}, around);
  for (const char* text : {"org/m@main", "org/m@feature%2Fx", "https://huggingface.co/org/m/tree/main"}) check_refused(text, around);
  around.revision = "a%2Fb";
  check_parsed({"org/m", RepoType::Model, "org/m", "a%2Fb", "", ""}, around);
  around.revision = "../x";
  check_refused("org/m", around);  // T16
}

TEST_CASE("Reference: written back it means the same", "[repo][reference]") {
  for (const char* text : {"org/m", "datasets/squad", "kernels/o/k@main", "org/m@feature%2Fx/f", "org/m@refs/pr/3/x", "org/m@100%25",
                           "spaces/o/s@refs/convert/parquet/a/b", "org/m@main:Q4_K_M", "gpt2", "org/m/a b"}) {
    INFO(text);
    const auto parsed = parse_reference(text, context());
    REQUIRE(parsed);
    CHECK(larder::repo::text(*parsed) == text);
  }
}

TEST_CASE("Reference: the address for git is answered with what to write instead", "[repo][reference]") {
  struct Address {
    const char* text;
    const char* hint;
  };
  for (const Address& address :
       {Address{"git@hf.co:org/x", "write org/x"}, Address{"git@hf.co:datasets/org/x.git", "write datasets/org/x"},
        Address{"https://huggingface.co/org/m.git", "write org/m"},
        Address{"https://huggingface.co/datasets/org/m.git", "write datasets/org/m"}, Address{"org/m.git", "write org/m"}}) {
    check_refused(address.text, context());
    CHECK(parse_reference(address.text, context()).error().hint == address.hint);
  }
  CHECK(parse_reference("gpt2@main:Q4_K_M", context())->quant == "Q4_K_M");  // an "@" before a ":" alone is none
}

TEST_CASE("Reference: what is no id is answered with the form of one", "[repo][reference]") {
  for (const char* text : {"./org/m", "/org/m", "org//m", "org m", "~/models"}) {
    check_refused(text, context());
    CHECK(parse_reference(text, context()).error().hint.find("[datasets/|spaces/|kernels/]ORG/NAME") != std::string::npos);
  }
}
