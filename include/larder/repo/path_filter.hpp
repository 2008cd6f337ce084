// PathFilter: which paths to take, by Python's rules.
#pragma once

#include <larder/repo/glob.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::repo {

/// --include / --exclude exactly as `filter_repo_objects` does it (R-701…R-706, F-1…F-48). Linear time in the path for each pattern.
/// Immutable; thread: any.
class PathFilter {
 public:
  PathFilter() = default;  ///< keeps everything
  /// `include`: nullopt keeps everything, an empty list nothing.
  PathFilter(const std::optional<std::vector<std::string>>& include, const std::vector<std::string>& exclude);
  [[nodiscard]] bool keeps(std::string_view path) const;
  [[nodiscard]] bool is_trivial() const { return !include_ && exclude_.empty(); }

 private:
  std::optional<std::vector<Glob>> include_;
  std::vector<Glob> exclude_;
};

}  // namespace larder::repo
