// PathFilter: which paths to take, by Python's rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::repo {

/// --include / --exclude exactly as `filter_repo_objects` does it (R-701…R-706, F-1…F-48). Linear time in the path for each pattern.
class PathFilter {
 public:
  PathFilter() = default;  ///< keeps everything
  /// `include`: nullopt keeps everything, an empty list nothing.
  PathFilter(std::optional<std::vector<std::string>> include, std::vector<std::string> exclude);
  [[nodiscard]] bool keeps(std::string_view path) const;
  [[nodiscard]] bool is_trivial() const { return !include_ && exclude_.empty(); }

 private:
  std::optional<std::vector<std::string>> include_;  // normalised: "\" → "/", trailing "/" → "/*"
  std::vector<std::string> exclude_;
};

}  // namespace larder::repo
