#include "store/invariant.hpp"

#include "store/entry_name.hpp"

#include <string_view>

namespace larder::store {

std::string invariant_of(const Finding& finding) {
  const std::string_view path = finding.path;
  const std::size_t slash = path.find('/');
  const std::string_view below = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  const bool is_layout_folder = below == "snapshots" || below == "refs";
  switch (finding.kind) {
    case ProblemKind::Digest:
    case ProblemKind::Size:
    case ProblemKind::Misnamed:
    case ProblemKind::Empty:
      return "I1";
    case ProblemKind::Ref:
      return is_layout_folder ? "I12" : (is_temporary_ref(path) ? "I4" : "I2");
    case ProblemKind::Link:
      return "I3";
    case ProblemKind::Missing:
      return is_layout_folder || below.empty() ? "I12" : "I3";
    case ProblemKind::Foreign: {  // what the Python scanner warns about
      constexpr std::string_view kSnapshots = "snapshots/";
      const bool is_direct = below.starts_with(kSnapshots) && below.find('/', kSnapshots.size()) == std::string_view::npos;
      return below.empty() || is_direct ? "I12" : "";
    }
    case ProblemKind::Partial: {
      const bool is_in_layout = below.starts_with("blobs/") || below.starts_with("refs/") || below.starts_with("trees/");
      return is_in_layout ? "I4" : "";
    }
  }
  return "";
}

}  // namespace larder::store
