#include "ops/near_names.hpp"

#include "base/nearest.hpp"
#include "base/text.hpp"

#include <functional>

namespace larder::ops {
namespace {

constexpr std::size_t kMost = 3;
constexpr std::size_t kMostSpelled = 20'000;  // comparing the letters of more takes longer than anybody waits for advice

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::vector<std::string> find_some(const repo::Tree& tree, const std::function<bool(std::string_view path)>& is_meant) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < tree.size() && found.size() < kMost; ++i) {
    if (is_meant(tree.at(i).path)) found.emplace_back(tree.at(i).path);
  }
  return found;
}

}  // namespace

std::vector<std::string> near_names(const repo::Tree& tree, std::string_view name) {
  if (name.empty()) return {};
  auto found = find_some(tree, [&](std::string_view path) { return equals_ignoring_case(path, name); });
  if (found.empty()) found = find_some(tree, [&](std::string_view path) { return equals_ignoring_case(last_part(path), last_part(name)); });
  if (!found.empty() || tree.size() > kMostSpelled) return found;
  std::vector<std::string_view> paths;
  for (std::size_t i = 0; i < tree.size(); ++i) paths.push_back(tree.at(i).path);
  if (const auto near = nearest(name, paths); !near.empty()) found.emplace_back(near);
  return found;
}

}  // namespace larder::ops
