// Fault: one way for a Hub to misbehave. The words are those of docs/reliability.md, "Fault scenarios".
#pragma once

#include <cstdint>
#include <string>

namespace larder::test {

/// Where it strikes: at the body of a file (CDN or resolve-cache), at its `resolve` answer, at any answer, or at an API listing.
enum class FaultKind : std::uint8_t {
  // Bodies.
  Good,         ///< none
  Wrong,        ///< the byte at n is flipped, always (default: the middle)
  Extra,        ///< n bytes too many (1), counted by Content-Length
  Short,        ///< FIN n bytes (1) before the end that Content-Length names
  Endless,      ///< no length, bytes without end
  GzipBomb,     ///< Content-Encoding: gzip, small on the wire, large inside
  Chunked,      ///< right, but chunked and without a length
  ChunkBad,     ///< a chunk size that is no number
  ChunkHuge,    ///< a chunk size beyond 64 bits
  ChunkNoTerm,  ///< all bytes, then FIN instead of the last chunk
  Cut,          ///< RST after n body bytes
  CutSwap,      ///< RST in the middle, then other bytes under another ETag
  Cut200,       ///< RST in the middle, then 200 and all bytes for a range
  Slice200,     ///< 200 and only the slice for a range, with Content-Range
  BadRange,     ///< 206 of bytes one further than asked, and says so
  LyingRange,   ///< 206 that says what was asked, but the bytes are one further
  ShortRange,   ///< 206 of half of what was asked, and says so: legal
  NoRange,      ///< 206 without Content-Range
  StarRange,    ///< 206 with total "*"
  WrongTotal,   ///< 206 with a total one too large
  Multipart,    ///< 206 multipart/byteranges
  Full206,      ///< 206 with all bytes where no range was asked
  Stall,        ///< stops after n body bytes
  StallAt,      ///< stops at byte n of the file; a range that ends before it comes whole
  Trickle,      ///< a byte each n milliseconds (1000)
  Body503,      ///< 503 with a body of the right size
  Expire,       ///< the signed URL has run out: 403 from the CDN
  Range416,     ///< 416 to every range
  // Any answer.
  ResetHeader,   ///< RST after n bytes of the head
  StallHeader,   ///< nothing at all
  Limit429,      ///< 429, Retry-After: n seconds
  Limit429Date,  ///< 429, Retry-After as a date n seconds from now
  Limit429Text,  ///< 429, Retry-After: the text
  RateLimit,     ///< 429, ratelimit: "api";r=0;t=n
  Error5xx,      ///< 500, 502, 503, 504 in turn, n times
  Status,        ///< this status, n
  BigError,      ///< 400 with an endless body and terminal escapes in X-Error-Message
  Portal,        ///< 200 text/html: a login page
  CloseIdle,     ///< FIN instead of an answer to every request of a connection but its first
  ConnectionClose,
  DateSkew,    ///< Date ten years ago
  EarlyHints,  ///< 103 and 100 before the answer
  HugeHeader,  ///< one field of n bytes (100,000)
  BadHeader,   ///< a line that is no field
  Http10,
  // Resolve answers.
  Gated,         ///< 401 or 403 with GatedRepo
  NotFound,      ///< 404 EntryNotFound
  RedirectLoop,  ///< to itself
  Hops,          ///< n relative redirects, then the answer
  Redirect,      ///< to this text
  ETag,          ///< ETag and X-Linked-Etag of the endpoint are this text
  Commit,        ///< X-Repo-Commit is this text
  LinkedSize,    ///< X-Linked-Size is n
  // API answers.
  EndlessPages,  ///< every page has a next one
  SameCursor,    ///< the next page is this page
  EmptyPages,    ///< empty pages without end
  LinkNext,      ///< Link: <text>; rel="next"
  DeepJson,      ///< n levels
  BigJson,       ///< n bytes of white space and more; 0: without length and end
  Json,          ///< this text instead of the right one
  Size,          ///< the listing says the file has n bytes
};

struct Fault {
  FaultKind kind = FaultKind::Good;
  std::uint64_t n = 0;
  std::string text;
  int times = -1;  ///< so many answers, then it is over; -1: always

  /// "WORD[:ARGUMENT][*TIMES]", e.g. "cut:1000", "wrong", "5xx:3", "429s:2*4". Throws std::invalid_argument for other words.
  static Fault parse(const std::string& text);
};

}  // namespace larder::test
