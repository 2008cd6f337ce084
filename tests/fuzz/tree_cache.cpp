// trees/<commit>.json, which other programs write: a listing is sorted, unique and within limits, or there is none.
#include "store/tree_cache.hpp"

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <cstring>

using namespace larder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto tree = store::parse_tree([&](std::span<std::byte> into, std::uint64_t offset) -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), size - static_cast<std::size_t>(std::min<std::uint64_t>(offset, size)));
    if (count > 0) std::memcpy(into.data(), bytes + offset, count);
    return count;
  });
  if (!tree) return 0;
  for (std::size_t i = 0; i < tree->size(); ++i) {
    const repo::FileEntry file = tree->at(i);
    if (i > 0) fuzz::must(tree->at(i - 1).path < file.path);
    fuzz::must(tree->find(file.path) == i);
    fuzz::must(file.size <= (std::uint64_t{1} << 63) - 1);
  }
  return 0;
}
