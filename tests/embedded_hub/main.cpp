// larder-hub: a Hub on this machine, out of folders; for the demonstration in README.md and for tests driven from outside.
#include "support/fake_hub.hpp"
#include "support/hub_folder.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace larder::test;

constexpr const char* kUsage =
    R"(usage: larder-hub serve [--root FOLDER]... [--source FOLDER --id ORG/NAME [--type model|dataset|space|kernel]]
                       [--port N] [--port-file FILE] [--tls] [--ca-file FILE] [--token-required] [--direct]
                       [--page-size N] [--log FILE] [--fault TARGET=SCENARIO]...

Serves the Hub's read API on 127.0.0.1 until SIGTERM or SIGINT, and prints its endpoint, to be used as HF_ENDPOINT.
  --root FOLDER      repositories described by FOLDER/<type>s/ORG/NAME/repo.json
  --source FOLDER    any folder as the repository ORG/NAME
  --port N           0 (default): a free one;  --port-file FILE: write its number there when it listens
  --tls              https, by an authority made for this run; --ca-file FILE: write its certificate there
  --direct           files are answered by `resolve` itself, without redirects to a CDN's origin
  --log FILE         on exit, one line a request: port method target status bytes range auth
  --fault T=S        e.g. model.bin=cut:1000, resolve:*=429s:2, api:tree=infpages (docs/reliability.md)
)";

struct Settings {
  FakeHubOptions hub;
  std::vector<std::string> roots;
  std::string source, id, type = "model";
  std::string port_file, ca_file, log_file;
  std::vector<std::string> faults;
};

Settings read_arguments(const std::vector<std::string>& words) {
  if (words.empty() || words[0] != "serve") throw std::invalid_argument("the command is: serve");
  Settings settings;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& flag = words[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 >= words.size()) throw std::invalid_argument(flag + " needs a value");
      return words[++i];
    };
    if (flag == "--root")
      settings.roots.push_back(value());
    else if (flag == "--source")
      settings.source = value();
    else if (flag == "--id")
      settings.id = value();
    else if (flag == "--type")
      settings.type = value();
    else if (flag == "--port")
      settings.hub.port = static_cast<std::uint16_t>(std::stoul(value()));
    else if (flag == "--port-file")
      settings.port_file = value();
    else if (flag == "--tls")
      settings.hub.certificate = CertificateKind::Good;
    else if (flag == "--ca-file")
      settings.ca_file = value();
    else if (flag == "--token-required")
      settings.hub.needs_token = true;
    else if (flag == "--direct")
      settings.hub.serves_directly = true;
    else if (flag == "--page-size")
      settings.hub.page_size = std::stoul(value());
    else if (flag == "--log")
      settings.log_file = value();
    else if (flag == "--fault")
      settings.faults.push_back(value());
    else
      throw std::invalid_argument("unknown flag " + flag);
  }
  if (settings.source.empty() != settings.id.empty()) throw std::invalid_argument("--source and --id go together");
  if (settings.roots.empty() && settings.source.empty()) throw std::invalid_argument("nothing to serve: give --root or --source");
  return settings;
}

void fill(FakeHub& hub, const Settings& settings) {
  for (const std::string& root : settings.roots) {
    HubFolder folder = read_hub_folder(root);
    for (HubRepo& repo : folder.repos) hub.put(std::move(repo));
    for (const auto& move : folder.moves) hub.move(move.type, move.from, move.to);
  }
  if (!settings.source.empty()) hub.put(repo_of_folder(settings.source, settings.id, settings.type));
  for (const std::string& fault : settings.faults) {
    const auto equals = fault.find('=');
    if (equals == std::string::npos) throw std::invalid_argument("--fault TARGET=SCENARIO");
    hub.fault(fault.substr(0, equals), fault.substr(equals + 1));
  }
}

void write_log(FakeHub& hub, const std::string& file) {
  std::ofstream out(file);
  const auto write = [&](const char* name, LoopbackServer& server) {
    for (const LogEntry& entry : server.log()) {
      const std::string* range = entry.request.header("range");
      out << name << ' ' << entry.request.method << ' ' << entry.request.target << ' ' << entry.status << ' ' << entry.body_bytes << ' '
          << (range != nullptr ? *range : "-") << ' ' << (entry.request.header("authorization") != nullptr ? "auth" : "-") << '\n';
    }
  };
  write("hub", hub.server());
  write("cdn", hub.cdn());
  write("canary", hub.canary());
}

// Written aside and renamed, so that whoever waits for the file never reads half of it.
void write_file(const std::string& path, const std::string& text) {
  const std::string aside = path + ".new";
  std::ofstream(aside) << text;
  if (std::rename(aside.c_str(), path.c_str()) != 0) throw std::runtime_error("can't write " + path);
}

int serve(const Settings& settings) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, nullptr);  // before the first thread, so that only sigwait() sees them
  FakeHub hub(settings.hub);
  fill(hub, settings);
  if (!settings.ca_file.empty()) write_file(settings.ca_file, hub.server().ca_pem());
  if (!settings.port_file.empty()) write_file(settings.port_file, std::to_string(hub.server().port()) + "\n");
  std::printf("%s\n", hub.endpoint().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  if (!settings.log_file.empty()) write_log(hub, settings.log_file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(read_arguments({argv + 1, argv + argc}));
  } catch (const std::invalid_argument& wrong) {
    std::fprintf(stderr, "larder-hub: %s\n%s", wrong.what(), kUsage);
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "larder-hub: %s\n", failure.what());
    return 1;
  }
}
