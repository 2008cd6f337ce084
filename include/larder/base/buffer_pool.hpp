// BufferPool: the fixed pieces of memory that downloaded bytes travel in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace larder {

/// One piece: `capacity` bytes, of which `used` hold data. Written by one thread, then read by several.
class Buffer {
 public:
  explicit Buffer(std::size_t capacity) : bytes_(new std::byte[capacity]), capacity_(capacity) {}
  [[nodiscard]] std::span<std::byte> space() { return {bytes_.get() + used_, capacity_ - used_}; }
  [[nodiscard]] std::span<const std::byte> data() const { return {bytes_.get(), used_}; }
  void grow(std::size_t count) { used_ += count; }
  void clear() { used_ = 0; }
  [[nodiscard]] bool full() const { return used_ == capacity_; }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::unique_ptr<std::byte[]> bytes_;  // not a vector: the pages stay untouched until they are written
  std::size_t capacity_;
  std::size_t used_ = 0;
};

/// Shared, because the disk worker and the digest worker read the same piece and the last one gives it back.
using BufferRef = std::shared_ptr<Buffer>;

/// A counted set of equal pieces. Nobody allocates past `max_bytes`: an empty pool means "pause the network".
/// Thread: any. The pool must outlive its pieces.
class BufferPool {
 public:
  static constexpr std::size_t kPiece = 256 * 1024;  // measured: 64–256 KiB cost half the CPU of 1 MiB (engine.md §3)

  /// At least two pieces, at most max_bytes of them.
  explicit BufferPool(std::uint64_t max_bytes);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// An empty piece, or null when all are in use.
  [[nodiscard]] BufferRef try_take();
  /// Called (in the thread that gives back) when a piece became free after try_take() had failed.
  void on_free(std::function<void()> callback);
  /// Pieces there may be now.
  [[nodiscard]] std::size_t pieces() const;
  /// Leaves `bytes` of the pool's memory to others, so that one ceiling holds for both; 0 takes it back. Two pieces stay in any case.
  /// Pieces that are out are waited for: until they are back, both together may be over the ceiling.
  void set_aside(std::uint64_t bytes);
  /// Pieces out at this moment.
  [[nodiscard]] std::size_t in_use() const;

 private:
  void give_back(std::unique_ptr<Buffer> buffer);
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Buffer>> free_;
  std::function<void()> on_free_;
  const std::size_t most_;
  std::size_t limit_;  // most_, less what is set aside
  std::size_t made_ = 0;
  std::size_t out_ = 0;
  bool starved_ = false;
};

}  // namespace larder
