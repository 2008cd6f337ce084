// What is written to a descriptor, as text.
#pragma once

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <string>

namespace larder::cli {

/// A file in memory that stands in for stdout or stderr.
class Captured {
 public:
  Captured() : fd_(::memfd_create("captured", MFD_CLOEXEC)) {}
  [[nodiscard]] int fd() const { return fd_.value(); }
  [[nodiscard]] std::string text() const {
    std::string result;
    std::array<char, 4096> piece{};
    for (off_t at = 0;;) {
      const auto count = ::pread(fd_.value(), piece.data(), piece.size(), at);
      if (count <= 0) return result;
      result.append(piece.data(), static_cast<std::size_t>(count));
      at += count;
    }
  }

 private:
  UniqueFd fd_;
};

}  // namespace larder::cli
