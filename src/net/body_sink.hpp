// BodySink: where the body of one answer goes: into pieces of the pool, or into a string.
#pragma once

#include <larder/base/buffer_pool.hpp>
#include <larder/base/clock.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace larder::net {

enum class BodyUse : std::uint8_t {
  Stream,   ///< pieces of the pool; over the limit is an error
  Collect,  ///< a string; over the limit is an error
  Excerpt,  ///< a string; what is over the limit is left unread (T35)
};

/// Takes the bytes of one body in the order they come. Thread: one.
class BodySink {
 public:
  /// Hears of each piece that is handed on; `offset` is that of its first byte.
  using OnPiece = std::function<void(std::uint64_t offset, BufferRef piece)>;

  enum class Verdict : std::uint8_t {
    Taken,    ///< all of it
    Starved,  ///< nothing of it: no piece is free; offer the same bytes again
    Enough,   ///< the limit is reached, nothing more is wanted
    TooLong,  ///< the bytes up to the limit were taken, then there was one more (T21)
  };

  BodySink(BufferPool& pool, Clock& clock, OnPiece on_piece);

  /// Before the first byte. `expected`: the length the answer announced; a string gets its memory at once and no more than that.
  void open(BodyUse use, std::uint64_t limit, std::uint64_t expected = 0);
  Verdict take(std::span<const char> bytes);
  /// Hands on what the last piece holds.
  void flush();
  /// The same if its first byte came before `moment`, so that slow links show progress.
  void flush_older_than(SteadyTime moment);
  /// Gets a piece ahead of an offer, so that the offer won't starve. False: none is free.
  bool prepare();

  /// Bytes taken so far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// The collected body.
  std::string take_text();

 private:
  bool fill_pieces(std::span<const char> bytes);
  void append_text(std::span<const char> bytes);

  BufferPool& pool_;
  Clock& clock_;
  OnPiece on_piece_;
  BodyUse use_ = BodyUse::Excerpt;
  std::uint64_t limit_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<std::string> parts_;  // of a long text, what came before `text_`
  std::string text_;
  BufferRef piece_;
  SteadyTime piece_began_;
};

}  // namespace larder::net
