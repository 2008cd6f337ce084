// FaultyBody: the answer to a GET of a file, with one fault in it.
#pragma once

#include "support/fault.hpp"
#include "support/reply.hpp"

namespace larder::test {

/// [begin, end) that a request asks of `size` bytes; all of them without a (satisfiable, single) Range.
struct Slice {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool is_range = false;
};
Slice asked_slice(const ReceivedRequest& request, std::uint64_t size);

/// Lives for one answer.
class FaultyBody {
 public:
  /// `headers`: those of a right answer but for length and range.
  FaultyBody(const ReceivedRequest& request, Reply& reply, Body body, HeaderList headers);
  /// Answers with `fault`; `use`: how often it has struck before. Kinds that are no faults of bodies give the right answer.
  void answer(const Fault& fault, int use);

 private:
  void start(int status, std::uint64_t length, const std::string& content_range);
  void start_right(std::uint64_t length_change = 0);
  std::string content_range(std::uint64_t begin, std::uint64_t end) const;
  void good();
  void wrong();
  void extra();
  void cut_short();
  void endless();
  void gzip_bomb();
  void chunked();
  void chunk_bad();
  void chunk_huge();
  void chunk_without_end();
  void cut();
  void cut_swap();
  void cut_200();
  void slice_200();
  void bad_range();
  void lying_range();
  void short_range();
  void no_range();
  void star_range();
  void wrong_total();
  void multipart();
  void full_206();
  void stall();
  void stall_at();
  void stall_before(std::uint64_t position);
  void trickle();
  void body_503();
  void range_416();
  [[nodiscard]] std::uint64_t point() const;

  const ReceivedRequest& request_;
  Reply& reply_;
  Body body_;
  HeaderList headers_;
  Slice slice_;
  Fault fault_;
  int use_ = 0;
};

/// What `n` of a fault means where it stands for "the middle".
inline constexpr std::uint64_t kMiddle = ~std::uint64_t{0};

}  // namespace larder::test
