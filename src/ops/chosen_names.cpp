#include "ops/chosen_names.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::ops {
namespace {

constexpr std::size_t kNamesInMessage = 20;  // a message is read by a person

/// a folder keeps metadata and lock of each file under its name with these ends. A folder of such a name in the repository wants its
/// own files' metadata below it, and the two can't both be there.
constexpr std::string_view kLongestEnd = ".metadata";

std::string_view claimed_folder(const repo::Tree& tree, const std::vector<std::uint32_t>& chosen, std::string_view path) {
  for (const std::string_view end : {kLongestEnd, std::string_view(".lock")}) {
    const std::string folder = std::string(path).append(end).append("/");
    const auto first = std::lower_bound(chosen.begin(), chosen.end(), tree.lower_bound(folder));
    if (first != chosen.end() && tree.at(*first).path.starts_with(folder)) return end;
  }
  return {};
}

Result<void> judge_name(const repo::Tree& tree, const std::vector<std::uint32_t>& chosen, std::uint32_t index, repo::NamePlace place,
                        NameRoom room) {
  const auto path = tree.at(index).path;
  LARDER_CHECK(repo::check_name(path, place));
  LARDER_CHECK(judge_length(path, room));
  if (place != repo::NamePlace::LocalFolder) return {};
  LARDER_CHECK(judge_length(std::string(path).append(kLongestEnd), room));
  const auto end = claimed_folder(tree, chosen, path);
  if (end.empty()) return {};
  return fail(
      ErrorCode::UnsafePath,
      fmt::format("'{0}': what the folder keeps of it is called '{0}{1}', and so is a folder of the repository", escape_text(path), end));
}

}  // namespace

Result<void> judge_length(std::string_view name, NameRoom room) {
  if (name.size() > room.path) return fail(ErrorCode::UnsafePath, escape_text(name) + ": too long below the destination folder");
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (end - begin > room.part) {
      return fail(ErrorCode::UnsafePath, fmt::format("{}: has a part over {} bytes, the most that the destination's file system takes",
                                                     escape_text(name), room.part));
    }
    begin = end + 1;
  }
  return {};
}

Result<void> judge_names(const repo::Tree& tree, const std::vector<std::uint32_t>& chosen, repo::NamePlace place, NameRoom room) {
  std::string text;
  std::size_t bad = 0;
  for (const auto index : chosen) {
    const auto judged = judge_name(tree, chosen, index, place, room);
    if (judged) continue;
    if (++bad <= kNamesInMessage) text += (text.empty() ? "" : "; ") + judged.error().message;
  }
  if (bad == 0) return {};
  if (bad > kNamesInMessage) text += fmt::format("; and {} more", bad - kNamesInMessage);
  return fail(ErrorCode::UnsafePath, text, "nothing was fetched; --exclude leaves such files out");
}

}  // namespace larder::ops
