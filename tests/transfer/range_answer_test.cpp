#include "transfer/range_answer.hpp"

#include "support/catch.hpp"

#include <string>

using namespace larder;
using namespace larder::transfer;

namespace {

constexpr std::uint64_t kSize = 1'000'000;

net::ResponseHead answer(int status, const std::string& range, const std::string& length = "") {
  net::ResponseHead head;
  head.status = status;
  if (!range.empty()) head.headers.add("Content-Range", range);
  if (!length.empty()) head.headers.add("Content-Length", length);
  return head;
}

}  // namespace

TEST_CASE("judge_answer: a range is taken only as it was asked for", "[transfer][range_answer]") {  // T30, T31, N25, N28
  struct Row {
    int status;
    const char* range;
    const char* length;
    Verdict verdict;
  };
  const ByteRange asked{100'000, 300'000};
  for (const auto& row :
       {Row{206, "bytes 100000-299999/1000000", "200000", Verdict::Accept}, Row{206, "bytes 100000-299999/1000000", "", Verdict::Accept},
        Row{200, "bytes 100000-299999/1000000", "200000", Verdict::Accept},
        Row{206, "bytes 100000-165535/1000000", "65536", Verdict::Accept},
        Row{206, "bytes 100000-165534/1000000", "65535", Verdict::BadRange},
        Row{206, "bytes 100000-100000/1000000", "1", Verdict::BadRange},
        Row{206, "bytes 100000-299999/1000000", "199999", Verdict::BadRange},
        Row{206, "bytes 100001-299999/1000000", "", Verdict::BadRange}, Row{206, "bytes 100000-300000/1000000", "", Verdict::BadRange},
        Row{206, "bytes 100000-299999/*", "", Verdict::BadRange}, Row{206, "bytes */1000000", "", Verdict::BadRange},
        Row{206, "", "200000", Verdict::BadRange}, Row{206, "bytes 100000-299999/1000001", "", Verdict::OtherSize},
        Row{200, "", "1000000", Verdict::WholeBody}, Row{200, "", "", Verdict::WholeBody}, Row{200, "", "200000", Verdict::OtherSize},
        Row{416, "bytes */1000000", "", Verdict::NotThere}, Row{307, "", "", Verdict::Redirect}, Row{503, "", "", Verdict::Failure}}) {
    CAPTURE(row.status, row.range, row.length);
    CHECK(judge_answer(answer(row.status, row.range, row.length), asked, kSize).verdict == row.verdict);
  }
}

TEST_CASE("judge_answer: a small rest may be asked for and answered", "[transfer][range_answer]") {
  const auto judgement = judge_answer(answer(206, "bytes 999999-999999/1000000", "1"), ByteRange{999'999, 1'000'000}, kSize);
  CHECK(judgement.verdict == Verdict::Accept);
  CHECK(judgement.range == ByteRange{999'999, 1'000'000});
}
