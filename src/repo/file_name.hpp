// The last part of a path and the folder it is in.
#pragma once

#include <string_view>

namespace larder::repo {

/// "a/b/c.txt" → "c.txt".
inline std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }  // npos + 1 is 0

/// "a/b/c.txt" → "a/b"; "c.txt" → "".
inline std::string_view folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace larder::repo
