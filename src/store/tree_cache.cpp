// Reads trees/<commit>.json as a stream of events: a listing of millions of files needs no more memory than the packed tree.
#include "store/tree_cache.hpp"

#include "base/hex.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <istream>
#include <limits>
#include <streambuf>

namespace larder::store {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::size_t kLongestToken = 1024 * 1024;  // hub-protocol.md "Limits"
constexpr std::uint64_t kLargestFile = 4ULL << 30U;
constexpr std::int64_t kFormatVersion = 1;

/// Feeds a document to the parser. The parser keeps a whole token in memory, so a token longer than kLongestToken ends the input.
class TokenBoundedInput final : public std::streambuf {
 public:
  explicit TokenBoundedInput(const ReadAt& read) : read_(read) {}

 protected:
  int_type underflow() override {
    if (ended_) return traits_type::eof();
    const auto got = read_(std::as_writable_bytes(std::span(buffer_)), offset_);
    if (!got || *got == 0 || !tokens_are_short({buffer_.data(), *got})) {
      ended_ = true;
      return traits_type::eof();
    }
    offset_ += *got;
    setg(buffer_.data(), buffer_.data(), buffer_.data() + *got);
    return traits_type::to_int_type(buffer_[0]);
  }

 private:
  bool tokens_are_short(std::string_view bytes) {
    for (const char c : bytes) {
      if (++token_ > kLongestToken) return false;
      if (in_string_) {
        if (escaped_) {
          escaped_ = false;
        } else if (c == '\\') {
          escaped_ = true;
        } else if (c == '"') {
          in_string_ = false;
          token_ = 0;
        }
      } else if (c == '"') {
        in_string_ = true;
        token_ = 0;
      } else if (c == ',' || c == ':' || c == '\n' || c == ' ' || c == '{' || c == '}' || c == '[' || c == ']') {
        token_ = 0;
      }
    }
    return true;
  }

  const ReadAt& read_;
  std::uint64_t offset_ = 0;
  std::array<char, kBuffer> buffer_{};
  std::size_t token_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool ended_ = false;
};

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> digest_bytes(digest::Algorithm algorithm, const std::string& hex) {
  if (!is_lower_hex(hex)) return std::nullopt;
  const auto digest = digest::Digest::from_hex(algorithm, hex);
  if (!digest) return std::nullopt;
  std::array<std::uint8_t, N> bytes{};
  const auto from = digest->bytes();
  std::copy(from.begin(), from.end(), bytes.begin());
  return bytes;
}

/// Walks the document; level 1 is the root object, 2 "files", 3 one file. What is not known is stepped over. Each handler returns false to
/// end the parse: the whole listing is then treated as absent.
class TreeHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_float(double, const std::string&) override { return value(); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool number_integer(std::int64_t number) override { return number < 0 ? value() : number_unsigned(static_cast<std::uint64_t>(number)); }
  bool number_unsigned(std::uint64_t number) override {
    if (skipped_ > 0) return true;
    if (level_ == 1 && key_ == "format_version") {
      version_seen_ = number == static_cast<std::uint64_t>(kFormatVersion);
      return version_seen_;
    }
    if (level_ != 3) return value();
    if (key_ == "size") size_ = number;
    if (key_ == "lfs_size") lfs_size_ = number;
    return true;
  }
  bool string(std::string& text) override {
    if (skipped_ > 0) return true;
    if (level_ != 3) return value();
    if (key_ == "blob_id") return take(git_oid_, digest::Algorithm::GitSha1, text);
    if (key_ == "lfs_sha256") return take(lfs_sha256_, digest::Algorithm::Sha256, text);
    if (key_ == "xet_hash") return take(xet_hash_, digest::Algorithm::Sha256, text);
    return true;
  }
  bool start_object(std::size_t) override {
    if (skipped_ > 0 || (level_ == 1 && key_ != "files") || level_ == 3) return skip();
    if (level_ == 1 && files_seen_) return false;
    files_seen_ = files_seen_ || level_ == 1;
    if (level_ == 2) begin_file();
    ++level_;
    return true;
  }
  bool end_object() override {
    if (skipped_ > 0) return unskip();
    --level_;
    return level_ == 2 ? end_file() : true;
  }
  bool start_array(std::size_t) override { return level_ == 0 || level_ == 2 ? false : skip(); }
  bool end_array() override { return unskip(); }
  bool key(std::string& text) override {
    if (skipped_ == 0) key_ = text;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

  [[nodiscard]] bool complete() const { return version_seen_ && files_seen_ && level_ == 0; }
  repo::TreeBuilder& builder() { return builder_; }

 private:
  // A plain value where an object belongs is damage; inside a file or at the root it is a field not known here.
  bool value() const { return skipped_ > 0 || level_ == 3 || (level_ == 1 && key_ != "files" && key_ != "format_version"); }
  bool skip() {
    ++skipped_;
    return true;
  }
  bool unskip() {
    --skipped_;
    return true;
  }
  template <std::size_t N>
  static bool take(std::optional<std::array<std::uint8_t, N>>& into, digest::Algorithm algorithm, const std::string& text) {
    into = digest_bytes<N>(algorithm, text);
    return into.has_value();
  }
  void begin_file() {
    path_ = key_;
    size_.reset();
    lfs_size_.reset();
    git_oid_.reset();
    lfs_sha256_.reset();
    xet_hash_.reset();
  }
  bool end_file() {
    if (!size_ || !git_oid_ || *size_ > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    if (lfs_sha256_ && lfs_size_ && *lfs_size_ != *size_) return false;
    repo::FileEntry file;
    file.path = path_;
    file.size = *size_;
    file.git_oid = *git_oid_;
    file.lfs_sha256 = lfs_sha256_;
    file.xet_hash = xet_hash_;
    return builder_.add(file).has_value();
  }

  repo::TreeBuilder builder_;
  int level_ = 0;
  int skipped_ = 0;
  bool version_seen_ = false;
  bool files_seen_ = false;
  std::string key_;
  std::string path_;
  std::optional<std::uint64_t> size_;
  std::optional<std::uint64_t> lfs_size_;
  std::optional<std::array<std::uint8_t, 20>> git_oid_;
  std::optional<std::array<std::uint8_t, 32>> lfs_sha256_;
  std::optional<std::array<std::uint8_t, 32>> xet_hash_;
};

}  // namespace

std::optional<repo::Tree> parse_tree(const ReadAt& read) {
  TokenBoundedInput input(read);
  std::istream stream(&input);
  TreeHandler handler;
  if (!nlohmann::json::sax_parse(stream, &handler) || !handler.complete()) return std::nullopt;
  auto tree = handler.builder().finish();
  if (!tree) return std::nullopt;
  return std::move(*tree);
}

Result<std::optional<repo::Tree>> read_tree(fs::Disk& disk, const std::string& path) {
  const std::optional<repo::Tree> absent;
  const auto looked = disk.look(path);
  if (!looked && looked.error().code == ErrorCode::PermissionDenied) return absent;
  LARDER_TRY(const auto facts, looked);
  if (!facts || facts->kind != fs::FileKind::Regular || facts->size > kLargestFile) return absent;
  const auto fd = disk.open_read(path);
  if (!fd) return absent;
  return parse_tree([&](std::span<std::byte> into, std::uint64_t offset) { return disk.read_at(fd->value(), into, offset); });
}

}  // namespace larder::store
