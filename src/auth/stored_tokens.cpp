#include <larder/auth/stored_tokens.hpp>

#include "base/text.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace larder::auth {
namespace {

constexpr std::string_view kDefaults = "DEFAULT";

class Reader {
 public:
  Result<std::vector<StoredToken>> run(std::string_view text) {
    if (!is_utf8(text)) return fail(ErrorCode::InvalidConfig, "it is not UTF-8");
    while (!text.empty()) {
      ++number_;
      LARDER_CHECK(take(next_line(text)));
    }
    strip_ends(defaults_);
    for (auto& section : sections_) {
      strip_ends(section);
      for (const auto& [key, value] : defaults_.values()) {
        if (!section.value(key)) section.set(key, value);
      }
    }
    return std::move(sections_);
  }

 private:
  [[nodiscard]] auto fail_here(const std::string& reason) const {
    return fail(ErrorCode::InvalidConfig, "line " + std::to_string(number_) + ": " + reason);
  }

  /// Takes a line off `text`, ended as on any system: \n, \r\n or \r.
  static std::string_view next_line(std::string_view& text) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : std::min<std::size_t>(1, text.size() - end)));
    return line;
  }

  /// Blank lines belong to the value they follow, unless nothing comes behind them.
  static void strip_ends(StoredToken& section) {
    const auto values = section.values();
    for (const auto& [key, value] : values) section.set(key, value.substr(0, value.find_last_not_of(" \t\n\v\f") + 1));
  }

  Result<void> take(std::string_view line) {
    const auto content = trim(line);
    if (content.empty()) {
      if (here_ != nullptr && !key_.empty()) here_->set(key_, *here_->value(key_) + "\n");
      return {};
    }
    if (content.front() == '#' || content.front() == ';') return {};
    const auto indent = line.find_first_not_of(" \t");
    if (here_ != nullptr && !key_.empty() && indent > key_indent_) {  // deeper than its key: the value goes on
      here_->set(key_, *here_->value(key_) + "\n" + std::string(content));
      return {};
    }
    key_indent_ = indent;
    const auto close = content.rfind(']');  // the last one: names may hold brackets
    if (content.front() == '[' && close != std::string_view::npos && close > 1)
      return begin_section(std::string(content.substr(1, close - 1)));
    return take_key(content);
  }

  Result<void> begin_section(std::string name) {
    key_.clear();
    if (name == kDefaults) {
      here_ = &defaults_;
      return {};
    }
    const bool is_there =
        std::any_of(sections_.begin(), sections_.end(), [&](const StoredToken& section) { return section.name() == name; });
    if (is_there) return fail_here("a section comes twice");
    sections_.emplace_back(std::move(name));
    here_ = &sections_.back();
    return {};
  }

  Result<void> take_key(std::string_view content) {
    const auto delimiter = content.find_first_of("=:");
    if (here_ == nullptr) return fail_here("a key comes before the first section");
    if (delimiter == std::string_view::npos || delimiter == 0) return fail_here("neither a section nor a key");
    key_ = to_lower(trim(content.substr(0, delimiter)));
    if (here_->value(key_)) return fail_here("a key comes twice");
    here_->set(key_, std::string(trim(content.substr(delimiter + 1))));
    return {};
  }

  std::vector<StoredToken> sections_;
  StoredToken defaults_{std::string(kDefaults)};
  StoredToken* here_ = nullptr;  // the last of sections_, or defaults_
  std::string key_;
  std::size_t key_indent_ = 0;
  std::size_t number_ = 0;
};

}  // namespace

std::optional<std::int64_t> StoredToken::expires_at() const {
  const auto text = value("expires_at");
  if (!text) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  const bool is_whole = problem == std::errc{} && end == text->data() + text->size();
  return is_whole ? std::optional(seconds) : std::nullopt;
}

void StoredToken::set(std::string_view key, std::string value) {
  const auto found = std::find_if(values_.begin(), values_.end(), [&](const auto& pair) { return pair.first == key; });
  if (found != values_.end()) {
    found->second = std::move(value);
  } else {
    values_.emplace_back(key, std::move(value));
  }
}

std::optional<std::string> StoredToken::value(std::string_view key) const {
  const auto found = std::find_if(values_.begin(), values_.end(), [&](const auto& pair) { return pair.first == key; });
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::vector<StoredToken>> parse_stored_tokens(std::string_view text) { return Reader().run(text); }

std::string format_stored_tokens(std::vector<StoredToken> tokens) {
  // Bytes of UTF-8 sort as their code points do.
  std::sort(tokens.begin(), tokens.end(), [](const StoredToken& a, const StoredToken& b) { return a.name() < b.name(); });
  std::string text;
  for (const auto& token : tokens) {
    text += "[" + token.name() + "]\n";
    for (const auto& [key, value] : token.values()) {
      text += key + " = ";
      for (const char c : value) text += c == '\n' ? std::string("\n\t") : std::string(1, c);
      text += "\n";
    }
    text += "\n";
  }
  return text;
}

bool is_section_name(std::string_view name) {
  const bool has_control = std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return !name.empty() && name != kDefaults && !has_control && trim(name) == name;
}

}  // namespace larder::auth
