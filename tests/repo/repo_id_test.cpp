#include <larder/repo/repo_id.hpp>

#include "support/catch.hpp"

using namespace larder;
using namespace larder::repo;

TEST_CASE("RepoId: ids that the Hub accepts", "[repo][repo_id]") {  // T-1
  const std::string long_part(96, 'n');
  for (const std::string& id : {std::string("gpt2"), std::string("org/m"), std::string("a"), std::string("123"), std::string("_a"),
                                std::string("a_"), std::string("a.b"), std::string("a_/b"), std::string("org/m__x"), "org/" + long_part,
                                long_part + "/m", std::string("1/2"), std::string("a-b/c.d-e_f")}) {
    INFO(id);
    const auto made = RepoId::make(RepoType::Model, id);
    REQUIRE(made);
    CHECK(made->id() == id);
  }
}

TEST_CASE("RepoId: ids that are refused", "[repo][repo_id]") {  // T-2…T-5, R-104, R-105
  const std::string too_long(97, 'n');
  for (const std::string& id : {std::string("-a"),
                                std::string("a-"),
                                std::string(".a"),
                                std::string("a."),
                                std::string("org/.m"),
                                std::string("org/m-"),
                                std::string("org/-m"),
                                std::string("org-/m"),
                                std::string("-org/m"),
                                std::string("org./m"),
                                std::string("org/"),
                                std::string("/m"),
                                std::string("o rg/m"),
                                std::string("org/m!"),
                                std::string(),
                                too_long,
                                too_long + "/m",
                                "org/" + too_long,
                                std::string("é"),
                                std::string("日本/x"),
                                std::string("org/m\n"),
                                std::string("a/b/c"),
                                std::string("org//m"),
                                std::string("org/m.git/"),
                                std::string("a--b"),
                                std::string("a..b"),
                                std::string("o--x/m"),
                                std::string("org/a..b"),
                                std::string("m.git"),
                                std::string("org/m.git"),
                                std::string("org/m\0x", 7),
                                std::string("org/\x1bm"),
                                std::string("..")}) {
    INFO(id);
    const auto made = RepoId::make(RepoType::Model, id);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ErrorCode::InvalidArgument);
    CHECK(made.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("RepoId: text and folder follow the type", "[repo][repo_id]") {
  struct Row {
    RepoType type;
    const char* id;
    const char* text;
    const char* folder;
  };
  for (const Row& row :
       {Row{RepoType::Model, "org/m", "org/m", "models--org--m"}, Row{RepoType::Model, "gpt2", "gpt2", "models--gpt2"},
        Row{RepoType::Model, "Org/My.Model", "Org/My.Model", "models--Org--My.Model"},
        Row{RepoType::Dataset, "squad", "datasets/squad", "datasets--squad"}, Row{RepoType::Space, "o/s", "spaces/o/s", "spaces--o--s"},
        Row{RepoType::Kernel, "o/k", "kernels/o/k", "kernels--o--k"}}) {
    const auto made = RepoId::make(row.type, row.id);
    REQUIRE(made);
    CHECK(made->text() == row.text);
    CHECK(made->folder_name() == row.folder);
    CHECK(RepoId::from_folder_name(row.folder) == *made);
  }
}

TEST_CASE("RepoId: folder names are read back by the first two dashes", "[repo][repo_id]") {
  CHECK(RepoId::from_folder_name("models--org--a--b")->id() == "org/a/b");
  CHECK(RepoId::from_folder_name("models--a---b")->id() == "a/-b");
  for (const char* folder : {"model--a", "buckets--a", "models-a", "models", "blobs", ".locks", "models--", ""}) {
    INFO(folder);
    CHECK_FALSE(RepoId::from_folder_name(folder));
  }
}

TEST_CASE("RepoType: singular and plural words", "[repo][repo_id]") {
  for (const RepoType type : {RepoType::Model, RepoType::Dataset, RepoType::Space, RepoType::Kernel}) {
    CHECK(parse_repo_type(name(type)) == type);
    CHECK(parse_repo_type(plural(type)) == type);
  }
  CHECK(parse_repo_type("bucket").error().code == ErrorCode::InvalidArgument);
  CHECK(parse_repo_type("Model").error().code == ErrorCode::InvalidArgument);
}
