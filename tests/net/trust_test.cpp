#include "net/trust.hpp"

#include "support/catch.hpp"

#include <set>

using namespace larder::net;

TEST_CASE("choose_trust: settings replace the system's store, the file before the folder", "[net][trust]") {
  struct Case {
    std::string ca_file, ca_folder;
    std::set<std::string> there;
    std::string file, folder;
  };
  const std::string debian = "/etc/ssl/certs/ca-certificates.crt";
  for (const Case& c : {
           Case{"/my.pem", "/my", {"/built.pem"}, "/my.pem", ""}, Case{"", "/my", {"/built.pem"}, "", "/my"},
           Case{"", "", {"/built.pem", debian}, "/built.pem", ""}, Case{"", "", {debian}, debian, ""},
           Case{"", "", {"/etc/pki/tls/certs/ca-bundle.crt"}, "/etc/pki/tls/certs/ca-bundle.crt", ""}, Case{"", "", {}, "", "/built"},
           Case{"/missing.pem", "", {debian}, "/missing.pem", ""},  // a wrong setting fails, it is not ignored
       }) {
    NetworkSettings settings;
    settings.ca_file = c.ca_file;
    settings.ca_folder = c.ca_folder;
    const Trust trust = choose_trust(settings, {"/built.pem", "/built"}, [&](const std::string& path) { return c.there.count(path) > 0; });
    CHECK(trust.file == c.file);
    CHECK(trust.folder == c.folder);
  }
}
