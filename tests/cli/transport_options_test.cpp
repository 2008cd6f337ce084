#include "cli/transport_options.hpp"

#include "support/catch.hpp"

using larder::cli::share_memory;
using larder::cli::transport_options;

TEST_CASE("One ceiling holds what libcurl may keep, twice a connection, and the pool") {
  constexpr std::uint64_t kMiB = 1024 * 1024;
  larder::config::Settings settings;
  for (const std::uint64_t memory : {8 * kMiB, 32 * kMiB, 64 * kMiB, 1024 * kMiB}) {
    for (const int jobs : {0, 1, 8, 32, 64, 128}) {
      settings.max_memory = memory;
      settings.jobs = jobs;
      const auto share = share_memory(settings);
      const auto connections = static_cast<std::uint64_t>(jobs > 0 ? jobs : 32);
      CAPTURE(memory, jobs);
      CHECK(2 * share.receive_buffer * connections + share.pool <= memory);
      CHECK(share.pool >= memory * 3 / 8);
    }
  }
}

TEST_CASE("By default the buffers leave the program its half of 40 MiB, whatever the connections") {
  constexpr std::uint64_t kMiB = 1024 * 1024;
  larder::config::Settings settings;
  for (const int jobs : {0, 1, 8, 32, 64, 128}) {
    settings.jobs = jobs;
    const auto share = share_memory(settings);
    const auto connections = static_cast<std::uint64_t>(jobs > 0 ? jobs : 32);
    CAPTURE(jobs);
    CHECK(2 * share.receive_buffer * connections + share.pool <= 20 * kMiB);
  }
}

TEST_CASE("A proxy is known by the variable that named it") {
  larder::config::LoadInputs inputs;
  inputs.working_folder = "/";
  inputs.environment = {{"HOME", "/home/me"}, {"ALL_PROXY", "socks://x"}, {"HTTP_PROXY", "ftp://y"}};
  const auto loaded = larder::config::load(inputs);
  REQUIRE(loaded);
  const auto network = transport_options(*loaded).network;
  CHECK(network.http_proxy_name == "HTTP_PROXY");
  CHECK(network.https_proxy_name == "ALL_PROXY");
}

TEST_CASE("A receive buffer is 128 KiB where memory allows") {
  const larder::config::Settings settings;
  CHECK(share_memory(settings).receive_buffer == 128 * 1024);
}
