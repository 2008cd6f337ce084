#include <larder/repo/repo_path.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace larder::repo {
namespace {

// Limits of docs/hub-protocol.md "Limits": what a file system takes, and what no honest repository needs (T7).
constexpr std::size_t kLongestPart = 255;
constexpr std::size_t kLongestLocalName = kLongestPart - 9;  // ".metadata" is added to it
constexpr std::size_t kLongestPath = 4000;
constexpr std::size_t kMostParts = 64;

struct Span {
  char32_t first;
  char32_t last;
};
// Code points that some file systems skip when they compare names: HFS+ (git's list in is_hfs_dotgit) and the default ignorable ones,
// which ext4 and f2fs skip in folders with case folding. Source: Unicode DerivedCoreProperties.txt.
constexpr std::array kIgnorable = {
    Span{0x00AD, 0x00AD}, Span{0x034F, 0x034F}, Span{0x061C, 0x061C},   Span{0x115F, 0x1160},   Span{0x17B4, 0x17B5},  Span{0x180B, 0x180F},
    Span{0x200B, 0x200F}, Span{0x202A, 0x202E}, Span{0x2060, 0x206F},   Span{0x3164, 0x3164},   Span{0xFE00, 0xFE0F},  Span{0xFEFF, 0xFEFF},
    Span{0xFFA0, 0xFFA0}, Span{0xFFF0, 0xFFF8}, Span{0x1BCA0, 0x1BCA3}, Span{0x1D173, 0x1D17A}, Span{0xE0000, 0xE0FFF}};

constexpr bool is_ignorable(char32_t c) {
  return std::any_of(kIgnorable.begin(), kIgnorable.end(), [c](Span span) { return c >= span.first && c <= span.last; });
}

// C0, DEL and C1: what a terminal may obey (T3).
constexpr bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

// The part as the laxest file system would read it: ignorable code points left out, ASCII letters lowered, cut at the first ":" (an NTFS
// stream), trailing dots and spaces dropped.
std::string lax_form(std::string_view part) {
  std::string form;
  for (std::size_t i = 0; i < part.size();) {
    const CodePoint point = next_code_point(part.substr(i));
    if (point.value == ':') break;
    if (!is_ignorable(point.value)) {
      for (const char c : part.substr(i, point.length)) form += to_lower(c);
    }
    i += point.length;
  }
  form.erase(form.find_last_not_of(". ") + 1);
  return form;
}

// T5, after git's verify_path: .git and its NTFS short name, in any disguise.
bool is_dot_git(std::string_view part) {
  const std::string form = lax_form(part);
  return form == ".git" || form == "git~1";
}

bool has_drive_letter(std::string_view part) {
  if (part.empty()) return false;
  const std::size_t second = next_code_point(part).length;
  return second < part.size() && part[second] == ':';
}

// What is wrong with one part between slashes; empty: nothing.
std::string_view broken_part_rule(std::string_view part) {
  if (part.empty()) return "has an empty part";                                   // T4
  if (part == ".") return "has a part \".\"";                                     // T4
  if (part == "..") return "has a part \"..\"";                                   // T1
  if (has_drive_letter(part)) return "has a part with a drive letter";            // T2, R-115
  if (part.size() > kLongestPart) return "has a part over 255 bytes";             // T7
  if (is_dot_git(part)) return "would write into a git repository's own folder";  // T5
  return {};
}

std::string_view broken_whole_rule(std::string_view name) {
  if (name.empty()) return "is empty";                                            // T4
  if (!is_printable_utf8(name)) return "has control characters or is not UTF-8";  // T3
  if (name.front() == '/') return "is absolute";                                  // T2
  if (name.back() == '/') return "ends with \"/\"";                               // T4
  if (name.find('\\') != std::string_view::npos) return "has a backslash";        // T2
  if (name.size() > kLongestPath) return "is over 4000 bytes";                    // T7
  const auto parts = static_cast<std::size_t>(std::count(name.begin(), name.end(), '/')) + 1;
  if (parts > kMostParts) return "is over 64 folders deep";  // T7
  return {};
}

// T6: the metadata of local folders, by which clients believe a file to be verified. A file called ".cache" would stand in its way.
bool is_in_metadata_folder(const std::vector<std::string_view>& parts) {
  if (lax_form(parts.front()) != ".cache") return false;
  return parts.size() == 1 || lax_form(parts[1]) == "huggingface";
}

std::string_view broken_rule(std::string_view name, NamePlace place) {
  if (const auto rule = broken_whole_rule(name); !rule.empty()) return rule;
  const auto parts = split(name, '/');
  for (const std::string_view part : parts) {
    if (const auto rule = broken_part_rule(part); !rule.empty()) return rule;
  }
  if (place != NamePlace::LocalFolder) return {};
  if (is_in_metadata_folder(parts)) return "would write into the folder's own metadata";
  if (parts.back().size() > kLongestLocalName) return "is over 246 bytes, too long for the folder's metadata";  // T7
  return {};
}

}  // namespace

Result<void> check_name(std::string_view name, NamePlace place) {
  const auto rule = broken_rule(name, place);
  if (rule.empty()) return {};
  return fail(ErrorCode::UnsafePath, fmt::format("'{}': the name {}", escape_text(name), rule));
}

bool is_printable_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = next_code_point(text.substr(i));
    if (!point.is_valid || is_control(point.value)) return false;
    i += point.length;
  }
  return true;
}

}  // namespace larder::repo
