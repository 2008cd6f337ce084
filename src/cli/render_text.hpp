// Reports as text for people and for `$(…)`.
#pragma once

#include "cli/session.hpp"

#include <larder/ops/list.hpp>
#include <larder/ops/pull.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace larder::cli {

/// A path of this machine as a line of stdout: exact for a program, escaped for a terminal (T3).
void print_path(Session& session, std::string_view path);

/// What was left out by --prefer, and files that can run code, on stderr (T19).
void report_left_out(Session& session, const repo::Tree& tree, const std::vector<repo::LeftOut>& left_out);
void report_code_files(Session& session, const repo::Tree& tree, const std::vector<ops::PulledFile>& files);

void print_plan(Session& session, const ops::PlanReport& report);
void print_files(Session& session, const ops::FilesReport& report);

/// Columns, each as wide as its widest cell; the last one is not padded. Keeps no cell: who has millions of rows makes each twice.
class TextColumns {
 public:
  enum class Align { Left, Right };
  using Row = std::vector<std::string>;
  explicit TextColumns(std::vector<Align> columns) : columns_(std::move(columns)), widths_(columns_.size(), 0) {}
  /// First each row, then each row again for its line.
  void measure(const Row& cells);
  [[nodiscard]] std::string line(const Row& cells) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::size_t> widths_;
};

/// A table whose rows are few.
class TextTable {
 public:
  using Align = TextColumns::Align;
  explicit TextTable(std::vector<Align> columns) : columns_(std::move(columns)) {}
  void add(TextColumns::Row cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  void print(Output& out) const;

 private:
  TextColumns columns_;
  std::vector<TextColumns::Row> rows_;
};

}  // namespace larder::cli
