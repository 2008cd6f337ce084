#include "ops/doctor_net.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "hub/web_page.hpp"
#include "net/headers.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace larder::ops {
namespace {

constexpr std::chrono::seconds kWrongClock{300};  // signed URLs and certificates begin to fail (T38)

/// The steps on the way to an answer, in the order they are taken.
enum class Step { Dns, Connect, Proxy, Tls, Answer, None };

/// The step that a failed exchange got stuck at.
Step stuck_at(const Error& error) {
  const auto code = error.code;
  if (code == ErrorCode::NameNotResolved) return Step::Dns;
  const bool is_unreached = code == ErrorCode::TimedOut && error.os_error == ETIMEDOUT;
  if (code == ErrorCode::ConnectFailed || is_unreached) return Step::Connect;
  if (code == ErrorCode::ProxyFailed || code == ErrorCode::InvalidConfig) return Step::Proxy;  // a proxy that can't be one
  if (code == ErrorCode::TlsFailed) return Step::Tls;
  if (code == ErrorCode::RateLimited) return Step::None;  // an answer, if not the one that was hoped for
  return Step::Answer;
}

/// "42 s", "17 min", "3 h 5 min", "12 days": as exact as a person needs it.
std::string span_text(std::chrono::seconds span) {
  using std::chrono::days, std::chrono::floor, std::chrono::hours, std::chrono::minutes;
  if (span < minutes(2)) return fmt::format("{} s", span.count());
  if (span < hours(1)) return fmt::format("{} min", floor<minutes>(span).count());
  if (span < days(2)) return fmt::format("{} h {} min", floor<hours>(span).count(), floor<minutes>(span % hours(1)).count());
  return fmt::format("{} days", floor<days>(span).count());
}

class Judge {
 public:
  Judge(const NetworkQuestion& question, const Result<net::Response>& answer)
      : question_(question), answer_(answer), stuck_(answer ? Step::None : stuck_at(answer.error())) {}

  std::vector<DoctorCheck> run() {
    const auto host = escape_text(question_.endpoint.origin().host_text());
    if (question_.proxy.empty() && stuck_ != Step::Proxy) {
      judge_way(host);
    } else {
      judge_proxy();
    }
    judge_tls();
    judge_clock();
    judge_endpoint(host);
    judge_rate_limit();
    return std::move(checks_);
  }

 private:
  void add(std::string name, CheckStatus status, std::string detail, std::string remedy) {
    checks_.push_back({DoctorArea::Net, std::move(name), status, std::move(detail), std::move(remedy)});
  }

  /// Ok when the exchange got past it, fail when it got stuck there, skip when it never came so far.
  void step(Step step, const char* name, const std::string& detail, const std::string& remedy) {
    if (stuck_ == step) {
      add(name, CheckStatus::Fail, answer_.error().text(), answer_.error().hint.empty() ? remedy : answer_.error().hint);
    } else if (stuck_ < step) {
      add(name, CheckStatus::Skip, "did not come so far", "");
    } else {
      add(name, CheckStatus::Ok, detail, "");
    }
  }

  void judge_name() {
    step(Step::Dns, "dns", escape_text(question_.endpoint.origin().host) + " has an address",
         "check the name in HF_ENDPOINT, that this machine is online, and /etc/resolv.conf; if only a proxy may ask, name it in "
         "https_proxy");
  }

  void judge_way(const std::string& host) {
    judge_name();
    step(Step::Connect, "connect", "to " + host,
         "check that it runs, and the port; if a firewall is in between, name the proxy to use in https_proxy");
    add("proxy", CheckStatus::Skip, "none is used for this endpoint", "");
  }

  /// The proxy looks up the name and connects to the endpoint; which part of the way to the proxy itself failed stands in its message.
  void judge_proxy() {
    const auto shown = escape_text(question_.proxy);
    if (stuck_ == Step::Dns) {  // socks4 and socks5 leave the looking up to us
      judge_name();
    } else {
      add("dns", CheckStatus::Skip, "left to the proxy", "");
    }
    if (stuck_ == Step::Proxy) {
      add("connect", CheckStatus::Skip, "did not come so far", "");
    } else {
      step(Step::Connect, "connect", "to the proxy", "check the address in http_proxy, https_proxy or all_proxy");
    }
    step(Step::Proxy, "proxy", shown, "check http_proxy, https_proxy, all_proxy and no_proxy");
  }

