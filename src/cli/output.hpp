// Output: stdout for results, buffered, with its failures kept.
#pragma once

#include <larder/base/result.hpp>

#include <string>
#include <string_view>

namespace larder::cli {

/// Collects text and writes it in large pieces to a descriptor it does not own. After the first failure everything is dropped, and
/// `finish` tells what it was. Thread: one.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view text);
  void line(std::string_view text) {
    write(text);
    write("\n");
  }
  /// Writes what is left. Errors: Interrupted by SIGPIPE when the reader went away (L24), DiskFull or IoFailed otherwise (L26).
  Result<void> finish();
  /// Forgets what was not written yet: a half document is worse than none.
  void discard() { buffer_.clear(); }
  [[nodiscard]] bool failed() const { return error_ != 0; }

 private:
  void flush();
  int fd_;
  int error_ = 0;  // errno of the first failed write
  std::string buffer_;
};

/// Could a short text be written there without waiting for its reader?
bool takes_text_now(int fd);

/// Opens /dev/null on each of the descriptors 0–2 that is closed, before anything else may take its number (L27).
void open_closed_streams();

}  // namespace larder::cli
