#include "cli/transport_options.hpp"

#include <algorithm>

namespace larder::cli {
namespace {

constexpr int kMostAdaptive = 32;                      // connections, when --jobs does not say (engine.md §4)
constexpr int kConnections = 64;                       // over all hosts, API calls among them
constexpr std::uint64_t kLargestReceive = 128 * 1024;  // measured: twice that costs no less CPU and 4 MiB more memory
constexpr std::uint64_t kSmallestReceive = 16 * 1024;  // libcurl takes no less

}  // namespace

MemoryShare share_memory(const config::Settings& settings) {
  const auto connections = static_cast<std::uint64_t>(settings.jobs > 0 ? settings.jobs : kMostAdaptive);
  MemoryShare share;
  // A paused transfer holds its receive buffer twice: what had come when it was paused, and the buffer itself.
  share.receive_buffer = std::clamp(settings.max_memory / 8 / connections, kSmallestReceive, kLargestReceive);
  // More pieces hold more that came ahead of the digest, and save no time (measured). What is left is for what is kept beside them.
  share.pool = settings.max_memory * 3 / 8;
  return share;
}

net::TransportOptions transport_options(const config::Loaded& config) {
  const auto& settings = config.settings;
  net::TransportOptions options;
  options.network.http_proxy = settings.http_proxy;
  options.network.https_proxy = settings.https_proxy;
  // A variable, whenever there is a proxy: no flag and no file sets one.
  if (!settings.http_proxy.empty()) options.network.http_proxy_name = config.source("http_proxy").from;
  if (!settings.https_proxy.empty()) options.network.https_proxy_name = config.source("https_proxy").from;
  options.network.no_proxy = settings.no_proxy;
  options.network.ca_file = settings.ca_file;
  options.network.ca_folder = settings.ca_folder;
  options.network.user_agent = user_agent(settings);
  options.limit_rate = settings.limit_rate;
  options.receive_buffer = share_memory(settings).receive_buffer;
  options.max_connections = std::max(kConnections, settings.jobs);
  return options;
}

std::string user_agent(const config::Settings& settings) {
  const std::string own = "larder/" LARDER_VERSION;
  return settings.user_agent_origin.empty() ? own : own + "; origin/" + settings.user_agent_origin;
}

}  // namespace larder::cli
