#include "store/link_target.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <vector>

namespace larder::store {
namespace {

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

/// Name of the blob if `text` is what R-515 writes for `entry`, else empty. The common case: no allocation.
std::string_view canonical_blob(std::string_view entry, std::string_view text) {
  for (auto folders = std::count(entry.begin(), entry.end(), '/'); folders > 0; --folders) {
    if (!text.starts_with("../")) return {};
    text.remove_prefix(3);
  }
  constexpr std::string_view kBlobs = "blobs/";
  if (!text.starts_with(kBlobs)) return {};
  text.remove_prefix(kBlobs.size());
  return is_plain_name(text) ? text : std::string_view{};
}

std::string normalise(std::string_view path) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string clean;
  for (const std::string_view part : parts) clean.append("/").append(part);
  return clean.empty() ? "/" : clean;
}

}  // namespace

LinkTarget classify_link(const RepoLayout& layout, std::string_view entry, std::string_view text) {
  LinkTarget target;
  if (const std::string_view blob = canonical_blob(entry, text); !blob.empty()) {
    target.kind = LinkKind::Blob;
    target.name = blob;
    target.is_canonical = true;
    return target;
  }
  const std::string repo = normalise(layout.repo());
  target.is_absolute = text.starts_with('/');
  const std::string folder = repo + "/" + std::string(entry.substr(0, entry.rfind('/')));
  target.path = normalise(target.is_absolute ? std::string(text) : folder + "/" + std::string(text));
  const std::string blobs = repo + "/blobs/";
  if (target.path.starts_with(blobs) && is_plain_name(std::string_view(target.path).substr(blobs.size()))) {
    target.kind = LinkKind::Blob;
    target.name = target.path.substr(blobs.size());
  } else if (target.path.starts_with(repo + "/")) {
    target.kind = LinkKind::Elsewhere;
  }
  return target;
}

}  // namespace larder::store
