#include "cli/render_text.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/repo/weights.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "cli/text_table.hpp"

namespace larder::cli {
namespace {

constexpr std::size_t kNamedFiles = 5;  // in a note; more would bury it

bool is_python(std::string_view path) { return path.size() > 3 && path.substr(path.size() - 3) == ".py"; }

/// "a, b and 3 more", of any number of names.
class FewNames {
 public:
  void add(std::string_view name) {
    if (++count_ <= kNamedFiles) text_ += (count_ == 1 ? "" : ", ") + escape_text(name);
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::string text() const {
    return count_ > kNamedFiles ? fmt::format("{} and {} more", text_, count_ - kNamedFiles) : text_;
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

TextColumns::Row plan_row(const repo::Tree& tree, const transfer::PlannedFile& file) {
  const auto entry = tree.at(file.index);
  return {std::string(name(file.action)), format_bytes_long(entry.size), escape_text(entry.path), "(" + reason(tree, file) + ")"};
}

}  // namespace

void print_path(Session& session, std::string_view path) {
  session.out.line(session.stdout_is_terminal ? escape_text(path) : std::string(path));
}

void report_left_out(Session& session, const repo::Tree& tree, const std::vector<repo::LeftOut>& left_out) {
  for (const auto& left : left_out) {
    const auto file = tree.at(left.index);
    session.report.note(fmt::format("left out {} ({}): {}", escape_text(file.path), format_bytes_long(file.size), reason(left)));
  }
}

void report_code_files(Session& session, const repo::Tree& tree, const std::vector<ops::PulledFile>& files) {
  FewNames pickles;
  FewNames scripts;
  for (const auto& file : files) {
    const auto path = tree.at(file.index).path;
    if (repo::is_pickle(path)) pickles.add(path);
    if (is_python(path)) scripts.add(path);
  }
  if (!pickles.empty()) session.report.note("can run code when loaded (--no-pickle refuses them): " + pickles.text());
  if (!scripts.empty()) session.report.note("Python code, run only by programs that are told to trust it: " + scripts.text());
}

void print_plan(Session& session, const ops::PlanReport& report) {
  using Align = TextColumns::Align;
  TextColumns columns({Align::Left, Align::Right, Align::Left, Align::Left});
  for (const auto& file : report.files) columns.measure(plan_row(report.tree, file));
  for (const auto& file : report.files) session.out.line(columns.line(plan_row(report.tree, file)));
  const auto present = report.space_known ? format_bytes_long(report.space_present) : "unknown";
  session.out.line(fmt::format("{}, {}: {} to fetch in about {}, {} here already; free space: {} needed, {} present",
                               counted(report.files.size(), "file"), format_bytes_long(report.total_bytes),
                               format_bytes_long(report.fetch_bytes), counted(report.requests, "request"),
                               format_bytes_long(report.reuse_bytes), format_bytes_long(report.space_needed), present));
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

}  // namespace larder::cli
