// AheadPieces: what arrived ahead of a file's frontier and is still in memory, so that the digest need not read it back from the disk.
#pragma once

#include "transfer/piece.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace larder::transfer {

/// Pieces by their offset in the file; they do not overlap. All of them are on their way to the disk too: any may be forgotten.
class AheadPieces {
 public:
  void hold(std::uint64_t offset, Piece piece) { pieces_.emplace(offset, std::move(piece)); }
  /// Takes out the one that begins at `offset`; nullopt: there is none.
  std::optional<Piece> take(std::uint64_t offset) {
    auto node = pieces_.extract(offset);
    return node ? std::optional(std::move(node.mapped())) : std::nullopt;
  }
  /// Where the first one begins; `none` if there is none.
  [[nodiscard]] std::uint64_t first(std::uint64_t none) const { return pieces_.empty() ? none : pieces_.begin()->first; }
  [[nodiscard]] std::size_t count() const { return pieces_.size(); }
  void clear() { pieces_.clear(); }

 private:
  std::map<std::uint64_t, Piece> pieces_;
};

}  // namespace larder::transfer
