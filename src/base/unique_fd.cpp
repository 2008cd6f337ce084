#include "base/unique_fd.hpp"

#include <unistd.h>

namespace larder {

void UniqueFd::reset() noexcept {
  // close() is not tried again after EINTR: on Linux the descriptor is gone already and may belong to another thread.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace larder
