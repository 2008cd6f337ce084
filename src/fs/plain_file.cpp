#include "fs/plain_file.hpp"

namespace larder::fs {

Result<std::optional<std::string>> read_plain(Disk& disk, const std::string& path, std::uint64_t limit) {
  LARDER_TRY(const auto facts, disk.look(path));
  if (!facts || facts->kind != FileKind::Regular || facts->size > limit) return std::optional<std::string>{};
  return disk.read_small(path, limit).value_or(std::nullopt);
}

}  // namespace larder::fs
