#include <larder/store/layout.hpp>

#include <algorithm>

namespace larder::store {

std::string unfinished_repo(const std::string& root, std::string_view run) {
  return root + "/.locks/" + std::string(kUnfinishedRepo) + std::string(run);
}

std::string link_text(std::string_view path, std::string_view blob) {
  const auto folders = std::count(path.begin(), path.end(), '/');
  std::string text;
  for (std::ptrdiff_t up = 0; up < folders + 2; ++up) text += "../";
  text += "blobs/";
  text += blob;
  return text;
}

std::string_view cachedir_tag() {
  return "Signature: 8a477f597d28d172789f06886806bc55\n"
         "# This file is a cache directory tag created by huggingface_hub.\n"
         "# For information about cache directory tags, see:\n"
         "#\thttps://bford.info/cachedir/\n";
}

}  // namespace larder::store
