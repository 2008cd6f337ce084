#include "store/entry_name.hpp"

#include "base/hex.hpp"
#include "store/run_name.hpp"

#include <algorithm>
#include <array>

namespace larder::store {
namespace {

/// "<something>.<8 hex><end>": the random part of the Python client's temporary names has the form of our runs.
bool is_random_before(std::string_view name, std::string_view end) {
  return name.ends_with(end) && !run_of(name.substr(0, name.size() - end.size())).empty();
}

}  // namespace

bool is_digest_name(std::string_view name) { return (name.size() == 40 || name.size() == 64) && is_lower_hex(name); }

BlobsName classify_blobs_name(std::string_view name) {
  if (is_digest_name(name)) return BlobsName::Digest;
  constexpr std::string_view kIncomplete = ".incomplete";
  if (name.size() > kIncomplete.size() && name.ends_with(kIncomplete)) return BlobsName::Incomplete;
  constexpr std::array<std::string_view, 3> kEnds{".shared", ".new", ".old"};
  const auto ends_so = [&](std::string_view end) { return is_random_before(name, end); };
  if (name.starts_with('.') && std::any_of(kEnds.begin(), kEnds.end(), ends_so)) return BlobsName::Temporary;
  constexpr std::string_view kTemp = "tmp_";
  constexpr std::size_t kUuid = 36;
  if (name.starts_with(kTemp) && name.size() == kTemp.size() + kUuid) return BlobsName::Temporary;
  return BlobsName::Other;
}

std::string_view blob_of_temporary(std::string_view name) {
  if (name.starts_with('.')) name.remove_prefix(1);
  const std::string_view blob = name.substr(0, name.find('.'));
  return is_digest_name(blob) ? blob : std::string_view{};
}

bool is_temporary_ref(std::string_view name) { return is_random_before(name, ".tmp"); }

bool is_temporary_tree(std::string_view name) {
  constexpr std::size_t kLength = std::string_view("tmp????????.tmp").size();
  return name.size() == kLength && name.starts_with("tmp") && name.ends_with(".tmp");
}

bool is_helper_name(std::string_view name) { return name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini"; }

std::optional<repo::CommitId> commit_of_listing(std::string_view name) {
  constexpr std::string_view kEnd = ".json";
  if (!name.ends_with(kEnd)) return std::nullopt;
  return repo::CommitId::parse(name.substr(0, name.size() - kEnd.size()));
}

}  // namespace larder::store
