#include "net/trust.hpp"

#include <array>

namespace larder::net {
namespace {

/// Debian and Arch, Fedora, openSUSE, Alpine and the BSDs.
constexpr std::array<const char*, 4> kBundles = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                                 "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

}  // namespace

Trust choose_trust(const NetworkSettings& settings, const BuiltInTrust& built_in, const std::function<bool(const std::string&)>& exists) {
  if (!settings.ca_file.empty()) return {settings.ca_file, {}};
  if (!settings.ca_folder.empty()) return {{}, settings.ca_folder};
  if (!built_in.file.empty() && exists(built_in.file)) return {built_in.file, {}};
  for (const char* bundle : kBundles) {
    if (exists(bundle)) return {bundle, {}};
  }
  return {{}, built_in.folder};
}

}  // namespace larder::net
