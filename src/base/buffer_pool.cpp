#include <larder/base/buffer_pool.hpp>

#include <algorithm>
#include <utility>

namespace larder {
namespace {

constexpr std::size_t kFewest = 2;

}  // namespace

BufferPool::BufferPool(std::uint64_t max_bytes)
    : most_(static_cast<std::size_t>(std::max<std::uint64_t>(kFewest, max_bytes / kPiece))), limit_(most_) {
  free_.reserve(most_);  // giving back must not allocate: it happens in destructors
}

BufferRef BufferPool::try_take() {
  std::unique_ptr<Buffer> piece;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      piece = std::move(free_.back());  // the one used last: its pages are warm
      free_.pop_back();
    } else if (made_ < limit_) {
      piece = std::make_unique<Buffer>(kPiece);
      ++made_;
    } else {
      starved_ = true;
      return nullptr;
    }
    ++out_;
  }
  return {piece.release(), [this](Buffer* buffer) { give_back(std::unique_ptr<Buffer>(buffer)); }};
}

std::size_t BufferPool::pieces() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

void BufferPool::set_aside(std::uint64_t bytes) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    const auto aside = static_cast<std::size_t>(std::min<std::uint64_t>((bytes + kPiece - 1) / kPiece, most_));
    limit_ = std::max(kFewest, most_ - aside);
    while (made_ > limit_ && !free_.empty()) {
      free_.pop_back();
      --made_;
    }
    if (made_ < limit_ && std::exchange(starved_, false)) wake = on_free_;
  }
  if (wake) wake();
}

void BufferPool::on_free(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_free_ = std::move(callback);
}

std::size_t BufferPool::in_use() const {
  const std::lock_guard lock(mutex_);
  return out_;
}

void BufferPool::give_back(std::unique_ptr<Buffer> buffer) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    buffer->clear();
    --out_;
    if (made_ > limit_) {
      --made_;  // its memory was set aside meanwhile
    } else {
      free_.push_back(std::move(buffer));
      if (std::exchange(starved_, false)) wake = on_free_;
    }
  }
  if (wake) wake();  // without the lock: the callback may take a piece
}

}  // namespace larder
