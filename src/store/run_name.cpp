#include "store/run_name.hpp"

#include "base/hex.hpp"

namespace larder::store {

bool is_run(std::string_view text) {
  constexpr std::size_t kDigits = 8;
  return text.size() == kDigits && is_lower_hex(text);
}

std::string_view run_of(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const auto run = name.substr(dot + 1);
  return is_run(run) ? run : std::string_view{};
}

}  // namespace larder::store
