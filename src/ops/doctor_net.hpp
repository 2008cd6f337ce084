// What one answer of the endpoint tells about the network.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/net/http.hpp>
#include <larder/ops/doctor.hpp>

namespace larder::ops {

/// What was asked and how.
struct NetworkQuestion {
  Url endpoint;
  std::string proxy;
  std::string trust;
  WallTime now;
  bool has_token = false;
};

/// The checks dns, connect, proxy, tls, clock, endpoint and rate-limit, in this order. A failure at one step skips the later ones. Pure.
std::vector<DoctorCheck> judge_network(const NetworkQuestion& question, const Result<net::Response>& answer);

/// The seven checks as skipped, for `reason`.
std::vector<DoctorCheck> skipped_network(const std::string& reason);

}  // namespace larder::ops
