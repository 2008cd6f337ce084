// Reply: what a handler of the loopback server answers with, from whole answers down to single wrong bytes.
#pragma once

#include "support/body.hpp"
#include "support/http_message.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace larder::test {

class Gate;
class Stream;

/// The answer to one request. After a close, or when the client has left, every call does nothing. Thread: the connection's own.
class Reply {
 public:
  Reply(Stream& stream, Gate& gate, const ReceivedRequest& request);
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  // --- Whole answers, right framing. HEAD leaves the body out.

  /// Status, fields, Content-Length and body.
  void send(int status, const HeaderList& headers = {}, std::string_view body = {});
  void send_json(std::string_view json, HeaderList headers = {}, int status = 200);
  /// `body` with Accept-Ranges; 206 with Content-Range when one range is asked for, 416 when none is satisfiable.
  void send_file(const Body& body, const HeaderList& headers = {});
  /// A redirect with an empty body.
  void redirect(int status, const std::string& location, HeaderList headers = {});

  // --- Piece by piece, framing as you say.

  /// Status line and these fields, nothing added, then the empty line.
  void head(int status, const HeaderList& headers);
  /// Bytes as they are; not counted as body.
  void raw(std::string_view bytes);
  /// [begin, end) of `body`, counted as body bytes.
  void body(const Body& body, std::uint64_t begin, std::uint64_t end);
  void body(std::string_view bytes);
  /// One chunk of a chunked body (counted), its terminator.
  void chunk(std::string_view bytes);
  void end_chunks();

  /// FIN: the answer ends here, the connection too.
  void close();
  /// RST.
  void reset();
  /// Waits until `LoopbackServer::release_stalls`, the end of the server, or the client's leaving.
  void stall();
  /// The same, at most `at_most`: between the bytes of a trickle.
  void pause(std::chrono::milliseconds at_most);
  /// Answers as HTTP/1.0 from now on.
  void use_http10() { version_ = "HTTP/1.0"; }
  /// Sends "Connection: close" with whole answers and closes after them (N42).
  void close_after() { closes_ = true; }

  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] bool closes() const { return closes_ || !is_open_; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  Stream& stream_;
  Gate& gate_;
  const ReceivedRequest& request_;
  std::string version_ = "HTTP/1.1";
  bool is_open_ = true;
  bool closes_ = false;
  int status_ = 0;
  std::uint64_t body_bytes_ = 0;
};

/// The usual words for a status: "Not Found".
std::string_view reason_phrase(int status);

}  // namespace larder::test
