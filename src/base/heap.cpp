#include "base/heap.hpp"

#include <larder/base/buffer_pool.hpp>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace larder {

// Once set, glibc no longer raises the limit by itself to the largest block that was ever freed.
void set_up_heap() noexcept {
#if defined(__GLIBC__)
  (void)::mallopt(M_MMAP_THRESHOLD, static_cast<int>(BufferPool::kPiece));
  (void)::mallopt(M_TRIM_THRESHOLD, static_cast<int>(8 * BufferPool::kPiece));  // the receive buffers come and go at the end of the heap
#endif
}

void trim_heap() noexcept {
#if defined(__GLIBC__)
  (void)::malloc_trim(0);
#endif
}

}  // namespace larder
