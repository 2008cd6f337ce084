// JsonCleaner: makes raw JSON bytes fit for a strict parser without losing the rest of a document to one bad string.
#pragma once

#include <string>
#include <string_view>

namespace larder {

/// Passes JSON through and replaces, inside strings only, each byte that is not UTF-8 and each escaped lone surrogate by `\u0000`.
/// No name may hold NUL, so the one bad name is refused where it is used (T3). Fed in pieces of any size. Thread: one at a time.
class JsonCleaner {
 public:
  enum class Piece { More, Last };
  /// Appends what `raw` comes to to `out`; keeps back a few bytes that need their successors unless the piece is the last.
  void feed(std::string_view raw, Piece piece, std::string& out);

 private:
  std::size_t step_in_string(std::string_view rest, Piece piece, std::string& out);
  std::size_t step_escape(std::string_view rest, Piece piece, std::string& out);

  std::string kept_;
  bool in_string_ = false;
};

}  // namespace larder
