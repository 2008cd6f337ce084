// Piece: a stretch of downloaded bytes on its way from the network to the disk and to the digest.
#pragma once

#include <larder/base/buffer_pool.hpp>

#include <cstdint>

namespace larder::transfer {

/// One opening of one large file in a run; never used twice, so late events of a closed file find nobody.
using FileId = std::uint64_t;

/// `size` bytes from `begin` in a pooled buffer. Shared, because disk and digest read the same buffer and the last one gives it back.
struct Piece {
  BufferRef buffer;
  std::size_t begin = 0;
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> bytes() const { return buffer->data().subspan(begin, size); }
  [[nodiscard]] Piece part(std::size_t offset, std::size_t count) const { return {buffer, begin + offset, count}; }
};

/// Where workers run. Inline: on the caller's thread, at the moment of asking: one order of events, for tests and single-threaded hosts.
enum class WorkerMode : std::uint8_t { Threads, Inline };

}  // namespace larder::transfer
