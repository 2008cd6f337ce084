#include "cli/report.hpp"

#include "cli/captured.hpp"
#include "support/catch.hpp"

#include <larder/base/log.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace larder;
using namespace larder::cli;

namespace {

Error sample_error() {
  Error error;
  error.code = ErrorCode::DigestMismatch;
  error.message = "digest mismatch: expected sha256:ab, got sha256:cd";
  error.context = {"pull org/name@main", "model.safetensors"};
  error.hint = "fetch it again";
  return error;
}

}  // namespace

TEST_CASE("report: an error names the object before the reason, the hint has its own line", "[cli][report]") {
  Captured file;
  StatusLine line(file.fd(), {});
  Report(line, Notes::Shown).error(sample_error());
  CHECK(file.text() ==
        "larder: error: pull org/name@main: model.safetensors: digest mismatch: expected sha256:ab, got sha256:cd\nhint: fetch it again\n");
}

TEST_CASE("report: secrets and control characters never get through", "[cli][report]") {  // T3, T35, T42
  log::add_secret("my-own-secret");
  Captured file;
  StatusLine line(file.fd(), {});
  Report report(line, Notes::Shown);
  Error error = sample_error();
  error.message = "server said \x1b[31mred\x07 hf_abcdefghijklmnop my-own-secret https://h/x?X-Amz-Signature=abcdef";
  error.hint = "my-own-secret";
  report.error(error);
  report.warning("my-own-secret \x1b");
  report.note("hf_abcdefghijklmnop");
  const auto text = file.text();
  for (const char* part : {"my-own-secret", "hf_abcdefghijklmnop", "Signature=abcdef", "\x1b", "\x07"})
    CHECK(text.find(part) == std::string::npos);
}

TEST_CASE("report: several failed files are all listed", "[cli][report]") {
  Captured file;
  StatusLine line(file.fd(), {});
  Error whole;
  whole.code = ErrorCode::Partial;
  whole.message = "2 of 3 files failed: a.bin: not found; b.bin: …";
  whole.context = {"pull org/name"};
  Error one;
  one.code = ErrorCode::EntryNotFound;
  one.message = "not found";
  Error two = sample_error();
  two.context = {"b.bin"};
  const std::vector<FailedItem> items{{"a.bin", one}, {"b.bin", two}};
  Report(line, Notes::Shown).errors(whole, items);
  const auto text = file.text();
  CHECK(text.find("larder: error: pull org/name: a.bin: not found\n") != std::string::npos);
  CHECK(text.find("larder: error: pull org/name: b.bin: digest mismatch") != std::string::npos);
  CHECK(text.find("b.bin: b.bin") == std::string::npos);
  CHECK(text.find("larder: error: pull org/name: 2 failed\n") != std::string::npos);
}

TEST_CASE("report: one reason is told for twenty files, then counted", "[cli][report]") {
  Captured file;
  StatusLine line(file.fd(), {});
  Error whole;
  whole.code = ErrorCode::GatedRepo;
  whole.message = "51 of 51 files failed";
  whole.context = {"pull org/name"};
  Error gated;
  gated.code = ErrorCode::GatedRepo;
  gated.message = "gated";
  std::vector<FailedItem> items(50, FailedItem{"a.bin", gated});
  Error other = gated;
  other.message = "digest mismatch";
  items.push_back({"last.bin", other});
  Report(line, Notes::Shown).errors(whole, items);
  const auto text = file.text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 20 + 1 + 1 + 1);
  CHECK(text.find("larder: error: pull org/name: 30 more: gated\n") != std::string::npos);
  CHECK(text.find("last.bin: digest mismatch") != std::string::npos);
}

TEST_CASE("report: quiet hides notes, not warnings; a warning comes once", "[cli][report]") {
  Captured file;
  StatusLine line(file.fd(), {});
  Report report(line, Notes::Hidden);
  report.note("by the way");
  report.warning("mind");
  report.warning("mind");
  CHECK(file.text() == "larder: warning: mind\n");
}

TEST_CASE("report: the error document", "[cli][report]") {
  Captured file;
  Output out(file.fd());
  write_error_document(out, sample_error(), FailedItems({{"a\xff.bin", sample_error()}}));
  REQUIRE(out.finish());
  const auto json = nlohmann::json::parse(file.text());
  CHECK(json["schema"] == "larder.error/1");
  CHECK(json["code"] == "DigestMismatch");
  CHECK(json["exit"] == 7);
  CHECK(json["hint"] == "fetch it again");
  CHECK(json["failures"][0]["exit"] == 7);
  CHECK(json["failures"][0]["code"] == "DigestMismatch");
}
