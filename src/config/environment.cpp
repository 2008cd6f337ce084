#include <larder/config/load.hpp>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <climits>

namespace larder::config {

Variables process_environment() {
  Variables result;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    result.emplace(text.substr(0, equals), text.substr(equals + 1));  // the first of two equal names, as getenv
  }
  return result;
}

LoadInputs process_inputs() {
  LoadInputs inputs;
  inputs.environment = process_environment();
  std::array<char, PATH_MAX> folder{};
  if (::getcwd(folder.data(), folder.size()) != nullptr && folder[0] == '/') inputs.working_folder = folder.data();
  const auto home = inputs.environment.find("HOME");
  // Only if needed: the look-up loads name service modules.
  if (home == inputs.environment.end() || home->second.empty()) {
    const auto* account = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): before any thread
    inputs.account_home = account != nullptr && account->pw_dir != nullptr ? account->pw_dir : "/";
  }
  return inputs;
}

}  // namespace larder::config
