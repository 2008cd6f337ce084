// A HubClient over a scripted transport, with time that does not pass.
#pragma once

#include "support/catch.hpp"
#include "support/fake_transport.hpp"

#include <larder/hub/hub_client.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace larder::test {

/// Every wait is over at once; the time jumps to where it would have been.
class JumpingClock final : public Clock {
 public:
  SteadyTime now() override { return now_; }
  WallTime wall_now() override { return WallTime(std::chrono::seconds(1'790'000'000)); }
  bool wait_until(SteadyTime when, const CancelToken& cancel) override {
    now_ = std::max(now_, when);
    return !cancel.is_cancelled();
  }
  bool await(Bell& bell, SteadyTime when) override {
    now_ = std::max(now_, when);
    return bell.take();
  }

 private:
  SteadyTime now_;
};

class ZeroRandom final : public Random {
 public:
  std::uint64_t next() override { return 0; }
};

inline Url url_of(std::string_view text) {
  auto url = Url::parse(text);
  REQUIRE(url);
  return *url;
}

inline repo::RepoId model(std::string_view id) { return repo::RepoId::make(repo::RepoType::Model, id).value(); }
inline repo::Revision revision(std::string_view text) { return repo::Revision::parse(text).value(); }
inline repo::CommitId commit(char digit) { return repo::CommitId::parse(std::string(40, digit)).value(); }

inline net::Response response(int status, const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body = "") {
  net::Response made;
  made.head.status = status;
  for (const auto& [name, value] : headers) REQUIRE(made.head.headers.add(name, value));
  made.body = body;
  return made;
}

inline FakeAnswer error_answer(int status, std::string_view code, std::string_view message) {
  FakeAnswer answer;
  answer.status = status;
  if (!code.empty()) answer.headers.emplace_back("X-Error-Code", code);
  if (!message.empty()) answer.headers.emplace_back("X-Error-Message", message);
  return answer;
}

/// Answers by URL; a URL that is not scripted is a bare 404.
struct HubRig {
  explicit HubRig(std::map<std::string, FakeAnswer> script, hub::HubOptions given = {})
      : answers(std::move(script)), transport([this](const net::Request& request) { return answer(request); }) {
    options = std::move(given);
    if (options.endpoint.empty()) options.endpoint = url_of("https://hub.example");
    client = std::make_unique<net::Client>(transport, clock, random, progress, net::RetryPolicy());
    hub = std::make_unique<hub::HubClient>(*client, options);
  }

  FakeAnswer answer(const net::Request& request) {
    const auto found = answers.find(request.url.full());
    if (found != answers.end()) return found->second;
    return otherwise ? otherwise(request) : error_answer(404, "", "");
  }

  /// URLs asked, in order.
  [[nodiscard]] std::vector<std::string> asked() const {
    std::vector<std::string> urls;
    for (const auto& request : transport.seen()) urls.push_back(request.url);
    return urls;
  }

  std::map<std::string, FakeAnswer> answers;
  FakeTransport::Handler otherwise;
  FakeTransport transport;
  JumpingClock clock;
  ZeroRandom random;
  NoProgress progress;
  hub::HubOptions options;
  std::unique_ptr<net::Client> client;
  std::unique_ptr<hub::HubClient> hub;
  CancelSource cancel;
};

}  // namespace larder::test
