#include <larder/ops/doctor.hpp>

#include "base/escape.hpp"
#include "net/proxy.hpp"
#include "ops/doctor_fs.hpp"
#include "ops/doctor_net.hpp"
#include "store/store.hpp"

#include <larder/hub/hub_client.hpp>
#include <larder/net/client.hpp>

#include <algorithm>

namespace larder::ops {
namespace {

constexpr std::uint64_t kLongestAnswer = 64 * 1024;

/// A client that asks once: what fails is to be told, not waited for.
net::Client impatient_client(Services& services) {
  return {services.transport, services.clock, services.random, services.progress, {.tries = 1}};
}

/// One small question that every Hub answers; its status does not matter, that it comes does.
Result<net::Response> ask_endpoint(Services& services, const CancelToken& cancel) {
  const auto& hub = services.hub.options();
  net::Request request;
  LARDER_TRY(request.url, Url::parse(hub.endpoint.base() + "/api/whoami-v2"));
  request.credentials = hub.credentials;
  request.max_body = kLongestAnswer;
  request.header_timeout = hub.header_timeout;
  return impatient_client(services).exchange(std::move(request), cancel);
}

std::vector<DoctorCheck> check_network(Services& services, const DoctorOptions& options, const CancelToken& cancel) {
  if (options.offline) return skipped_network("offline: nobody is asked");
  const auto answer = ask_endpoint(services, cancel);
  const auto& hub = services.hub.options();
  const auto proxy = net::is_proxy_exempt(hub.endpoint.origin(), options.no_proxy) ? "" : options.proxy;
  const bool has_token = hub.credentials.has_value();
  return judge_network({hub.endpoint, proxy, options.trust, services.clock.wall_now(), has_token}, answer);
}

/// Who the token belongs to and what it may; the right that is missed most often has a remedy.
DoctorCheck judge_whoami(const hub::Whoami& who, const Url& endpoint) {
  DoctorCheck check{DoctorArea::Auth, "whoami", CheckStatus::Ok, escape_text(who.name), ""};
  if (who.role.empty()) return check;
  const bool lacks_gated = who.reads_gated && !*who.reads_gated;
  check.detail += " (" + escape_text(who.role) + (lacks_gated ? ", not for gated repositories)" : ")");
  if (!lacks_gated) return check;
  check.status = CheckStatus::Warn;
  check.remedy = "for gated repositories allow it to read them: " + escape_text(endpoint.base()) + "/settings/tokens";
  return check;
}

DoctorCheck check_whoami(Services& services, const DoctorOptions& options, const CancelToken& cancel) {
  if (options.token.empty() || options.token_error || options.offline) {
    return {DoctorArea::Auth, "whoami", CheckStatus::Skip, options.offline ? "offline: nobody is asked" : "no token", ""};
  }
  auto client = impatient_client(services);
  const auto who = hub::HubClient(client, services.hub.options()).whoami(cancel);
  if (who) return judge_whoami(*who, services.hub.options().endpoint);
  const bool is_refused = exit_code(who.error().code) == 4;
  // A Hub that can't be reached says nothing about the token.
  const auto remedy = who.error().hint.empty() ? "the checks of net tell why: larder doctor net" : who.error().hint;
  return {DoctorArea::Auth, "whoami", is_refused ? CheckStatus::Fail : CheckStatus::Warn, who.error().text(), remedy};
}

DoctorCheck check_token_source(const DoctorOptions& options) {
  if (options.token_error) {
    const auto& error = *options.token_error;
    const auto remedy = error.hint.empty() ? "set HF_TOKEN, or log in: larder auth login" : error.hint;
    return {DoctorArea::Auth, "token-source", CheckStatus::Fail, error.text(), remedy};
  }
  if (!options.token.empty()) return {DoctorArea::Auth, "token-source", CheckStatus::Ok, options.token, ""};
  if (!options.token_warnings.empty()) {  // there may be one, but not for this endpoint (T47)
    return {DoctorArea::Auth, "token-source", CheckStatus::Warn, options.token_warnings.front(), "name the one it may have: --token-file"};
  }
  return {DoctorArea::Auth, "token-source", CheckStatus::Skip, "no token: only what is public can be read",
          "for private and gated repositories: larder auth login, or set HF_TOKEN"};
}

/// Mode and owner of the file that is in use; a token from elsewhere has none.
std::vector<DoctorCheck> check_token_file(const DoctorOptions& options) {
  if (!options.is_from_file || options.token_error) {
    return {{DoctorArea::Auth, "token-file", CheckStatus::Skip, "none is used; it would be " + escape_text(options.token_file), ""}};
  }
  std::vector<DoctorCheck> checks;
  const auto remedy = "keep it yours alone: `chmod 600 " + escape_text(options.token_file) + "`, or write it anew: larder auth login";
  for (const auto& warning : options.token_warnings) {
    checks.push_back({DoctorArea::Auth, "token-file", CheckStatus::Warn, warning, remedy});
  }
  if (checks.empty()) checks.push_back({DoctorArea::Auth, "token-file", CheckStatus::Ok, "yours, and only you can read it", ""});
  return checks;
}

std::vector<DoctorCheck> check_token(Services& services, const DoctorOptions& options, const CancelToken& cancel) {
  std::vector<DoctorCheck> checks{check_token_source(options)};
  const auto file = check_token_file(options);
  checks.insert(checks.end(), file.begin(), file.end());
  checks.push_back(check_whoami(services, options, cancel));
  return checks;
}

bool wants(const DoctorOptions& options, DoctorArea area) {
  return options.areas.empty() || std::find(options.areas.begin(), options.areas.end(), area) != options.areas.end();
}

ErrorCode code_of(DoctorArea area) {
  switch (area) {
    case DoctorArea::Net:
      return ErrorCode::ConnectFailed;
    case DoctorArea::Fs:
      return ErrorCode::IoFailed;
    case DoctorArea::Auth:
      return ErrorCode::AccessDenied;
  }
  return ErrorCode::Internal;
}

/// The code of the one area with failures, or Partial.
Result<void> outcome(const DoctorReport& report) {
  std::vector<DoctorArea> areas;
  std::string names;
  for (const auto& check : report.checks) {
    if (check.status != CheckStatus::Fail) continue;
    names += (names.empty() ? "" : ", ") + check.name;
    if (std::find(areas.begin(), areas.end(), check.area) == areas.end()) areas.push_back(check.area);
  }
  if (areas.empty()) return {};
  return fail(areas.size() == 1 ? code_of(areas.front()) : ErrorCode::Partial, "failed: " + names,
              "the remedy stands behind each failed check");
}

}  // namespace

std::string_view name(DoctorArea area) {
  switch (area) {
    case DoctorArea::Net:
      return "net";
    case DoctorArea::Fs:
      return "fs";
    case DoctorArea::Auth:
      return "auth";
  }
  return "net";
}

std::string_view name(CheckStatus status) {
  switch (status) {
    case CheckStatus::Ok:
      return "ok";
    case CheckStatus::Warn:
      return "warn";
    case CheckStatus::Fail:
      return "fail";
    case CheckStatus::Skip:
      return "skip";
  }
  return "skip";
}

Result<void> doctor(Services& services, const DoctorOptions& options, DoctorReport& report, const CancelToken& cancel) {
  const auto add = [&](const std::vector<DoctorCheck>& checks) { report.checks.insert(report.checks.end(), checks.begin(), checks.end()); };
  if (wants(options, DoctorArea::Net)) add(check_network(services, options, cancel));
  if (wants(options, DoctorArea::Fs)) add(check_file_system(services.disk, services.store.root(), services.store.run()));
  if (wants(options, DoctorArea::Auth)) add(check_token(services, options, cancel));
  if (cancel.is_cancelled()) return fail(cancel.error());
  return outcome(report);
}

}  // namespace larder::ops
