// Report: errors, warnings and notes on stderr, in one form, through one escaper and one redactor (T3, T42).
#pragma once

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/status_line.hpp"

#include <string>
#include <string_view>

namespace larder::cli {

enum class Notes { Shown, Hidden };

/// Thread: one.
class Report {
 public:
  Report(StatusLine& line, Notes notes) : line_(line), notes_(notes) {}

  /// "larder: error: pull org/name@main: model.bin: digest mismatch: …", then "hint: …".
  void error(const Error& error);
  /// Each failed item with the error's context before it, then the error itself if it says more than they do.
  void errors(const Error& error, const FailedItems& items);
  /// "larder: warning: …"; each text once.
  void warning(std::string_view text);
  /// "larder: note: …"; not with --quiet.
  void note(std::string_view text);
  void hint(std::string_view text);
  /// A plain line, for what the user has to do now.
  void line(std::string_view text);

 private:
  void print(std::string_view text);
  void list(const Error& error, const FailedItems& items);
  StatusLine& line_;
  Notes notes_;
  std::vector<std::string> warned_;
};

/// What people may see: redacted, and escaped line by line.
std::string shown(std::string_view text);

/// larder.error/1 on stdout.
void write_error_document(Output& out, const Error& error, const FailedItems& items);

}  // namespace larder::cli
