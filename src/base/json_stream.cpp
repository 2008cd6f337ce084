#include "base/json_stream.hpp"

#include "base/json_cleaner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace larder {
namespace {

// Pulls raw bytes, cleans them and shows them as the characters the parser reads.
class CleanReader {
 public:
  CleanReader(const JsonBytes& bytes, std::uint64_t limit) : bytes_(bytes), limit_(limit), raw_(kPiece) {}

  [[nodiscard]] bool at_end() { return at_ == clean_.size() && !refill(); }
  [[nodiscard]] const char& front() const { return clean_[at_]; }
  void advance() { ++at_; }
  [[nodiscard]] std::optional<Error> take_error() { return std::exchange(error_, std::nullopt); }

 private:
  static constexpr std::size_t kPiece = 64 * 1024;

  bool refill() {
    clean_.clear();
    at_ = 0;
    while (clean_.empty() && !is_over_) read_piece();
    return !clean_.empty();
  }

  void read_piece() {
    auto got = bytes_(raw_);
    if (!got) return give_up(std::move(got).error());
    taken_ += *got;
    if (taken_ > limit_) {
      Error error;
      error.code = ErrorCode::BadResponse;
      error.message = fmt::format("json: longer than {} bytes", limit_);
      return give_up(std::move(error));
    }
    is_over_ = *got == 0;
    cleaner_.feed({raw_.data(), *got}, is_over_ ? JsonCleaner::Piece::Last : JsonCleaner::Piece::More, clean_);
  }

  void give_up(Error error) {
    error_ = std::move(error);
    is_over_ = true;
    clean_.clear();
  }

  const JsonBytes& bytes_;
  std::uint64_t limit_;
  std::uint64_t taken_ = 0;
  std::vector<char> raw_;
  std::string clean_;
  std::size_t at_ = 0;
  bool is_over_ = false;
  JsonCleaner cleaner_;
  std::optional<Error> error_;
};

// What nlohmann's parser wants to see of a reader; the default one is the end.
class CharIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CharIterator() = default;
  explicit CharIterator(CleanReader& reader) : reader_(&reader) {}
  reference operator*() const { return reader_->front(); }
  CharIterator& operator++() {
    reader_->advance();
    return *this;
  }
  friend bool operator==(const CharIterator& left, const CharIterator& right) { return left.is_end() == right.is_end(); }

 private:
  [[nodiscard]] bool is_end() const { return reader_ == nullptr || reader_->at_end(); }
  CleanReader* reader_ = nullptr;
};

// Builds values from parser events; hands the elements of the streamed container on instead of keeping them.
class Builder {
 public:
  Builder(const JsonLimits& limits, const JsonStreamAt& at, const JsonElementSink& sink) : limits_(limits), at_(at), sink_(sink) {}

  // The names below are those nlohmann::json_sax asks for.
  bool null() { return take(Json()); }
  bool boolean(bool value) { return take(Json(value)); }
  bool number_integer(std::int64_t value) { return take(Json(value)); }
  bool number_unsigned(std::uint64_t value) { return take(Json(value)); }
  bool number_float(double value, const std::string&) { return take(Json(value)); }
  bool string(std::string& value) { return is_short(value) && take(Json(std::move(value))); }
  bool binary(Json::binary_t&) { return refuse("binary value"); }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& value) {
    if (!is_short(value)) return false;
    auto& frame = open_.back();
    frame.key = std::move(value);
    if (!frame.is_streamed && frame.container.contains(frame.key)) return refuse("the key appears twice");
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    return refuse(fmt::format("malformed at byte {}", position));
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  Json take_root() { return std::move(root_); }

 private:
  struct Frame {
    Json container;
    std::string key;          // in an object: of the member being read
    std::uint64_t index = 0;  // in an array: of the element being read
    bool is_streamed = false;
  };

  [[nodiscard]] std::string pointer() const {
    std::string out;
    for (const auto& frame : open_) {
      out = json_pointer_child(out, frame.container.is_array() ? std::to_string(frame.index) : frame.key);
    }
    return out;
  }

  bool refuse(std::string_view why) {
    Error error;
    error.code = ErrorCode::BadResponse;
    error.message = fmt::format("json '{}': {}", pointer(), why);
    error_ = std::move(error);
    return false;
  }

  bool is_short(const std::string& value) {
    return value.size() <= limits_.string_bytes || refuse(fmt::format("a string longer than {} bytes", limits_.string_bytes));
  }

  bool open(Json container) {
    if (open_.size() >= limits_.depth) return refuse(fmt::format("more than {} levels", limits_.depth));
    const bool is_wanted =
        at_.member.empty() ? open_.empty() : open_.size() == 1 && open_.front().container.is_object() && open_.front().key == at_.member;
    open_.push_back({std::move(container), {}, 0, sink_ != nullptr && is_wanted});
    return true;
  }

  bool close() {
    Json done = std::move(open_.back().container);
    open_.pop_back();
    return take(std::move(done));
  }

  bool take(Json value) {
    if (++elements_ > limits_.elements) return refuse(fmt::format("more than {} values", limits_.elements));
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    auto& parent = open_.back();
    if (parent.is_streamed) {
      if (!hand_on(value)) return false;
    } else if (parent.container.is_array()) {
      parent.container.push_back(std::move(value));
    } else {
      parent.container.emplace(parent.key, std::move(value));
    }
    ++parent.index;
    return true;
  }

  bool hand_on(Json& value) {
    auto taken = sink_(open_.back().key, value);
    if (taken) return true;
    error_ = std::move(taken).error();
    error_->context.insert(error_->context.begin(), fmt::format("json '{}'", pointer()));
    return false;
  }

  const JsonLimits& limits_;
  const JsonStreamAt& at_;
  const JsonElementSink& sink_;
  std::vector<Frame> open_;
  Json root_;
  std::uint64_t elements_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<Json> read_json(const JsonBytes& bytes, const JsonLimits& limits, const JsonStreamAt& at, const JsonElementSink& sink) {
  CleanReader reader(bytes, limits.bytes);
  Builder builder(limits, at, sink);
  const bool is_read = Json::sax_parse(CharIterator(reader), CharIterator(), &builder);
  // A source that failed looks like a document cut short: its own error says more.
  if (auto error = reader.take_error()) return fail(std::move(*error));
  if (builder.error()) return fail(*builder.error());
  if (!is_read) return fail(ErrorCode::BadResponse, "json: malformed");
  return builder.take_root();
}

Result<Json> read_json(std::string_view text, const JsonLimits& limits, const JsonStreamAt& at, const JsonElementSink& sink) {
  const JsonBytes bytes = [&text](std::span<char> space) -> Result<std::size_t> {
    const auto count = text.copy(space.data(), space.size());
    text.remove_prefix(count);
    return count;
  };
  return read_json(bytes, limits, at, sink);
}

}  // namespace larder
