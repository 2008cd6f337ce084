#include <larder/repo/repo_path.hpp>

#include "support/catch.hpp"

using namespace larder;
using namespace larder::repo;

namespace {

std::string deep(int parts) {
  std::string path = "d";
  for (int i = 1; i < parts; ++i) path += "/d";
  return path;
}

std::string long_path(std::size_t bytes) {
  std::string path;
  while (path.size() + 201 <= bytes) path += std::string(200, 'x') + "/";
  path += std::string(bytes - path.size(), 'y');
  return path;
}

void check_refused(const std::string& name, NamePlace place) {
  INFO(name);
  const auto checked = check_name(name, place);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == ErrorCode::UnsafePath);
  for (const char c : checked.error().message) CHECK(static_cast<unsigned char>(c) >= 0x20);  // T3: never printed raw
}

}  // namespace

TEST_CASE("check_name: honest names pass in both places", "[repo][repo_path]") {
  for (const std::string& name : {std::string("config.json"),
                                  std::string("a/b"),
                                  std::string("..."),
                                  std::string("a/..."),
                                  std::string("~/.x"),
                                  std::string("con"),
                                  std::string("aux.txt"),
                                  std::string("CON"),
                                  std::string("nul/x"),
                                  std::string("a ."),
                                  std::string("trailing. "),
                                  std::string(" a"),
                                  std::string("ab:c"),
                                  std::string("a#b?c"),
                                  std::string("é/~x.txt"),
                                  std::string("日本語.bin"),
                                  std::string("😀"),
                                  std::string(".gitattributes"),
                                  std::string(".gitignore"),
                                  std::string(".github/x"),
                                  std::string(".gitmodules"),
                                  std::string("git"),
                                  std::string("git~2"),
                                  std::string("git~10"),
                                  std::string("x.git/config"),
                                  std::string("my.git"),
                                  std::string(".git2/x"),
                                  std::string("a.git"),
                                  std::string("..a"),
                                  std::string("a.."),
                                  std::string("-rf"),
                                  std::string("%2e%2e/x"),
                                  std::string(".cache/other"),
                                  std::string("cache/huggingface/x"),
                                  std::string("a/.cache/huggingface/x"),
                                  std::string(246, 'x'),
                                  std::string(255, 'x') + "/y",
                                  deep(64),
                                  long_path(4000),
                                  std::string("\u202e"
                                              "abc")}) {  // T9, T-13
    INFO(name);
    CHECK(check_name(name, NamePlace::Cache));
    CHECK(check_name(name, NamePlace::LocalFolder));
  }
}

TEST_CASE("check_name: the longest names", "[repo][repo_path]") {  // T7
  CHECK(check_name(std::string(255, 'x'), NamePlace::Cache));
  CHECK(check_name(std::string(247, 'x'), NamePlace::Cache));
  check_refused(std::string(247, 'x'), NamePlace::LocalFolder);  // its metadata would have 256 bytes
  check_refused("a/" + std::string(255, 'x'), NamePlace::LocalFolder);
}

TEST_CASE("check_name: names that would escape or confuse", "[repo][repo_path]") {
  for (const std::string& name : {
           std::string("../x"),
           std::string("a/../../x"),
           std::string("a/.."),
           std::string(".."),
           std::string("a/../b"),  // T1
           std::string("/x"),
           std::string("//x"),
           std::string("/etc/passwd"),
           std::string("C:\\x"),
           std::string("C:x"),  // T2
           std::string("C:/x"),
           std::string("\\\\h\\s"),
           std::string("a\\b"),
           std::string("a\\..\\b"),
           std::string("\\x"),  //
           std::string("a/C:x"),
           std::string("a:b"),
           std::string("x/c:y"),
           std::string("a/\\x"),
           std::string("é:x"),
           std::string("1:x"),
           std::string("::x"),  //
           std::string("a\0b", 3),
           std::string("a\nb"),
           std::string("\x1b[31mred"),
           std::string("a\x7f"),
           std::string("a\xc2\x9b"),  // T3
           std::string("\xff"),
           std::string("a\xed\xa0\x80"),
           std::string("\xc0\xaf"),
           std::string("\xe2\x82"),
           std::string("\xf4\x90\x80\x80"),
           std::string(""),
           std::string("."),
           std::string("a/./b"),
           std::string("./a"),
           std::string("a//b"),
           std::string("a/"),  // T4
           std::string(256, 'x'),
           "a/" + std::string(256, 'x') + "/b",
           deep(65),
           long_path(4001),
           std::string(128, 'x') + "é" + std::string(126, 'x')  // T7
       }) {
    check_refused(name, NamePlace::Cache);
    check_refused(name, NamePlace::LocalFolder);
  }
}

TEST_CASE("check_name: .git in every disguise, at every depth", "[repo][repo_path]") {  // T5
  for (const std::string& part : {std::string(".git"),
                                  std::string(".GIT"),
                                  std::string(".GiT"),
                                  std::string(".g\u200cit"),
                                  std::string("\u200d.git"),
                                  std::string(".git\ufeff"),
                                  std::string(".\u206fg\u202ai\u2060t"),
                                  std::string("git~1"),
                                  std::string("GIT~1"),
                                  std::string(".git "),
                                  std::string(".git."),
                                  std::string(".git . ."),
                                  std::string("git~1 ."),
                                  std::string(".git::$INDEX_ALLOCATION"),
                                  std::string(".git:x"),
                                  std::string("git~1::$INDEX_ALLOCATION"),
                                  std::string(".git ::$INDEX_ALLOCATION"),
                                  std::string(".Git\u200b."),
                                  std::string(".g\u00adit"),
                                  std::string(".git\ufe0f"),
                                  std::string(".git .:x")}) {
    check_refused(part, NamePlace::Cache);
    check_refused(part + "/config", NamePlace::Cache);
    check_refused("sub/" + part + "/config", NamePlace::LocalFolder);
    check_refused("a/b/" + part, NamePlace::LocalFolder);
  }
}

TEST_CASE("check_name: the metadata of a local folder can't be forged", "[repo][repo_path]") {  // T6
  for (const std::string& name : {std::string(".cache/huggingface/download/a.metadata"), std::string(".cache/huggingface"),
                                  std::string(".CACHE/HuggingFace/x"), std::string(".cache/huggingface./x"),
                                  std::string(".cache /huggingface/x"), std::string(".cache/hugging\u200cface/x"), std::string(".cache")}) {
    check_refused(name, NamePlace::LocalFolder);
    INFO(name);
    CHECK(check_name(name, NamePlace::Cache));
  }
}

TEST_CASE("is_printable_utf8: control characters and broken text", "[repo][repo_path]") {
  CHECK(is_printable_utf8("plain é 日本 😀"));
  CHECK(is_printable_utf8(""));
  for (const std::string& text : {std::string("\t"), std::string("\x1b"), std::string("\x7f"), std::string("\xc2\x80"), std::string("\x80"),
                                  std::string("\xf8\x88\x80\x80\x80"), std::string("\xed\xbf\xbf"), std::string("a\xe2\x28\xa1")}) {
    CHECK_FALSE(is_printable_utf8(text));
  }
}
