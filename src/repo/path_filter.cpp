#include <larder/repo/path_filter.hpp>

#include "repo/code_points.hpp"

#include <algorithm>

namespace larder::repo {
namespace {

// "\" is "/" in patterns and paths alike.
std::string with_slashes(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\\', '/');
  return out;
}

Glob compile(std::string_view pattern) {
  std::string normal = with_slashes(pattern);
  if (normal.ends_with('/')) normal += '*';
  return Glob(normal);
}

std::vector<Glob> compile_all(const std::vector<std::string>& patterns) {
  std::vector<Glob> globs;
  globs.reserve(patterns.size());
  for (const std::string& pattern : patterns) globs.push_back(compile(pattern));
  return globs;
}

bool any_matches(const std::vector<Glob>& globs, std::u32string_view path) {
  return std::any_of(globs.begin(), globs.end(), [path](const Glob& glob) { return glob.matches(path); });
}

}  // namespace

PathFilter::PathFilter(const std::optional<std::vector<std::string>>& include, const std::vector<std::string>& exclude)
    : exclude_(compile_all(exclude)) {
  if (include) include_ = compile_all(*include);
}

bool PathFilter::keeps(std::string_view path) const {
  if (is_trivial()) return true;
  const std::u32string points = code_points(with_slashes(path));
  if (include_ && !any_matches(*include_, points)) return false;
  return !any_matches(exclude_, points);
}

}  // namespace larder::repo
