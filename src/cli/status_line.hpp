// StatusLine: stderr as a person sees it: lines that stay, and below them a block that is redrawn.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace larder::cli {

/// What a terminal can do.
struct Screen {
  bool is_terminal = false;
  bool has_color = false;
  int columns = 0;  ///< fixed width; 0: ask the terminal each time
};

/// Writes to a descriptor it does not own; failures are ignored (there is nobody left to tell). Thread: one.
class StatusLine {
 public:
  StatusLine(int fd, Screen screen) : fd_(fd), screen_(screen) {}
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  ~StatusLine() { clear(); }

  /// A line that stays; a drawn block is taken away first.
  void print(std::string_view line);
  /// Replaces the block by these lines, each cut to the width.
  void draw(const std::vector<std::string>& lines);
  /// Takes the block away.
  void clear();
  /// Columns of the terminal at this moment, at least 20.
  [[nodiscard]] int width() const;
  [[nodiscard]] const Screen& screen() const { return screen_; }

 private:
  /// Rows of the terminal; as many as one likes where that is not known.
  [[nodiscard]] std::size_t height() const;
  void write(std::string_view text) const;
  [[nodiscard]] std::string take_away() const;
  int fd_;
  Screen screen_;
  std::size_t drawn_ = 0;  // lines of the block on the screen
};

/// The first `columns` columns of UTF-8 text. Colour sequences take none and are closed if the cut falls behind one.
std::string cut_to_width(std::string_view text, int columns);

}  // namespace larder::cli
