// What an answer to a body request means: taken, followed or refused, by its status and headers alone (T30, T31, N25, N28). Pure.
#pragma once

#include <larder/base/byte_size.hpp>
#include <larder/net/http.hpp>

#include <optional>
#include <string_view>

namespace larder::transfer {

/// "bytes 0-99/1000" or "bytes */1000".
struct ContentRange {
  std::optional<ByteRange> range;      ///< nullopt for "*"
  std::optional<std::uint64_t> total;  ///< nullopt for "*"
};
/// nullopt: another unit, no digits, an end before its begin, a range beyond the total.
std::optional<ContentRange> parse_content_range(std::string_view text);

enum class Verdict {
  Accept,     ///< the body is `range` of the file
  WholeBody,  ///< the range was ignored, the body is the whole file: fine from offset 0, else the file starts anew as one stream (T31)
  BadRange,   ///< another range than asked, one that is hardly any of it, or one nobody asked for: drop this answer (T30, N28)
  OtherSize,  ///< it says that the file has another size than the tree (N35)
  NotThere,   ///< 416: there is nothing at that offset (N25)
  Redirect,   ///< 301, 302, 303, 307, 308
  Failure,    ///< any other status
};
struct Judgement {
  Verdict verdict = Verdict::Failure;
  ByteRange range;  ///< for Accept
};

/// `asked`: nullopt: the whole file was asked for. `size`: the file's, from the tree.
Judgement judge_answer(const net::ResponseHead& head, const std::optional<ByteRange>& asked, std::uint64_t size);

}  // namespace larder::transfer
