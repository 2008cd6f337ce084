#include <larder/base/buffer_pool.hpp>

#include <algorithm>
#include <utility>

namespace larder {

BufferPool::BufferPool(std::uint64_t max_bytes) : limit_(static_cast<std::size_t>(std::max<std::uint64_t>(2, max_bytes / kPiece))) {
  free_.reserve(limit_);  // giving back must not allocate: it happens in destructors
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
    free_.push_back(std::move(buffer));
    --out_;
    if (std::exchange(starved_, false)) wake = on_free_;
  }
  if (wake) wake();  // without the lock: the callback may take a piece
}

}  // namespace larder
