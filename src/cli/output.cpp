#include "cli/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace larder::cli {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

/// stdout may be a non-blocking pipe that a parent made; waiting is then ours.
void wait_writable(int fd) {
  pollfd entry{fd, POLLOUT, 0};
  (void)::poll(&entry, 1, -1);
}

/// 0, or the errno that ended it.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(fd, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      wait_writable(fd);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

bool takes_text_now(int fd) {
  pollfd entry{fd, POLLOUT, 0};
  return ::poll(&entry, 1, 0) == 1;
}

void Output::write(std::string_view text) {
  if (failed()) return;
  buffer_ += text;
  if (buffer_.size() >= kPiece) flush();
}

void Output::flush() {
  if (!failed()) error_ = write_all(fd_, buffer_);
  buffer_.clear();
}

Result<void> Output::finish() {
  flush();
  if (!failed()) return {};
  if (error_ != EPIPE) {
    Error error = os_error(error_, "stdout");
    error.hint = "the results could not be written where stdout leads";
    return fail(std::move(error));
  }
  Error error;
  error.code = ErrorCode::Interrupted;
  error.signal = SIGPIPE;
  error.message = "stdout was closed by its reader";
  return fail(std::move(error));
}

void open_closed_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // A result that nobody can get is no success: writing to this stdout fails. Messages are lost without harm.
    const int mode = fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;
    (void)::open("/dev/null", mode);  // the lowest free number is `fd` itself
  }
}

}  // namespace larder::cli
