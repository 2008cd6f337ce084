#include "store/journal.hpp"

#include "digest/crc32c.hpp"
#include "fs/plain_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace larder::store {
namespace {

constexpr std::string_view kMagic = "larder-journal 1 ";
constexpr std::size_t kCrcLength = 8;
constexpr std::size_t kLongestLine = 4096;
constexpr std::uint64_t kReadLimit = 16ULL << 20U;

std::string sealed(std::string text) {
  const std::uint32_t crc = digest::crc32c(text);
  return fmt::format("{} {:08x}\n", text, crc);
}

/// The text of the next whole line whose checksum is right, taken off `rest`; nullopt: none.
std::optional<std::string_view> next_line(std::string_view& rest) {
  const auto end = rest.substr(0, kLongestLine).find('\n');
  if (end == std::string_view::npos || end < kCrcLength + 2) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  const std::string_view text = line.substr(0, end - kCrcLength - 1);
  if (line[text.size()] != ' ') return std::nullopt;
  if (line.substr(text.size() + 1) != fmt::format("{:08x}", digest::crc32c(text))) return std::nullopt;
  rest.remove_prefix(end + 1);
  return text;
}

std::optional<digest::Digest> parse_digest(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  auto digest = digest::Digest::from_hex(std::string_view(text).substr(colon + 1));
  if (!digest || digest->text() != text) return std::nullopt;
  return *digest;
}

std::optional<JournalHeader> parse_header(std::string_view line) {
  if (!line.starts_with(kMagic)) return std::nullopt;
  const auto json = nlohmann::json::parse(line.substr(kMagic.size()), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto size = json.find("size");
  const auto digest = json.find("digest");
  const auto boot = json.find("boot");
  if (size == json.end() || !size->is_number_unsigned() || digest == json.end() || !digest->is_string()) return std::nullopt;
  if (boot == json.end() || !boot->is_string()) return std::nullopt;
  const auto parsed = parse_digest(digest->get<std::string>());
  if (!parsed) return std::nullopt;
  return JournalHeader{size->get<std::uint64_t>(), *parsed, boot->get<std::string>()};
}

struct Record {
  char kind = 0;
  ByteRange range;
};

std::optional<Record> parse_record(std::string_view line) {
  if (line.size() < 5 || (line[0] != 'w' && line[0] != 'd') || line[1] != ' ') return std::nullopt;
  Record record{line[0], {}};
  const char* const end = line.data() + line.size();
  const auto begin = std::from_chars(line.data() + 2, end, record.range.begin);
  if (begin.ec != std::errc{} || begin.ptr == end || *begin.ptr != ' ') return std::nullopt;
  const auto finish = std::from_chars(begin.ptr + 1, end, record.range.end);
  if (finish.ec != std::errc{} || finish.ptr != end || record.range.empty()) return std::nullopt;
  return record;
}

}  // namespace

std::string format_header(const JournalHeader& header) {
  nlohmann::ordered_json json;
  json["size"] = header.size;
  json["digest"] = header.digest.text();
  json["boot"] = header.boot;
  return sealed(std::string(kMagic) + json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
}

std::string format_record(char kind, ByteRange range) { return sealed(fmt::format("{} {} {}", kind, range.begin, range.end)); }

std::optional<JournalContent> parse_journal(std::string_view text) {
  const auto first = next_line(text);
  if (!first) return std::nullopt;
  auto header = parse_header(*first);
  if (!header) return std::nullopt;
  JournalContent content{std::move(*header), {}, {}};
  // A torn or wrong line ends the reading: what follows it was written by nobody who knew of it.
  while (const auto line = next_line(text)) {
    const auto record = parse_record(*line);
    if (!record) break;
    if (record->range.end > content.header.size) return std::nullopt;
    (record->kind == 'd' ? content.durable : content.written).add(record->range);
  }
  return content;
}

Result<std::optional<JournalContent>> read_journal(fs::Disk& disk, const std::string& path) {
  LARDER_TRY(const auto text, fs::read_plain(disk, path, kReadLimit));
  return text ? parse_journal(*text) : std::nullopt;
}

}  // namespace larder::store
