#include "support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace larder::test {

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("can't connect");
}

RawClient::~RawClient() { ::close(fd_); }

void RawClient::send(const std::string& bytes) const {
  if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("can't send");
}

bool RawClient::read_more() {
  char piece[65536];
  const ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
  if (got < 0 && errno == ECONNRESET) was_reset_ = true;
  if (got > 0) buffer_.append(piece, static_cast<std::size_t>(got));
  return got > 0;
}

std::string RawClient::read_all() {
  while (read_more()) {
  }
  return std::exchange(buffer_, {});
}

std::string RawClient::read_answer(bool has_body) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return std::exchange(buffer_, {});
  }
  std::size_t whole = end + 4;
  const auto at = buffer_.find("Content-Length: ");
  if (has_body && at < end) whole += static_cast<std::size_t>(std::strtoull(buffer_.c_str() + at + 16, nullptr, 10));
  while (buffer_.size() < whole && read_more()) {
  }
  std::string answer = buffer_.substr(0, whole);
  buffer_.erase(0, whole);
  return answer;
}

}  // namespace larder::test
