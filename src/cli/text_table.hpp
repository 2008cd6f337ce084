// TextTable: rows of text in columns.
#pragma once

#include "cli/output.hpp"

#include <string>
#include <utility>
#include <vector>

namespace larder::cli {

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
