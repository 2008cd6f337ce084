#include "net/body_sink.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace larder::net {
namespace {

// Also what a header's promise is worth: no more memory than this before the bytes come.
constexpr std::size_t kTextPart = 1024 * 1024;

}  // namespace

BodySink::BodySink(BufferPool& pool, Clock& clock, OnPiece on_piece) : pool_(pool), clock_(clock), on_piece_(std::move(on_piece)) {}

void BodySink::open(BodyUse use, std::uint64_t limit, std::uint64_t expected) {
  use_ = use;
  limit_ = limit;
  if (use != BodyUse::Stream) text_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>({expected, limit, kTextPart})));
}

BodySink::Verdict BodySink::take(std::span<const char> bytes) {
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(limit_ - bytes_, bytes.size()));
  const std::span<const char> wanted = bytes.first(room);
  if (use_ != BodyUse::Stream) {
    append_text(wanted);
  } else if (!fill_pieces(wanted)) {
    return Verdict::Starved;
  }
  if (use_ != BodyUse::Stream) bytes_ += wanted.size();
  if (room == bytes.size()) return Verdict::Taken;
  return use_ == BodyUse::Excerpt ? Verdict::Enough : Verdict::TooLong;
}

// In parts: one string that grew to 64 MiB by doubling would leave as much again behind in the heap, and a body without end could take
// three times its limit (I9).
void BodySink::append_text(std::span<const char> bytes) {
  while (!bytes.empty()) {
    if (text_.size() == kTextPart) {
      parts_.push_back(std::exchange(text_, {}));
      text_.reserve(kTextPart);
    }
    const std::size_t count = std::min(kTextPart - text_.size(), bytes.size());
    text_.append(bytes.data(), count);
    bytes = bytes.subspan(count);
  }
}

// Each part goes as soon as it is copied.
std::string BodySink::take_text() {
  if (parts_.empty()) return std::move(text_);
  std::string whole;
  whole.reserve(parts_.size() * kTextPart + text_.size());
  for (std::string& part : parts_) whole += std::exchange(part, {});
  parts_.clear();
  return whole += std::exchange(text_, {});
}

// All or nothing: whoever offers bytes offers all of them again after Starved.
bool BodySink::fill_pieces(std::span<const char> bytes) {
  std::vector<BufferRef> fresh;
  std::size_t space = piece_ ? piece_->space().size() : 0;
  while (space < bytes.size()) {
    fresh.push_back(pool_.try_take());
    if (!fresh.back()) {
      flush();  // a piece that waits half full for others to become free could wait for itself
      return false;
    }
    space += fresh.back()->space().size();
  }
  auto next = fresh.begin();
  while (!bytes.empty()) {
    if (!piece_) piece_ = *next++;
    if (piece_->used() == 0) piece_began_ = clock_.now();
    const std::size_t count = std::min(piece_->space().size(), bytes.size());
    std::memcpy(piece_->space().data(), bytes.data(), count);
    piece_->grow(count);
    bytes_ += count;
    bytes = bytes.subspan(count);
    if (piece_->full()) flush();
  }
  return true;
}

void BodySink::flush() {
  if (!piece_ || piece_->used() == 0) return;
  const std::uint64_t offset = bytes_ - piece_->used();
  on_piece_(offset, std::exchange(piece_, nullptr));
}

void BodySink::flush_older_than(SteadyTime moment) {
  if (piece_ && piece_->used() > 0 && piece_began_ < moment) flush();
}

bool BodySink::prepare() {
  if (use_ != BodyUse::Stream || piece_) return true;
  piece_ = pool_.try_take();
  return piece_ != nullptr;
}

}  // namespace larder::net
