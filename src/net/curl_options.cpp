// CurlTransfer's settings: every curl_easy_setopt of larder, and the limits of hub-protocol.md "Limits" as libcurl knows them.
#include "base/text.hpp"
#include "net/curl_callbacks.hpp"
#include "net/curl_transfer.hpp"
#include "net/field_text.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace larder::net {
namespace {

constexpr std::uint64_t kBulkBuffer = 512 * 1024;  // engine.md §1: 0.22 s/GB against 0.71 with the default
constexpr std::uint64_t kSmallBuffer = 16 * 1024;
constexpr std::uint64_t kMostPaced = 50'000'000;  // bytes a second: above that, small windows would be the limit
constexpr std::uint64_t kLeastWindow = 16 * 1024;
constexpr std::uint64_t kMostWindow = 192 * 1024;  // what any system allows
constexpr std::uint64_t kLeastBuffer = 1024;       // libcurl takes no smaller one

/// These are written by the transport alone: a second hand could send a token to a stranger or break the framing.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 11> kReserved = {"authorization", "proxy-authorization", "cookie",      "host",
                                                          "connection",    "content-length",      "expect",      "transfer-encoding",
                                                          "range",         "accept-encoding",     "content-type"};
  return std::any_of(kReserved.begin(), kReserved.end(), [&](std::string_view known) { return equals_ignoring_case(known, name); });
}

std::uint64_t receive_buffer(const TransportOptions& options, bool is_small) {
  std::uint64_t size = options.receive_buffer == 0 ? kBulkBuffer : std::min(options.receive_buffer, kBulkBuffer);
  if (is_small) size = std::min(size, kSmallBuffer);
  // Under a rate limit one read must not be worth more than a twentieth of a second.
  if (options.limit_rate != 0) size = std::min(size, options.limit_rate / 20);
  return std::max(size, kLeastBuffer);
}

}  // namespace

Result<void> CurlTransfer::prepare() {
  LARDER_CHECK(set_url_and_proxy());
  LARDER_CHECK(set_headers());
  set_method();
  set_version();
  set_limits();
  set_tls();
  set_callbacks();
  if (easy_.refused() != CURLE_OK) {
    return fail(describe(ErrorCode::Internal,
                         "libcurl refused option " + std::to_string(easy_.refused_option()) + ": " + curl_easy_strerror(easy_.refused())));
  }
  return {};
}

Result<void> CurlTransfer::set_url_and_proxy() {
  easy_.set_text<CURLOPT_URL>(order_.request.url.full());
  easy_.set_text<CURLOPT_PROTOCOLS_STR>("http,https");  // T29
  easy_.set_text<CURLOPT_REDIR_PROTOCOLS_STR>("http,https");
  easy_.set_long<CURLOPT_FOLLOWLOCATION>(0);  // redirects are followed by hand, headers rebuilt for each origin (T27)
  easy_.set_long<CURLOPT_PATH_AS_IS>(1);
  easy_.set_long<CURLOPT_DISALLOW_USERNAME_IN_URL>(1);
  easy_.set_long<CURLOPT_NETRC>(CURL_NETRC_IGNORED);  // T46, R-913
  easy_.set_long<CURLOPT_UNRESTRICTED_AUTH>(0);
  auto proxy = choose_proxy(order_.request.url, around_.options.network);
  if (!proxy) return fail(describe(proxy.error().code, proxy.error().message));
  proxy_ = std::move(*proxy);
  // Even an empty text keeps libcurl from reading the environment.
  easy_.set_text<CURLOPT_PROXY>(proxy_ ? proxy_->url.reveal() : std::string());
  easy_.set_text<CURLOPT_NOPROXY>("");
  easy_.set_long<CURLOPT_SUPPRESS_CONNECT_HEADERS>(1);
  return {};
}

Result<void> CurlTransfer::set_headers() {
  const Request& request = order_.request;
  for (const auto& [name, value] : request.headers.all()) {
    if (is_reserved(name)) return fail(describe(ErrorCode::Internal, "header " + name + " is set by the transport"));
    LARDER_CHECK(add_header(name, value));
  }
  LARDER_CHECK(add_header("Accept-Encoding", "identity"));
  if (request.range) {
    if (request.range->empty()) return fail(describe(ErrorCode::Internal, "an empty range was asked for"));
    LARDER_CHECK(add_header("Range", "bytes=" + std::to_string(request.range->begin) + "-" + std::to_string(request.range->end - 1)));
  }
  if (request.credentials && may_send(*request.credentials, request.url)) {
    LARDER_CHECK(add_header("Authorization", "Bearer " + request.credentials->token.reveal()));
  }
  if (request.method == Method::Post) {
    LARDER_CHECK(add_header("Content-Type", request.content_type));
    headers_.append("Expect:");  // no 100-continue: it costs a round trip, and some servers a second
  }
  easy_.set_pointer<CURLOPT_HTTPHEADER>(headers_.raw());
  easy_.set_long<CURLOPT_HEADEROPT>(CURLHEADER_SEPARATE);  // none of them goes to a proxy's CONNECT (T45)
  const std::string& agent = around_.options.network.user_agent;
  if (!is_safe_value(agent)) return fail(describe(ErrorCode::InvalidConfig, "the user agent holds control characters"));
  easy_.set_text<CURLOPT_USERAGENT>(agent.empty() ? std::string("larder/" LARDER_VERSION) : agent);
  return {};
}

