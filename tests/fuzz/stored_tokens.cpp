// The file of named tokens: written as configparser does, it reads the same again, and nothing of it stands in an error.
#include <larder/auth/stored_tokens.hpp>

#include "fuzz/fuzz.hpp"

#include <algorithm>

using namespace larder;

namespace {

bool can_be_written(const auth::StoredToken& token) {
  return auth::is_section_name(token.name()) && std::all_of(token.values().begin(), token.values().end(),
                                                            [](const auto& pair) { return pair.second.find('\n') == std::string::npos; });
}

void sort_by_name(std::vector<auth::StoredToken>& tokens) {
  std::sort(tokens.begin(), tokens.end(), [](const auto& a, const auto& b) { return a.name() < b.name(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  auto tokens = auth::parse_stored_tokens(fuzz::text_of(bytes, size));
  if (!tokens) {
    fuzz::must(tokens.error().code == ErrorCode::InvalidConfig);
    return 0;
  }
  if (!std::all_of(tokens->begin(), tokens->end(), can_be_written)) return 0;
  const std::string written = auth::format_stored_tokens(*tokens);
  auto again = auth::parse_stored_tokens(written);
  fuzz::must(again.has_value());
  sort_by_name(*tokens);
  sort_by_name(*again);
  fuzz::must(std::equal(tokens->begin(), tokens->end(), again->begin(), again->end(),
                        [](const auto& a, const auto& b) { return a.name() == b.name() && a.values() == b.values(); }));
  fuzz::must(auth::format_stored_tokens(*again) == written);
  return 0;
}
