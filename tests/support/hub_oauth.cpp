// The login routes of the fake Hub: device flow, refresh, exchange of a job's identity, and the mint that CI jobs ask (R-411…R-414).
#include "support/hub_answer.hpp"

#include <algorithm>

namespace larder::test {
namespace {

using nlohmann::json;

constexpr const char* kDeviceCode = "DeviceCodeCanary0123456789";

/// A field of a form body; "" when it is not there.
std::string field(const std::string& form, const std::string& name) {
  for (std::size_t at = 0; at < form.size();) {
    const std::size_t end = std::min(form.find('&', at), form.size());
    const std::string pair = form.substr(at, end - at);
    if (pair.rfind(name + "=", 0) == 0) {
      std::string value = pair.substr(name.size() + 1);
      std::replace(value.begin(), value.end(), '+', ' ');
      return decode_percent(value);
    }
    at = end + 1;
  }
  return {};
}

void refuse(Reply& reply, const std::string& word) {
  reply.send_json(json({{"error", word}, {"error_description", "said the fake Hub"}}).dump(), common_headers("api"), 400);
}

void grant(Reply& reply, const json& more) {
  json answer = {{"access_token", kOAuthToken}, {"token_type", "bearer"}, {"expires_in", 28800}};
  answer.update(more);
  reply.send_json(answer.dump(), common_headers("api"));
}

void answer_device(const HubContext& hub, const ReceivedRequest& request, Reply& reply) {
  if (field(request.body, "client_id").empty()) return refuse(reply, "invalid_client");
  const json answer = {{"device_code", kDeviceCode},
                       {"user_code", "ABCD-1234"},
                       {"verification_uri", hub.endpoint + "/device"},
                       {"verification_uri_complete", hub.endpoint + "/device?code=ABCD-1234"},
                       {"interval", 1},
                       {"expires_in", 900}};
  reply.send_json(answer.dump(), common_headers("api"));
}

void answer_exchange(const HubContext& hub, const ReceivedRequest& request, Reply& reply) {
  const json asked = json::parse(request.body, nullptr, false);
  const bool is_good = asked.is_object() && asked.value("subject_token", "") == kIdToken && !asked.value("resource", "").empty() &&
                       asked.value("grant_type", "") == "urn:ietf:params:oauth:grant-type:token-exchange" &&
                       asked.value("subject_token_type", "") == "urn:ietf:params:oauth:token-type:id_token";
  return is_good ? grant(reply, {{"expires_in", hub.options.identity_life.count()}}) : refuse(reply, "invalid_grant");
}

void answer_token(const HubContext& hub, const ReceivedRequest& request, Reply& reply) {
  const std::string* kind = request.header("content-type");
  if (kind != nullptr && kind->rfind("application/json", 0) == 0) return answer_exchange(hub, request, reply);
  if (field(request.body, "client_id").empty()) return refuse(reply, "invalid_client");
  const std::string how = field(request.body, "grant_type");
  if (how == "refresh_token") {
    if (field(request.body, "refresh_token") != kRefreshToken) return refuse(reply, "invalid_grant");
    return grant(reply, {{"refresh_token", kRefreshToken}});
  }
  if (field(request.body, "device_code") != kDeviceCode) return refuse(reply, "invalid_grant");
  if (const auto word = hub.state.next_device_answer()) return refuse(reply, *word);
  grant(reply, {{"refresh_token", kRefreshToken}});
}

void answer_mint(const HubContext& hub, const ReceivedRequest& request, Reply& reply) {
  const bool is_good = request.bearer() == kMintToken && request.parameter("audience") == hub.endpoint;
  if (!is_good) return reply.send_json(R"({"message":"no"})", {}, 403);
  reply.send_json(json({{"count", 1}, {"value", kIdToken}}).dump());
}

}  // namespace

bool answer_login(const HubContext& hub, const ReceivedRequest& request, Reply& reply) {
  const std::string path = request.path();
  if (request.header("authorization") != nullptr && path.rfind("/oauth/", 0) == 0) {
    refuse(reply, "no_token_here");  // R-415
    return true;
  }
  if (path == "/oauth/device" && request.method == "POST") {
    answer_device(hub, request, reply);
  } else if (path == "/oauth/token" && request.method == "POST") {
    answer_token(hub, request, reply);
  } else if (path == "/mint" && request.method == "GET") {
    answer_mint(hub, request, reply);
  } else {
    return false;
  }
  return true;
}

}  // namespace larder::test
