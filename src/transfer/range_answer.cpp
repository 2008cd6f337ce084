#include "transfer/range_answer.hpp"

#include "base/text.hpp"

#include "net/field_text.hpp"

#include <algorithm>

namespace larder::transfer {

namespace {

/// Content-Length; nullopt when absent (chunked, N10) or no number.
std::optional<std::uint64_t> content_length(const net::ResponseHead& head) {
  const auto text = head.headers.find("Content-Length");
  return text ? net::parse_digits(*text) : std::nullopt;
}

/// A server may send less than it was asked for, but one that sends a byte at a time would be asked for ever, each time with progress.
constexpr std::uint64_t kLeastAnswer = 64 * 1024;

std::optional<ContentRange> content_range(const net::ResponseHead& head) {
  const auto text = head.headers.find("Content-Range");
  return text ? parse_content_range(*text) : std::nullopt;
}

Judgement judge_partial(const net::ResponseHead& head, const ByteRange& asked, std::uint64_t size) {
  const auto said = content_range(head);
  if (!said || !said->range) return {Verdict::BadRange, {}};
  if (said->total && *said->total != size) return {Verdict::OtherSize, {}};
  // An unknown total ("/*") could hide another file: T30 wants it said.
  if (!said->total || said->range->begin != asked.begin || said->range->end > asked.end) return {Verdict::BadRange, {}};
  if (said->range->size() < std::min(asked.size(), kLeastAnswer)) return {Verdict::BadRange, {}};
  const auto length = content_length(head);
  if (length && *length != said->range->size()) return {Verdict::BadRange, {}};
  return {Verdict::Accept, *said->range};
}

Judgement judge_whole(const net::ResponseHead& head, std::uint64_t size) {
  const auto length = content_length(head);
  if (length && *length != size) return {Verdict::OtherSize, {}};
  return {Verdict::WholeBody, {0, size}};
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  text = net::trim_blanks(text);
  if (text.size() < kUnit.size() || !equals_ignoring_case(text.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  ContentRange result;
  if (const std::string_view total = text.substr(slash + 1); total != "*") {
    result.total = net::parse_digits(total);
    if (!result.total) return std::nullopt;
  }
  const std::string_view span = text.substr(0, slash);
  if (span == "*") return result;
  const std::size_t dash = span.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = net::parse_digits(span.substr(0, dash));
  const auto last = net::parse_digits(span.substr(dash + 1));
  if (!first || !last || *last < *first || *last == UINT64_MAX) return std::nullopt;
  result.range = ByteRange{*first, *last + 1};
  if (result.total && result.range->end > *result.total) return std::nullopt;
  return result;
}

Judgement judge_answer(const net::ResponseHead& head, const std::optional<ByteRange>& asked, std::uint64_t size) {
  switch (head.status) {
    case 200:
      // A server that answers 200 with the slice says so in Content-Range, which decides (T31).
      if (asked && head.headers.find("Content-Range")) return judge_partial(head, *asked, size);
      return judge_whole(head, size);
    case 206: {
      const Judgement partial = judge_partial(head, asked.value_or(ByteRange{0, size}), size);
      // Nobody asked for a range: only all of it will do (N28).
      if (!asked && partial.verdict == Verdict::Accept && partial.range.size() != size) return {Verdict::BadRange, {}};
      return partial;
    }
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return {Verdict::Redirect, {}};
    case 416:
      return {Verdict::NotThere, {}};
    default:
      return {Verdict::Failure, {}};
  }
}

}  // namespace larder::transfer
