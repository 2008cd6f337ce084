#include "fs/path.hpp"

#include <filesystem>

namespace larder::fs {

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return "/";
  return path.substr(0, slash);
}

std::string resolved(const std::string& path) {
  std::error_code failed;
  const auto followed = std::filesystem::weakly_canonical(path, failed);
  std::string text = failed ? path : followed.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace larder::fs
