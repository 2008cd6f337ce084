// Writes trees/<commit>.json byte for byte as Python's json.dumps(…, indent=1) does.
#include "base/utf8.hpp"
#include "fs/atomic_file.hpp"
#include "fs/path.hpp"
#include "store/tree_cache.hpp"

#include <fmt/format.h>

#include <iterator>

namespace larder::store {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;

/// The two-character escapes of Python's encoder; 0: none.
char short_escape(std::uint32_t value) {
  switch (value) {
    case '"':
    case '\\':
      return static_cast<char>(value);
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\f':
      return 'f';
    case '\b':
      return 'b';
  }
  return 0;
}

void append_escaped(std::string& out, std::uint32_t value) {
  if (const char letter = short_escape(value)) {
    out += '\\';
    out += letter;
  } else if (value >= 0x20U && value < 0x7FU) {  // DEL too is written as \u007f
    out += static_cast<char>(value);
  } else if (value < 0x10000U) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", value);
  } else {
    const std::uint32_t rest = value - 0x10000U;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xD800U + (rest >> 10U), 0xDC00U + (rest & 0x3FFU));
  }
}

/// False: not text; the listing cannot be kept then.
bool append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    if (!point.is_valid || point.value == 0) return false;  // NUL stands for what was no text in the listing
    append_escaped(out, point.value);
    text.remove_prefix(point.length);
  }
  out += '"';
  return true;
}

bool append_entry(std::string& out, const repo::FileEntry& file) {
  out += "\n  ";
  if (!append_string(out, file.path)) return false;
  fmt::format_to(std::back_inserter(out), ": {{\n   \"size\": {},\n   \"blob_id\": \"{}\"", file.size, repo::hex(file.git_oid));
  if (file.lfs_sha256) {
    fmt::format_to(std::back_inserter(out), ",\n   \"lfs_sha256\": \"{}\",\n   \"lfs_size\": {}", repo::hex(*file.lfs_sha256), file.size);
  }
  if (file.xet_hash) fmt::format_to(std::back_inserter(out), ",\n   \"xet_hash\": \"{}\"", repo::hex(*file.xet_hash));
  out += "\n  }";
  return true;
}

/// False: a path that is no text; the file is of no use then.
Result<bool> write_json(fs::AtomicFile& file, const repo::Tree& tree) {
  std::string buffer = "{\n \"format_version\": 1,\n \"files\": {";
  const auto flush = [&]() -> Result<void> {
    LARDER_CHECK(file.append(buffer));
    buffer.clear();
    return {};
  };
  for (std::size_t i = 0; i < tree.size(); ++i) {
    if (i > 0) buffer += ',';
    if (!append_entry(buffer, tree.at(i))) return false;
    if (buffer.size() >= kBuffer) LARDER_CHECK(flush());
  }
  buffer += tree.size() == 0 ? "}\n}" : "\n }\n}";
  LARDER_CHECK(flush());
  return true;
}

}  // namespace

Result<void> write_tree(Store& store, const std::string& tmp_folder, const std::string& path, const repo::Tree& tree) {
  if (!tree.cacheable()) return {};
  LARDER_CHECK(store.make_folders(tmp_folder));
  LARDER_CHECK(store.make_folders(fs::parent_of(path)));
  LARDER_TRY(auto file, fs::AtomicFile::create(store.disk(), store.temp_name(tmp_folder)));
  LARDER_TRY(const bool is_written, write_json(file, tree));
  if (!is_written) return {};
  LARDER_CHECK(file.sync());
  LARDER_CHECK(file.rename_to(path));
  return store.disk().sync_folder(fs::parent_of(path));
}

}  // namespace larder::store
