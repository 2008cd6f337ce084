// path: the folder a path lies in, and the place it leads to.
#pragma once

#include <string>

namespace larder::fs {

/// "/a/b" of "/a/b/c"; "/" of "/a". `path`: absolute, no trailing "/". By the text alone.
std::string parent_of(const std::string& path);

/// `path` with every link in it followed, as far as it exists, and no trailing "/". Where that fails, as it was given.
std::string resolved(const std::string& path);

}  // namespace larder::fs
