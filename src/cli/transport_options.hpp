// How requests go out: proxy, certificates, user agent, memory.
#pragma once

#include <larder/config/load.hpp>
#include <larder/net/curl_transport.hpp>

#include <cstdint>
#include <string>

namespace larder::cli {

/// --max-memory is one ceiling for two things: the receive buffers of libcurl, each counted twice and together at most a quarter of it, and
/// the pieces of the pool, three eighths. With the default of 32 MiB the whole program stays below 40 MiB. Bytes.
struct MemoryShare {
  std::uint64_t receive_buffer = 0;
  std::uint64_t pool = 0;
};
MemoryShare share_memory(const config::Settings& settings);

net::TransportOptions transport_options(const config::Loaded& config);

/// "larder/1.0; origin/x".
std::string user_agent(const config::Settings& settings);

}  // namespace larder::cli
