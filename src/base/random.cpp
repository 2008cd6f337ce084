#include <larder/base/random.hpp>

#include "base/hex.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <stdexcept>

namespace larder {
namespace {

class SystemRandom final : public Random {
 public:
  std::uint64_t next() override {
    std::uint64_t value = 0;
    while (::getrandom(&value, sizeof value, 0) != static_cast<ssize_t>(sizeof value)) {
      // Requests up to 256 bytes are never cut short once the generator is seeded; only a signal during early boot can interrupt.
      if (errno != EINTR) throw std::runtime_error("the kernel gives no random numbers");
    }
    return value;
  }
};

}  // namespace

std::string Random::hex8() {
  const std::uint64_t value = next();
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &value, bytes.size());
  return to_hex(bytes);
}

std::unique_ptr<Random> make_system_random() { return std::make_unique<SystemRandom>(); }

}  // namespace larder
