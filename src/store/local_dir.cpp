#include "store/local_dir.hpp"

#include "base/text.hpp"
#include "fs/plain_file.hpp"
#include "fs/walk.hpp"
#include "store/entry_name.hpp"
#include "store/tree_cache.hpp"

#include <larder/repo/repo_path.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace larder::store {
namespace {

constexpr double kNanosecond = 1e-9;
constexpr double kTolerance = 1.0;  // file systems with coarse times

std::optional<std::string_view> next_line(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trim(line);
}

std::optional<double> parse_python_float(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  double number = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ptr != end || text.empty()) return std::nullopt;
  if (parsed.ec == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  return parsed.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

// Digits "d.ddd" and the power of ten of shortest scientific notation, put the way repr does: plain from 1e-4 up to below 1e16.
std::string plain_notation(const std::string& digits, int point) {
  const int count = static_cast<int>(digits.size());
  if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  if (point >= count) return digits + std::string(static_cast<std::size_t>(point - count), '0') + ".0";
  return digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
}

std::string scientific_notation(const std::string& digits, int exponent) {
  const std::string mantissa = digits.size() == 1 ? digits : digits.substr(0, 1) + "." + digits.substr(1);
  return fmt::format("{}e{}{:02}", mantissa, exponent < 0 ? '-' : '+', std::abs(exponent));
}

/// The commit of the first file of `tree` that is known here; empty: none is.
std::string first_known_commit(fs::Disk& disk, const LocalDirLayout& layout, const repo::Tree& tree) {
  for (std::size_t i = 0; i < tree.size(); ++i) {
    if (!repo::check_name(tree.at(i).path, repo::NamePlace::LocalFolder)) continue;
    if (const auto metadata = read_metadata(disk, layout.metadata(tree.at(i).path))) return metadata->commit;
  }
  return {};
}

}  // namespace

std::string format_python_float(double number) {
  if (std::isnan(number)) return "nan";
  const std::string sign = std::signbit(number) ? "-" : "";
  if (std::isinf(number)) return sign + "inf";
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(number), std::chars_format::scientific).ptr;
  const std::string text(buffer.data(), end);
  const auto e = text.find('e');
  std::string digits = text.substr(0, 1) + (e > 2 ? text.substr(2, e - 2) : "");
  const int exponent = std::stoi(text.substr(e + 1));
  const bool is_plain = exponent >= -4 && exponent < 16;
  return sign + (is_plain ? plain_notation(digits, exponent + 1) : scientific_notation(digits, exponent));
}

std::string format_metadata(const LocalMetadata& metadata) {
  return fmt::format("{}\n{}\n{}\n", metadata.commit, metadata.etag, format_python_float(metadata.timestamp));
}

std::optional<LocalMetadata> parse_metadata(std::string_view text) {
  const auto commit = next_line(text);
  const auto etag = commit ? next_line(text) : std::nullopt;
  const auto time = etag ? next_line(text) : std::nullopt;
  if (!time) return std::nullopt;
  const auto timestamp = parse_python_float(*time);
  if (!timestamp) return std::nullopt;
  return LocalMetadata{std::string(*commit), std::string(*etag), *timestamp};
}

std::optional<LocalMetadata> read_metadata(fs::Disk& disk, const std::string& path) {
  constexpr std::uint64_t kLimit = 64 * 1024;
  const auto text = fs::read_plain(disk, path, kLimit);
  return text && *text ? parse_metadata(**text) : std::nullopt;
}

Result<std::vector<repo::CommitId>> commits_of_folder(fs::Disk& disk, const LocalDirLayout& layout) {
  std::vector<repo::CommitId> commits;
  LARDER_TRY(const auto names, disk.list(layout.trees()));
  for (const auto& name : names) {
    const auto commit = commit_of_listing(name);
    if (!commit) continue;
    LARDER_TRY(const auto tree, read_tree(disk, layout.tree(*commit)));
    if (tree && first_known_commit(disk, layout, *tree) == commit->hex()) commits.push_back(*commit);
  }
  return commits;
}

Result<bool> holds_commit(fs::Disk& disk, const LocalDirLayout& layout, const repo::CommitId& commit) {
  constexpr std::string_view kEnd = ".metadata";
  const std::string folder = layout.book() + "/download";
  bool is_held = false;
  LARDER_CHECK(fs::walk(folder, {}, [&](const fs::WalkEntry& entry) -> Result<fs::WalkStep> {
    if (entry.kind() == fs::FileKind::Regular && entry.path().ends_with(kEnd)) {
      const auto metadata = read_metadata(disk, folder + "/" + entry.path());
      is_held = metadata && metadata->commit == commit.hex();
    }
    return is_held ? fs::WalkStep::Stop : fs::WalkStep::Continue;
  }));
  return is_held;
}

Result<std::optional<LocalMetadata>> read_valid_metadata(fs::Disk& disk, const LocalDirLayout& layout, std::string_view path,
                                                         const fs::FileFacts& file) {
  auto metadata = read_metadata(disk, layout.metadata(path));
  const double modified = static_cast<double>(file.mtime_ns) * kNanosecond;
  if (!metadata || !(modified - kTolerance <= metadata->timestamp)) return std::optional<LocalMetadata>{};  // also for nan
  return metadata;
}

}  // namespace larder::store
