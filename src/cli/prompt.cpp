#include "cli/prompt.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace larder::cli {
namespace {

constexpr std::size_t kLongestInput = 64 * 1024;
constexpr int kLookUp = 100;  // milliseconds between two looks at the cancel token: a read would sit out a signal

/// Turns the echo off for its own lifetime.
class SilentTerminal {
 public:
  SilentTerminal() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    is_set_ = true;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (!is_set_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    (void)!::write(STDERR_FILENO, "\n", 1);  // the one the user typed was not shown
  }

 private:
  termios before_{};
  bool is_set_ = false;
};

/// Some bytes; 0 at the end of the input.
Result<std::size_t> read_some(std::array<char, 4096>& piece, std::size_t most, const CancelToken& cancel) {
  while (!cancel.is_cancelled()) {
    pollfd entry{STDIN_FILENO, POLLIN, 0};
    if (::poll(&entry, 1, kLookUp) == 0) continue;
    const auto count = ::read(STDIN_FILENO, piece.data(), std::min(most, piece.size()));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN) return fail_os(errno, "stdin");
  }
  return fail(cancel.error());
}

}  // namespace

Result<std::optional<std::string>> ask(std::string_view question, Echo echo, const CancelToken& cancel) {
  std::optional<SilentTerminal> silent;
  if (echo == Echo::Off) silent.emplace();
  (void)!::write(STDERR_FILENO, question.data(), question.size());
  std::string answer;
  std::array<char, 4096> piece{};
  while (answer.size() < kLongestInput) {
    const auto count = read_some(piece, 1, cancel);
    const bool is_ended = count && *count == 0 && answer.empty();
    if ((!count || is_ended) && echo == Echo::On) (void)!::write(STDERR_FILENO, "\n", 1);  // ^C and ^D leave the cursor behind the question
    if (!count) return fail(count.error());
    if (is_ended) return std::nullopt;
    if (*count == 0 || piece[0] == '\n') break;
    answer += piece[0];
  }
  return std::optional(std::move(answer));
}

Result<std::string> read_stdin(const CancelToken& cancel) {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    LARDER_TRY(const auto count, read_some(piece, piece.size(), cancel));
    if (count == 0) return text;
    text.append(piece.data(), count);
    if (text.size() > kLongestInput) return fail(ErrorCode::InvalidArgument, "stdin: longer than any token");
  }
}

}  // namespace larder::cli
