#include "cli/render_text.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/repo/weights.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.hpp"

namespace larder::cli {
namespace {

constexpr std::size_t kNamedFiles = 5;  // in a note; more would bury it

bool is_python(std::string_view path) { return path.size() > 3 && path.substr(path.size() - 3) == ".py"; }

/// "a, b and 3 more"
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t at = 0; at < std::min(names.size(), kNamedFiles); ++at) text += (at == 0 ? "" : ", ") + escape_text(names[at]);
  if (names.size() > kNamedFiles) text += fmt::format(" and {} more", names.size() - kNamedFiles);
  return text;
}

/// Characters, not bytes: continuation bytes take no column.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

void print_path(Session& session, std::string_view path) {
  session.out.line(session.stdout_is_terminal ? escape_text(path) : std::string(path));
}

void report_left_out(Session& session, const std::vector<ops::LeftOutFile>& left_out) {
  for (const auto& file : left_out) {
    session.report.note(fmt::format("left out {} ({}): {}", escape_text(file.path), format_bytes_long(file.size), file.reason));
  }
}

void report_code_files(Session& session, const std::vector<ops::PulledFile>& files) {
  std::vector<std::string> pickles;
  std::vector<std::string> scripts;
  for (const auto& file : files) {
    if (repo::is_pickle(file.path)) pickles.push_back(file.path);
    if (is_python(file.path)) scripts.push_back(file.path);
  }
  if (!pickles.empty()) session.report.note("can run code when loaded (--no-pickle refuses them): " + listed(pickles));
  if (!scripts.empty()) session.report.note("Python code, run only by programs that are told to trust it: " + listed(scripts));
}

void print_plan(Session& session, const ops::PlanReport& report) {
  TextTable table({TextTable::Align::Left, TextTable::Align::Right, TextTable::Align::Left, TextTable::Align::Left});
  for (const auto& file : report.files) {
    table.add({std::string(name(file.action)), format_bytes_long(file.size), escape_text(file.path), "(" + file.reason + ")"});
  }
  table.print(session.out);
  const auto present = report.space_known ? format_bytes_long(report.space_present) : "unknown";
  session.out.line(fmt::format("{} files, {}: {} to fetch in about {} requests, {} here already; free space: {} needed, {} present",
                               report.files.size(), format_bytes_long(report.total_bytes), format_bytes_long(report.fetch_bytes),
                               report.requests, format_bytes_long(report.reuse_bytes), format_bytes_long(report.space_needed), present));
}

void print_files(Session& session, const ops::FilesReport& report) {
  // Not a TextTable: there may be millions.
  for (const auto index : report.chosen) {
    const auto file = report.tree.at(index);
    if (session.quiet) {
      session.out.line(escape_text(file.path));
    } else {
      session.out.line(fmt::format("{:>10}  {:<71}  {}", format_bytes_long(file.size), file.digest().text(), escape_text(file.path)));
    }
  }
}

void TextTable::print(Output& out) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], width_of(row[at]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t at = 0; at < row.size(); ++at) {
      const std::string padding(widths[at] - width_of(row[at]), ' ');
      const bool is_last = at + 1 == row.size();
      if (at > 0) line += "  ";
      if (columns_[at] == Align::Right) line += padding;
      line += row[at];
      if (columns_[at] == Align::Left && !is_last) line += padding;
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();  // the last cells may be empty
    out.line(line);
  }
}

}  // namespace larder::cli
