#include "config/trust.hpp"

#include <larder/config/table.hpp>

#include <sys/stat.h>

#include <string_view>

namespace larder::config {
namespace {

bool is_folder(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

}  // namespace

void choose_trust(const Variables& environment, Loaded& loaded) {
  for (const std::string_view name : {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) continue;
    const bool is_list = name == "SSL_CERT_DIR" || (name != "SSL_CERT_FILE" && is_folder(found->second));
    (is_list ? loaded.settings.ca_folder : loaded.settings.ca_file) = found->second;
    loaded.sources[*find_row(is_list ? "ca_folder" : "ca_file")] = {Origin::Environment, std::string(name)};
    return;
  }
}

}  // namespace larder::config
