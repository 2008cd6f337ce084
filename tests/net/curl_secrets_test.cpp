// Where tokens, proxies and other people's settings go, over real sockets.
#include "curl_rig.hpp"

#include <cstdlib>

using namespace larder;
using namespace larder::net;
using namespace larder::test;

namespace {

const std::string kToken = "hf_canaryCANARY0123";

Request with_token(const std::string& url, const std::string& own) {
  Request request = get(url);
  request.credentials = Credentials{Secret(kToken), Url::parse(own)->origin()};
  return request;
}

/// Sets environment variables for a while.
class Environment {
 public:
  explicit Environment(std::vector<std::string> names, const std::string& value) : names_(std::move(names)) {
    for (const auto& name : names_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (const auto& name : names_) ::unsetenv(name.c_str());
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

TEST_CASE("curl secrets: the token goes to its own origin and to no other", "[net][curl_secrets]") {  // T27, R-416
  LoopbackServer own([](const ReceivedRequest&, Reply& reply) { reply.send(200); },
                     {.certificate = CertificateKind::Good, .canaries = {kToken}});
  LoopbackServer other([](const ReceivedRequest&, Reply& reply) { reply.send(200); }, {.canaries = {kToken}});
  TransportOptions options;
  options.network.ca_file = own.ca_file();
  CurlRig rig(options);
  success(rig.run(with_token(own.https_url("/"), own.https_url())));
  CHECK(own.log().at(0).request.bearer() == kToken);
  success(rig.run(with_token(other.http_url("/"), own.https_url())));
  CHECK(other.canaries_seen().empty());
  // T28: the same host and port over http is another origin.
  own.clear_log();
  success(rig.run(with_token(own.http_url("/"), own.https_url())));
  CHECK(own.canaries_seen().empty());
  // An endpoint that was configured as http gets it.
  success(rig.run(with_token(other.http_url("/"), other.http_url())));
  CHECK(other.canaries_seen() == std::vector<std::string>{kToken});
}

TEST_CASE("curl secrets: a redirect is an answer, not a trip", "[net][curl_secrets]") {  // T27
  LoopbackServer target;
  LoopbackServer server([&](const ReceivedRequest&, Reply& reply) { reply.redirect(302, target.http_url("/x")); });
  CurlRig rig;
  CHECK(success(rig.run(with_token(server.http_url("/"), server.http_url()))).head.status == 302);
  CHECK(target.connections() == 0);
}

TEST_CASE("curl secrets: the environment's proxies are not read by libcurl", "[net][curl_secrets]") {  // R-910
  LoopbackServer proxy;
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200); });
  const Environment environment({"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}, proxy.http_url());
  CurlRig rig;
  success(rig.run(get(server.http_url("/"))));
  CHECK(proxy.connections() == 0);
  const Environment exempting({"no_proxy", "NO_PROXY"}, "*");
  TransportOptions options;
  options.network.http_proxy = proxy.http_url();
  CurlRig through(options);
  through.run(get(server.http_url("/")));
  CHECK(proxy.connections() == 1);
}

TEST_CASE("curl secrets: http goes to the proxy whole, https by CONNECT without our headers", "[net][curl_secrets]") {  // T45
  LoopbackServer proxy([](const ReceivedRequest& request, Reply& reply) { reply.send(request.method == "CONNECT" ? 403 : 200, {}, "x"); },
                       {.canaries = {kToken}});
  LoopbackServer origin;
  TransportOptions options;
  options.network.http_proxy = "http://user:p%40ss@" + proxy.host();
  options.network.https_proxy = options.network.http_proxy;
  CurlRig rig(options);
  success(rig.run(get(origin.http_url("/a"))));
  CHECK(proxy.log().at(0).request.target == origin.http_url("/a"));
  CHECK(*proxy.log().at(0).request.header("proxy-authorization") == "Basic dXNlcjpwQHNz");
  proxy.clear_log();

  const Error refused = failure(rig.run(with_token(origin.https_url("/b?secret"), origin.https_url())));
  CHECK(refused.code == ErrorCode::ProxyFailed);
  CHECK(refused.http->status == 403);
  CHECK(refused.message.find(proxy.host()) != std::string::npos);  // N40: the proxy is named
  CHECK(refused.message.find("403") != std::string::npos);
  CHECK(refused.message.find("p%40ss") == std::string::npos);
  CHECK(refused.message.find("secret") == std::string::npos);
  CHECK(proxy.log().at(0).request.target == origin.host());
  CHECK(proxy.canaries_seen().empty());
  CHECK(origin.connections() == 0);  // not contacted directly
}

TEST_CASE("curl secrets: proxies that refuse, are not there, or are exempt", "[net][curl_secrets]") {  // N40
  LoopbackServer proxy([](const ReceivedRequest&, Reply& reply) { reply.send(407); });
  LoopbackServer origin([](const ReceivedRequest&, Reply& reply) { reply.send(200); });
  TransportOptions options;
  options.network.http_proxy = proxy.http_url();
  options.network.https_proxy = proxy.http_url();
  CurlRig rig(options);
  CHECK(failure(rig.run(get(origin.http_url("/")))).code == ErrorCode::ProxyFailed);
  CHECK(failure(rig.run(get(origin.https_url("/")))).code == ErrorCode::ProxyFailed);
  options.network.no_proxy = "127.0.0.0/8";
  CurlRig exempt(options);
  success(exempt.run(get(origin.http_url("/"))));
  {
    const LoopbackServer gone;
    options.network.http_proxy = gone.http_url();
  }
  options.network.no_proxy.clear();
  CurlRig broken(options);
  const Error error = failure(broken.run(get(origin.http_url("/"))));
  CHECK(error.code == ErrorCode::ProxyFailed);
  CHECK(error.message.find(options.network.http_proxy) != std::string::npos);
  options.network.http_proxy = "gopher://x";
  CurlRig wrong(options);
  CHECK(failure(wrong.run(get(origin.http_url("/")))).code == ErrorCode::InvalidConfig);
}

TEST_CASE("curl secrets: netrc is not read", "[net][curl_secrets]") {  // T46, R-913
  LoopbackServer server([](const ReceivedRequest&, Reply& reply) { reply.send(200); });
  const std::string folder = "/tmp/larder-netrc-" + std::to_string(server.port());
  REQUIRE(std::system(
              ("mkdir -p " + folder + " && printf 'machine 127.0.0.1 login u password canary\\n' > " + folder + "/.netrc").c_str()) == 0);
  const std::string home = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "/";
  {
    const Environment environment({"HOME", "CURL_HOME"}, folder);
    CurlRig rig;
    success(rig.run(get(server.http_url("/"))));
  }
  ::setenv("HOME", home.c_str(), 1);
  CHECK(server.log().at(0).request.header("authorization") == nullptr);
  CHECK(std::system(("rm -r " + folder).c_str()) == 0);
}
