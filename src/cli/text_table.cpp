#include "cli/text_table.hpp"

#include <algorithm>

#include "cli/text_width.hpp"

namespace larder::cli {
namespace {

std::size_t width_of(const std::string& cell) { return static_cast<std::size_t>(columns_of(cell)); }

}  // namespace

void TextColumns::measure(const Row& cells) {
  for (std::size_t at = 0; at < cells.size(); ++at) widths_[at] = std::max(widths_[at], width_of(cells[at]));
}

std::string TextColumns::line(const Row& cells) const {
  std::string line;
  for (std::size_t at = 0; at < cells.size(); ++at) {
    const std::string padding(widths_[at] - width_of(cells[at]), ' ');
    const bool is_last = at + 1 == cells.size();
    if (at > 0) line += "  ";
    if (columns_[at] == Align::Right) line += padding;
    line += cells[at];
    if (columns_[at] == Align::Left && !is_last) line += padding;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();  // the last cells may be empty
  return line;
}

void TextTable::add(TextColumns::Row cells) {
  columns_.measure(cells);
  rows_.push_back(std::move(cells));
}

void TextTable::print(Output& out) const {
  for (const auto& row : rows_) out.line(columns_.line(row));
}

}  // namespace larder::cli
