#include "cli/auth_document.hpp"

#include <larder/base/byte_size.hpp>

#include <algorithm>
#include <chrono>

#include "cli/json_writer.hpp"

namespace larder::cli {
namespace {

void expiry_field(JsonWriter& json, std::optional<std::int64_t> seconds) {
  if (seconds) {
    json.field("expires_at", expiry_text(*seconds));
  } else {
    json.null_field("expires_at");
  }
}

}  // namespace

std::string expiry_text(std::int64_t seconds) {
  constexpr std::int64_t kLatest = 9'000'000'000;  // the year 2255: later ones would overflow the clock's nanoseconds
  return format_time(std::chrono::system_clock::time_point(std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kLatest))));
}

void write_auth_document(Session& session, const AuthDocument& document) {
  JsonWriter json(session.out);
  json.begin_object().field("schema", "larder.auth/1").field("endpoint", session.config.settings.endpoint);
  if (document.token) {
    json.begin_object("token").field("source", document.token->source).optional_field("name", document.token->name);
    json.optional_field("role", document.token->role);
    expiry_field(json, document.token->expires_at);
    json.end_object();
  }
  if (document.who) {
    json.begin_object("user").field("name", document.who->name).field("type", document.who->type).end_object().begin_array("orgs");
    for (const auto& org : document.who->orgs) json.value(org);
    json.end_array();
  }
  if (document.stored) {
    json.begin_array("stored");
    for (const auto& stored : *document.stored) {
      json.begin_object().field("name", stored.name).field("active", stored.is_active);
      expiry_field(json, stored.expires_at);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object().finish();
}

}  // namespace larder::cli
