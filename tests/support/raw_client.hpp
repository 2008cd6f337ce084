// RawClient: a socket that says exactly what a test wants, to check the test servers themselves.
#pragma once

#include <cstdint>
#include <string>

namespace larder::test {

/// Plain http to 127.0.0.1. Thread: one.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  void send(const std::string& bytes) const;
  /// Reads until the peer closes. `was_reset` tells a RST from a FIN.
  std::string read_all();
  /// Reads a head and a body of the length that it names (a HEAD's body is none).
  std::string read_answer(bool has_body = true);
  [[nodiscard]] bool was_reset() const { return was_reset_; }

 private:
  bool read_more();
  int fd_;
  bool was_reset_ = false;
  std::string buffer_;
};

}  // namespace larder::test
