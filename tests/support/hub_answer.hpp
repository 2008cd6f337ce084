// One answer of the fake Hub: where the request goes, who asks, and what comes back.
#pragma once

#include "support/fake_hub.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace larder::test {

/// What the answering code needs besides the state.
struct HubContext {
  HubState& state;
  const FakeHubOptions& options;
  std::string endpoint;
  std::string cdn_endpoint;
  std::string canary_endpoint;
};

/// Who a token belongs to.
enum class Caller { Anonymous, Member, Stranger, Invalid };
Caller caller_of(const ReceivedRequest& request);

/// A request taken apart (S-1…S-5). Segments are decoded once, after splitting.
struct Route {
  std::string verb;  ///< info tree refs commits paths-info auth-check whoami resolve raw resolve-cache agent-harnesses; empty: unknown
  std::string type = "model";
  std::string id;
  std::vector<std::string> rest;  ///< segments after the verb
  bool is_api = false;
};
Route parse_route(const ReceivedRequest& request);

/// The revision at the front of `segments`, and the path behind it; raw slashes in revisions allowed (S-4).
struct RevisionAndPath {
  const HubCommit* commit = nullptr;
  std::string revision;
  std::string path;
};
RevisionAndPath split_revision(const HubRepo& repo, const std::vector<std::string>& segments);

/// A failure as the Hub says it: headers, and the message in JSON (R-421, S-90).
void send_error(Reply& reply, int status, const std::string& code, const std::string& message, HeaderList headers = {});

/// Fields that every answer of the Hub has: request id, rate limits.
HeaderList common_headers(const std::string& rate_class);

/// Percent-encodes all but unreserved characters; "/" stays if `keeps_slash`.
std::string encode_percent(const std::string& text, bool keeps_slash = true);

/// A fault that decides the whole answer. True: it has answered. Fields it wants in the right answer go to `headers`.
bool strike_answer(const HubContext& hub, const Strike& strike, const ReceivedRequest& request, Reply& reply, HeaderList& headers);
/// Kinds that strike_answer handles.
bool is_answer_fault(const Fault& fault);
/// Kinds that belong to a `resolve` answer.
bool is_resolve_fault(const Fault& fault);

/// Answers an API route of a readable repository.
void answer_api(const HubContext& hub, const HubRepo& repo, const Route& route, const ReceivedRequest& request, Reply& reply);
/// Answers resolve, raw and resolve-cache.
void answer_file(const HubContext& hub, const HubRepo& repo, const Route& route, const ReceivedRequest& request, Reply& reply);
/// Answers the routes of a login and of the mint of CI jobs. False: it is another route.
bool answer_login(const HubContext& hub, const ReceivedRequest& request, Reply& reply);
/// Answers on the CDN's port.
void answer_cdn(const HubContext& hub, const ReceivedRequest& request, Reply& reply);

/// The tree entry of a file.
nlohmann::json tree_entry(const HubFile& file, const HubCommit& commit, bool expanded);

}  // namespace larder::test
