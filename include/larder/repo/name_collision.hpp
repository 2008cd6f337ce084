// Names that become one where a file system folds them (T8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace larder::repo {

/// What a file system does to names before it compares them; found by trying (two names in scratch), never by its type.
enum class NameFolding : std::uint8_t {
  None,
  Case,           ///< "A" is "a"
  Normalisation,  ///< "é" composed is "é" decomposed
  CaseAndNormalisation,
};

/// Two of the names given, by their index, that the file system would not tell apart; first < second.
struct NameCollision {
  std::size_t first = 0;
  std::size_t second = 0;
  friend bool operator==(const NameCollision&, const NameCollision&) = default;
};

/// Every name that folds to the same as an earlier one, or as a folder of another one ("A" and "a/b"); each later name is reported once,
/// with the first it meets. Folders that differ only in spelling ("A/x" and "a/y") merge and lose nothing: no collision. Names are as
/// check_name lets them through. Sorted by `second`. Pure; about 16 bytes of memory a name. Full Unicode case folding, so "ß" meets "ss"
/// (ext4 does so; a file system that does not is refused a pair it could hold, which never loses a file).
std::vector<NameCollision> find_collisions(std::span<const std::string_view> names, NameFolding folding);

}  // namespace larder::repo