Result<void> CurlTransfer::add_header(const std::string& name, const std::string& value) {
  if (!is_token(name) || !is_safe_value(value)) {  // T34
    return fail(
        describe(ErrorCode::InvalidArgument, "header " + (is_token(name) ? name : "name") + " holds characters that can't be sent"));
  }
  headers_.append(trim_blanks(value).empty() ? name + ";" : name + ": " + value);  // libcurl's way to send an empty one
  return {};
}

void CurlTransfer::set_method() {
  if (order_.request.method != Method::Post) return easy_.set_long<CURLOPT_HTTPGET>(1);
  easy_.set_long<CURLOPT_POST>(1);
  easy_.set_text<CURLOPT_POSTFIELDS>(order_.request.body);  // borrowed until the end
  easy_.set_off<CURLOPT_POSTFIELDSIZE_LARGE>(static_cast<curl_off_t>(order_.request.body.size()));
}

void CurlTransfer::set_version() {
  const bool may_use_2 = order_.request.version == HttpVersion::Any && order_.request.url.origin().scheme == "https";
  easy_.set_long<CURLOPT_HTTP_VERSION>(may_use_2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
  easy_.set_long<CURLOPT_PIPEWAIT>(may_use_2 ? 1 : 0);  // wait for a connection to join rather than open another
}

void CurlTransfer::set_limits() {
  const TransportOptions& options = around_.options;
  easy_.set_long<CURLOPT_NOSIGNAL>(1);
  // Without it, leaving a name that is being looked up waits for the resolver, so a cancel could take half a minute.
  easy_.set_long<CURLOPT_QUICK_EXIT>(1);
  easy_.set_long<CURLOPT_CONNECTTIMEOUT_MS>(static_cast<long>(options.network.connect_timeout.count()));
  easy_.set_long<CURLOPT_BUFFERSIZE>(static_cast<long>(receive_buffer(options, order_.request.is_small)));
  easy_.set_long<CURLOPT_FRESH_CONNECT>(order_.request.is_fresh ? 1 : 0);
  easy_.set_long<CURLOPT_TCP_NODELAY>(1);
  easy_.set_long<CURLOPT_TCP_KEEPALIVE>(1);
  easy_.set_long<CURLOPT_HTTP_CONTENT_DECODING>(0);  // T22
  easy_.set_long<CURLOPT_HTTP09_ALLOWED>(0);
  easy_.set_long<CURLOPT_HSTS_CTRL>(0);
}

void CurlTransfer::set_tls() {
  easy_.set_long<CURLOPT_SSL_VERIFYPEER>(1);  // T37: there is no switch
  easy_.set_long<CURLOPT_SSL_VERIFYHOST>(2);
  easy_.set_long<CURLOPT_PROXY_SSL_VERIFYPEER>(1);
  easy_.set_long<CURLOPT_PROXY_SSL_VERIFYHOST>(2);
  easy_.set_long<CURLOPT_SSLVERSION>(CURL_SSLVERSION_TLSv1_2);
  const char* file = around_.trust.file.empty() ? nullptr : around_.trust.file.c_str();
  const char* folder = around_.trust.folder.empty() ? nullptr : around_.trust.folder.c_str();
  easy_.set_text<CURLOPT_CAINFO>(file);
  easy_.set_text<CURLOPT_CAPATH>(folder);
  easy_.set_text<CURLOPT_PROXY_CAINFO>(file);
  easy_.set_text<CURLOPT_PROXY_CAPATH>(folder);
  easy_.set_pointer<CURLOPT_SHARE>(around_.share.raw());
  watch_certificates(easy_, around_.refused);
}

void CurlTransfer::set_callbacks() {
  easy_.set_pointer<CURLOPT_PRIVATE>(this);
  easy_.set_pointer<CURLOPT_ERRORBUFFER>(detail_.data());
  easy_.set_function<CURLOPT_HEADERFUNCTION>(larder_curl_header);
  easy_.set_pointer<CURLOPT_HEADERDATA>(this);
  easy_.set_function<CURLOPT_WRITEFUNCTION>(larder_curl_body);
  easy_.set_pointer<CURLOPT_WRITEDATA>(this);
  easy_.set_function<CURLOPT_PREREQFUNCTION>(larder_curl_request_sent);
  easy_.set_pointer<CURLOPT_PREREQDATA>(this);
  easy_.set_function<CURLOPT_SOCKOPTFUNCTION>(larder_curl_socket_made);
  easy_.set_pointer<CURLOPT_SOCKOPTDATA>(this);
  easy_.set_long<CURLOPT_NOPROGRESS>(1);
}

// Under a rate limit the kernel must not take megabytes ahead of us: what lies there is lost at a kill, and fetched again.
void CurlTransfer::on_socket(int socket) const noexcept {
  const std::uint64_t rate = around_.options.limit_rate;
  if (rate == 0 || rate > kMostPaced) return;
  const int size = static_cast<int>(std::clamp(rate / 8, kLeastWindow, kMostWindow));
  (void)::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);  // a hint
}

}  // namespace larder::net
