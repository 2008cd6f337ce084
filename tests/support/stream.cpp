#include "support/stream.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace larder::test {

Stream::Stream(int fd) noexcept : fd_(fd) {}

Stream::~Stream() {
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
}

void Stream::SslFree::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

std::optional<unsigned char> Stream::peek() const {
  unsigned char byte = 0;
  ssize_t got = 0;
  do {
    got = ::recv(fd_, &byte, 1, MSG_PEEK);
  } while (got < 0 && errno == EINTR);
  if (got != 1) return std::nullopt;
  return byte;
}

bool Stream::accept_tls(ssl_ctx_st* context) {
  ssl_.reset(SSL_new(context));
  SSL_set_fd(ssl_.get(), fd_);
  return SSL_accept(ssl_.get()) == 1;
}

std::size_t Stream::read_some(std::span<char> into) {
  if (fd_ < 0) return 0;
  if (ssl_) {
    const int got = SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  ssize_t got = 0;
  do {
    got = ::recv(fd_, into.data(), into.size(), 0);
  } while (got < 0 && errno == EINTR);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool Stream::write_all(std::string_view bytes) {
  while (!bytes.empty() && fd_ >= 0) {
    const std::size_t piece = std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max());
    const ssize_t sent =
        ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(piece)) : ::send(fd_, bytes.data(), piece, MSG_NOSIGNAL);
    if (sent < 0 && !ssl_ && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return bytes.empty();
}

void Stream::close_clean() {
  if (fd_ < 0) return;
  if (ssl_) SSL_shutdown(ssl_.get());
  ::shutdown(fd_, SHUT_WR);
  // Unread request bytes would turn the close into a RST that can overtake the answer: take them first.
  char rest[4096];
  while (::recv(fd_, rest, sizeof rest, MSG_DONTWAIT) > 0) {
  }
  ssl_.reset();
  close_socket();
}

void Stream::close_reset() {
  if (fd_ < 0) return;
  const linger no_wait{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &no_wait, sizeof no_wait);
  if (ssl_) SSL_set_quiet_shutdown(ssl_.get(), 1);
  ssl_.reset();
  close_socket();
}

void Stream::close_socket() {
  const std::lock_guard guard(lock_);
  ::close(fd_);
  fd_ = -1;
}

void Stream::interrupt() {
  const std::lock_guard guard(lock_);
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

}  // namespace larder::test
