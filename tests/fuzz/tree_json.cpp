// A page of the Hub's listing: whatever comes, a tree is sorted, unique and small, or there is none.
#include "fuzz/fuzz.hpp"
#include "hub/decode.hpp"

using namespace larder;

namespace {

void check_tree(const repo::Tree& tree) {
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const repo::FileEntry file = tree.at(i);
    if (i > 0) fuzz::must(tree.at(i - 1).path < file.path);
    fuzz::must(tree.find(file.path) == i);
    fuzz::must(file.size <= (std::uint64_t{1} << 63) - 1);
    fuzz::must(file.blob_name().size() == (file.lfs_sha256 ? 64U : 40U));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body = fuzz::text_of(bytes, size);
  repo::TreeBuilder builder;
  const auto page = hub::decode_tree_page(body, builder);
  if (page) {
    const auto tree = builder.finish();
    if (tree) check_tree(*tree);
    if (!tree) fuzz::must(tree.error().code == ErrorCode::BadResponse);
  } else {
    fuzz::must(page.error().code == ErrorCode::BadResponse);
  }
  return 0;
}
