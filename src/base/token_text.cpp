#include <larder/base/token_text.hpp>

#include "base/text.hpp"

#include <algorithm>

namespace larder {

std::string clean_token(std::string_view raw) {
  std::string token(raw);
  std::erase_if(token, [](char c) { return c == '\r' || c == '\n'; });
  return std::string(trim(token));
}

bool is_possible_token(std::string_view token) {
  return std::all_of(token.begin(), token.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace larder
