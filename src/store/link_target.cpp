#include "store/link_target.hpp"

#include "base/hex.hpp"

#include <algorithm>
#include <vector>

namespace larder::store {
namespace {

bool is_hex8(std::string_view text) { return text.size() == 8 && is_lower_hex(text); }

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

/// Name of the blob if `text` is what R-515 writes for `entry`, else empty. The common case: no allocation.
std::string_view canonical_blob(std::string_view entry, std::string_view text) {
  for (auto folders = std::count(entry.begin(), entry.end(), '/'); folders > 0; --folders) {
    if (text.substr(0, 3) != "../") return {};
    text.remove_prefix(3);
  }
  if (text.substr(0, 6) != "blobs/") return {};
  text.remove_prefix(6);
  return is_plain_name(text) ? text : std::string_view{};
}

std::string normalise(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
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

bool has_temporary_end(std::string_view name) {
  for (const std::string_view end : {".shared", ".new", ".old"}) {
    if (name.size() > end.size() + 9 && name.substr(name.size() - end.size()) == end) {
      const std::string_view rest = name.substr(0, name.size() - end.size());
      return rest[rest.size() - 9] == '.' && is_hex8(rest.substr(rest.size() - 8));
    }
  }
  return false;
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
  target.is_absolute = text.substr(0, 1) == "/";
  const std::string folder = repo + "/" + std::string(entry.substr(0, entry.rfind('/')));
  target.path = normalise(target.is_absolute ? std::string(text) : folder + "/" + std::string(text));
  const std::string blobs = repo + "/blobs/";
  if (target.path.rfind(blobs, 0) == 0 && is_plain_name(std::string_view(target.path).substr(blobs.size()))) {
    target.kind = LinkKind::Blob;
    target.name = target.path.substr(blobs.size());
  } else if (target.path.rfind(repo + "/", 0) == 0) {
    target.kind = LinkKind::Elsewhere;
  }
  return target;
}

bool is_digest_name(std::string_view name) { return (name.size() == 40 || name.size() == 64) && is_lower_hex(name); }

BlobsName classify_blobs_name(std::string_view name) {
  if (is_digest_name(name)) return BlobsName::Digest;
  constexpr std::string_view kIncomplete = ".incomplete";
  if (name.size() > kIncomplete.size() && name.substr(name.size() - kIncomplete.size()) == kIncomplete) return BlobsName::Incomplete;
  if (name.substr(0, 1) == "." && has_temporary_end(name)) return BlobsName::Temporary;
  if (name.substr(0, 4) == "tmp_" && name.size() == 40) return BlobsName::Temporary;  // "tmp_" + uuid4
  return BlobsName::Other;
}

std::string_view blob_of_temporary(std::string_view name) {
  const bool is_hidden = name.substr(0, 1) == ".";
  const std::string_view visible = is_hidden ? name.substr(1) : name;
  const std::string_view blob = visible.substr(0, visible.find('.'));
  return is_digest_name(blob) ? blob : std::string_view{};
}

bool is_temporary_ref(std::string_view name) {
  constexpr std::string_view kEnd = ".tmp";
  if (name.size() <= kEnd.size() + 9 || name.substr(name.size() - kEnd.size()) != kEnd) return false;
  const std::string_view rest = name.substr(0, name.size() - kEnd.size());
  return rest[rest.size() - 9] == '.' && is_hex8(rest.substr(rest.size() - 8));
}

bool is_temporary_tree(std::string_view name) { return name.size() == 15 && name.starts_with("tmp") && name.ends_with(".tmp"); }

bool is_helper_name(std::string_view name) { return name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini"; }

}  // namespace larder::store