  void judge_tls() {
    if (question_.endpoint.origin().scheme == "http") {
      const bool is_here = question_.endpoint.origin().is_loopback();
      add("tls", is_here ? CheckStatus::Skip : CheckStatus::Warn, "the endpoint is plain http",
          is_here ? "" : "anybody on the way can read and change it");
      return;
    }
    step(Step::Tls, "tls", question_.trust.empty() ? "by the system's certificates" : "by " + escape_text(question_.trust),
         "a proxy that opens TLS needs its certificate in SSL_CERT_FILE");
  }

  void judge_clock() {
    const auto date = answer_ ? answer_->head.headers.find("date") : std::nullopt;
    const auto theirs = date ? net::parse_http_date(*date, question_.now) : std::nullopt;
    if (!theirs) return add("clock", CheckStatus::Skip, "no Date was told", "");
    const auto skew = std::chrono::duration_cast<std::chrono::seconds>(question_.now - *theirs);
    const auto detail = fmt::format("{} {} the server's", span_text(std::chrono::abs(skew)), skew.count() < 0 ? "behind" : "ahead of");
    const bool is_wrong = std::chrono::abs(skew) > kWrongClock;
    add("clock", is_wrong ? CheckStatus::Warn : CheckStatus::Ok, detail,
        is_wrong ? "set the clock (timedatectl set-ntp true): signed links and certificates depend on it" : "");
  }

  void judge_endpoint(const std::string& host) {
    if (is_rate_limited()) return add("endpoint", CheckStatus::Ok, host + " answered 429", "");
    if (!answer_) {
      return step(Step::Answer, "endpoint", "", "try again later, or another endpoint");
    }
    if (hub::is_web_page(answer_->head, answer_->body)) {  // T36
      return add("endpoint", CheckStatus::Warn,
                 fmt::format("{} answered {} with a web page where JSON was asked for", host, answer_->head.status),
                 "a login page of the network may be in between, or the endpoint is no Hub");
    }
    add("endpoint", CheckStatus::Ok, fmt::format("{} answered {}", host, answer_->head.status), "");
  }

  /// The quota is that of the address without a token, of the account with one: the tier that this machine is in.
  void judge_rate_limit() {
    const auto field = answer_ ? answer_->head.headers.find("ratelimit") : std::nullopt;
    const auto limit = field ? net::parse_rate_limit(*field) : std::nullopt;
    const auto* remedy = question_.has_token ? "wait until then" : "wait until then, or log in: a token has its own quota";
    if (is_rate_limited()) {
      const auto after = answer_.error().retry_after;
      const auto until = after ? fmt::format(", for {} s more", std::chrono::ceil<std::chrono::seconds>(*after).count()) : "";
      return add("rate-limit", CheckStatus::Fail, answer_.error().text() + until, remedy);
    }
    if (!limit) return add("rate-limit", CheckStatus::Skip, "none was told", "");
    const auto policy_field = answer_->head.headers.find("ratelimit-policy");
    const auto policy = policy_field ? net::parse_rate_limit_policy(*policy_field) : std::nullopt;
    const auto quota = policy ? fmt::format(" of {} in {} s", policy->quota, policy->window.count()) : "";
    const auto detail = fmt::format("{} left{} {}, reset in {} s", counted(limit->remaining, "request"), quota,
                                    question_.has_token ? "with this token" : "for this address, without token", limit->reset.count());
    if (limit->remaining > 0) return add("rate-limit", CheckStatus::Ok, detail, "");
    add("rate-limit", CheckStatus::Warn, detail, remedy);
  }

  [[nodiscard]] bool is_rate_limited() const { return !answer_ && answer_.error().code == ErrorCode::RateLimited; }

  const NetworkQuestion& question_;
  const Result<net::Response>& answer_;
  Step stuck_;
  std::vector<DoctorCheck> checks_;
};

}  // namespace

std::vector<DoctorCheck> judge_network(const NetworkQuestion& question, const Result<net::Response>& answer) {
  return Judge(question, answer).run();
}

std::vector<DoctorCheck> skipped_network(const std::string& reason) {
  std::vector<DoctorCheck> checks;
  for (const char* name : {"dns", "connect", "proxy", "tls", "clock", "endpoint", "rate-limit"}) {
    checks.push_back({DoctorArea::Net, name, CheckStatus::Skip, reason, ""});
  }
  return checks;
}

}  // namespace larder::ops
