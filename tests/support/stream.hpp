// Stream: one accepted connection, plain or TLS, with the rude ways of ending it that tests need.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

struct ssl_st;      // SSL
struct ssl_ctx_st;  // SSL_CTX

namespace larder::test {

/// Owns the socket. One thread uses it; `interrupt` may come from another.
class Stream {
 public:
  explicit Stream(int fd) noexcept;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// First byte the client sent, without taking it; nullopt when it left. Blocks.
  std::optional<unsigned char> peek() const;
  /// The server's half of a handshake. False: it failed.
  bool accept_tls(ssl_ctx_st* context);
  [[nodiscard]] bool is_tls() const { return ssl_ != nullptr; }

  /// Bytes read; 0: the client closed, was reset, or `interrupt`. Blocks.
  std::size_t read_some(std::span<char> into);
  /// False: the client is gone.
  bool write_all(std::string_view bytes);

  /// FIN after what was written (with close_notify on TLS).
  void close_clean();
  /// RST: what is not read yet is lost for the client.
  void close_reset();
  /// Wakes a blocked read or write; both fail from now on. Thread: any.
  void interrupt();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  struct SslFree {
    void operator()(ssl_st* ssl) const noexcept;
  };
  void close_socket();

  std::mutex lock_;  // `fd_` is closed by its own thread while another may interrupt it
  int fd_;
  std::unique_ptr<ssl_st, SslFree> ssl_;
};

}  // namespace larder::test
