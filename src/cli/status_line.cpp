#include "cli/status_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "base/utf8.hpp"
#include "cli/text_width.hpp"

namespace larder::cli {
namespace {

constexpr int kNarrowest = 20;
constexpr int kUsual = 80;

/// Bytes of the colour sequence that `text` begins with; 0: none.
std::size_t color_length(std::string_view text) {
  if (text.substr(0, 2) != "\x1b[") return 0;
  const auto end = text.find('m');
  return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

std::string cut_to_width(std::string_view text, int columns) {
  std::string result;
  int used = 0;
  bool has_color = false;
  while (!text.empty()) {
    if (const auto length = color_length(text); length > 0) {
      has_color = true;
      result += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    const auto point = next_code_point(text);
    used += columns_of(point.value);
    if (used > columns) return has_color ? result + "\x1b[0m" : result;
    result += text.substr(0, point.length);
    text.remove_prefix(point.length);
  }
  return result;
}

int StatusLine::width() const {
  if (screen_.columns > 0) return std::max(screen_.columns, kNarrowest);
  winsize size{};
  // Asked each time: cheaper than a SIGWINCH handler at ten redraws a second.
  if (::ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return std::max<int>(size.ws_col, kNarrowest);
}

std::size_t StatusLine::height() const {
  winsize size{};
  if (::ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return SIZE_MAX;
  return size.ws_row;
}

void StatusLine::write(std::string_view text) const {
  while (!text.empty()) {
    const auto count = ::write(fd_, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string StatusLine::take_away() const {
  std::string codes;
  for (std::size_t line = 0; line < drawn_; ++line) codes += line == 0 ? "\r\x1b[K" : "\x1b[1A\x1b[K";
  return codes;
}

void StatusLine::print(std::string_view line) {
  write(take_away() + std::string(line) + "\n");
  drawn_ = 0;
}

void StatusLine::draw(const std::vector<std::string>& lines) {
  std::string text = take_away();
  const int columns = width() - 1;  // a full last column would make some terminals wrap
  // What scrolled off the top can't be taken away again: the last lines are the important ones.
  const auto first = lines.size() - std::min(lines.size(), height());
  for (std::size_t at = first; at < lines.size(); ++at) text += (at == first ? "" : "\n") + cut_to_width(lines[at], columns);
  write(text);
  drawn_ = lines.size() - first;
}

void StatusLine::clear() {
  if (drawn_ == 0) return;
  write(take_away());
  drawn_ = 0;
}

}  // namespace larder::cli
