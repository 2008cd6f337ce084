#include "support/fault.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace larder::test {
namespace {

constexpr std::uint64_t kByContent = ~std::uint64_t{0};  // "the middle of the body", known only there
const std::string kOtherCommit(40, '2');

struct Word {
  std::string_view name;
  FaultKind kind;
  std::uint64_t n;  // default of the argument
  int times;        // default of the count
};

constexpr std::array<Word, 65> kWords{{
    {"good", FaultKind::Good, 0, -1},
    {"wrong", FaultKind::Wrong, kByContent, -1},
    {"wrong1", FaultKind::Wrong, kByContent, 1},
    {"extra", FaultKind::Extra, 1, -1},
    {"short", FaultKind::Short, 1, 1},
    {"endless", FaultKind::Endless, 0, -1},
    {"gzbomb", FaultKind::GzipBomb, 0, -1},
    {"chunked", FaultKind::Chunked, 0, -1},
    {"chunk-bad", FaultKind::ChunkBad, 0, -1},
    {"chunk-huge", FaultKind::ChunkHuge, 0, -1},
    {"chunk-noterm", FaultKind::ChunkNoTerm, 0, 1},
    {"rst-hdr", FaultKind::ResetHeader, 10, 1},
    {"cut", FaultKind::Cut, kByContent, 1},
    {"cutswap", FaultKind::CutSwap, 0, -1},
    {"cut200", FaultKind::Cut200, 0, -1},
    {"slice200", FaultKind::Slice200, 0, -1},
    {"badrange", FaultKind::BadRange, 0, -1},
    {"lyingrange", FaultKind::LyingRange, 0, -1},
    {"shortrange", FaultKind::ShortRange, 0, -1},
    {"norange", FaultKind::NoRange, 0, -1},
    {"starrange", FaultKind::StarRange, 0, -1},
    {"wrongtotal", FaultKind::WrongTotal, 0, -1},
    {"multipart", FaultKind::Multipart, 0, -1},
    {"full206", FaultKind::Full206, 0, -1},
    {"stall", FaultKind::Stall, kByContent, 1},
    {"stallat", FaultKind::StallAt, 0, -1},
    {"stallhdr", FaultKind::StallHeader, 0, 1},
    {"trickle", FaultKind::Trickle, 1000, -1},
    {"429s", FaultKind::Limit429, 1, 1},
    {"429d", FaultKind::Limit429Date, 2, 1},
    {"429cap", FaultKind::Limit429, 86'400, -1},
    {"429text", FaultKind::Limit429Text, 0, 1},
    {"ratelimit", FaultKind::RateLimit, 1, 1},
    {"5xx", FaultKind::Error5xx, 1, -1},
    {"status", FaultKind::Status, 500, -1},
    {"503body", FaultKind::Body503, 0, 1},
    {"bigerr", FaultKind::BigError, 0, -1},
    {"expire", FaultKind::Expire, 0, 1},
    {"401", FaultKind::Status, 401, -1},
    {"403gated", FaultKind::Gated, 0, -1},
    {"404one", FaultKind::NotFound, 0, -1},
    {"416", FaultKind::Range416, 0, -1},
    {"redirloop", FaultKind::RedirectLoop, 0, -1},
    {"hops", FaultKind::Hops, 10, -1},
    {"xredir", FaultKind::Redirect, 0, -1},
    {"etag", FaultKind::ETag, 0, -1},
    {"commit", FaultKind::Commit, 0, -1},
    {"commitmix", FaultKind::Commit, 0, -1},
    {"linkedsize", FaultKind::LinkedSize, 12, -1},
    {"portal", FaultKind::Portal, 0, -1},
    {"close-idle", FaultKind::CloseIdle, 0, -1},
    {"connclose", FaultKind::ConnectionClose, 0, -1},
    {"date-skew", FaultKind::DateSkew, 0, -1},
    {"hints", FaultKind::EarlyHints, 0, -1},
    {"hugehdr", FaultKind::HugeHeader, 100'000, -1},
    {"badhdr", FaultKind::BadHeader, 0, -1},
    {"http10", FaultKind::Http10, 0, -1},
    {"infpages", FaultKind::EndlessPages, 0, -1},
    {"samecursor", FaultKind::SameCursor, 0, -1},
    {"emptypages", FaultKind::EmptyPages, 0, -1},
    {"linkleak", FaultKind::LinkNext, 0, -1},
    {"deepjson", FaultKind::DeepJson, 200'000, -1},
    {"bigjson", FaultKind::BigJson, 100'000'000, -1},
    {"json", FaultKind::Json, 0, -1},
    {"sizemix", FaultKind::Size, 10, -1},
}};

const Word& find_word(std::string_view name) {
  const auto matches = [&](const Word& word) { return word.name == name; };
  if (const auto* found = std::find_if(kWords.begin(), kWords.end(), matches); found != kWords.end()) return *found;
  throw std::invalid_argument("unknown fault: " + std::string(name));
}

}  // namespace

Fault Fault::parse(const std::string& text) {
  const auto colon = text.find(':');
  std::string argument = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  std::string head = text.substr(0, colon);
  Fault fault;
  std::string& last = colon == std::string::npos ? head : argument;
  const auto star = last.rfind('*');
  const bool has_times =
      star != std::string::npos && star + 1 < last.size() && last.find_first_not_of("0123456789", star + 1) == std::string::npos;
  if (has_times) {
    fault.times = std::atoi(last.c_str() + star + 1);
    last.resize(star);
  }
  const Word& word = find_word(head);
  fault.kind = word.kind;
  fault.n = word.n;
  fault.text = head == "commitmix" ? kOtherCommit : argument;
  if (!argument.empty() && argument.find_first_not_of("0123456789") == std::string::npos)
    fault.n = std::strtoull(argument.c_str(), nullptr, 10);
  if (!has_times) fault.times = word.kind == FaultKind::Error5xx ? static_cast<int>(fault.n) : word.times;
  return fault;
}

}  // namespace larder::test
