#include "net/curl_errors.hpp"

#include "base/escape.hpp"

#include <algorithm>
#include <array>

namespace larder::net {
namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// libcurl says CURLE_SSL_CONNECT_ERROR for a peer that speaks bad TLS (which another try won't cure, N4) and for a connection that broke
/// during the handshake (which it may, N5). Only its text tells them apart.
bool is_broken_handshake(const CurlFailure& failure) {
  constexpr std::array<std::string_view, 5> kSigns = {"Connection reset by peer", "SSL_ERROR_SYSCALL", "SSL_ERROR_ZERO_RETURN",
                                                      "unexpected eof", "Broken pipe"};
  return failure.code == CURLE_SSL_CONNECT_ERROR &&
         std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) { return contains(failure.detail, sign); });
}

/// The same for CURLE_RECV_ERROR: a broken connection, or chunks that are none (N11).
bool is_bad_chunking(const CurlFailure& failure) {
  return failure.code == CURLE_RECV_ERROR && contains(failure.detail, "chunked-encoding");
}

/// libcurl's own limit of a header line, 100 KiB, is reported as lack of memory (7.88) or CURLE_TOO_LARGE.
bool is_huge_line(const CurlFailure& failure) {
  return failure.was_connected && !failure.head_complete && failure.code == CURLE_OUT_OF_MEMORY;
}

/// No head, but something else, on a kept connection: what the answer before it left there, if it was longer than it had said. A fresh
/// connection has nothing of the kind (N39).
bool is_leftover(const CurlFailure& failure) {
  return failure.is_reused && !failure.head_complete &&
         (failure.code == CURLE_UNSUPPORTED_PROTOCOL || failure.code == CURLE_WEIRD_SERVER_REPLY);
}

bool is_proxy_failure(const CurlFailure& failure) {
  if (!failure.has_proxy) return false;
  if (failure.proxy_status >= 300) return true;  // CONNECT refused, 407 among them (N40)
  return !failure.was_connected &&
         (failure.code == CURLE_COULDNT_CONNECT || failure.code == CURLE_OPERATION_TIMEDOUT || failure.code == CURLE_RECV_ERROR ||
          failure.code == CURLE_SEND_ERROR || failure.code == CURLE_GOT_NOTHING);
}

// CURLcode has over a hundred values and gets more with every release: this is the one switch that needs a default.
ErrorCode table(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return ErrorCode::NameNotResolved;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return ErrorCode::ProxyFailed;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
      return ErrorCode::ConnectFailed;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::TimedOut;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
      return ErrorCode::TlsFailed;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return ErrorCode::ConnectionLost;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9
    case CURLE_BAD_CONTENT_ENCODING:
      return ErrorCode::BadResponse;
    default:
      return ErrorCode::Internal;
  }
}

std::string proxy_advice(long status) {
  if (status == 407) return "it asks who you are: write NAME:PASSWORD@ before its host in the variable that names it";
  if (status >= 300) return "ask who runs it to let this host through, or reach the host without it: no_proxy=HOST";
  return "check the address in http_proxy, https_proxy or all_proxy; no_proxy names hosts to reach without it";
}

/// By libcurl's and OpenSSL's words: the codes do not tell an unknown issuer from a wrong clock.
std::string tls_advice(const CurlFailure& failure) {
  const auto has = [&](std::string_view part) { return contains(failure.detail, part); };
  if (failure.code == CURLE_SSL_CACERT_BADFILE || has("setting certificate")) {
    return "SSL_CERT_FILE is to name a PEM file that can be read, SSL_CERT_DIR a folder; unset, the system's certificates are used";
  }
  if (has("wrong version number") || has("http request"))
    return "what answers there speaks no TLS: is the address http://, or the port another?";
  if (has("expired") || has("not yet valid"))
    return "if the clock here is wrong, set it (timedatectl set-ntp true); if not, the server must renew it";
  if (has("subject name") || has("mismatch")) return "its certificate is for another name: check the address";
  if (!failure.own_trust.empty()) {
    return "only the certificates in " + escape_text(failure.own_trust, 200) +
           " are trusted: are they there (a folder needs openssl rehash)? If your own network issued it (a proxy that opens TLS), add its "
           "certificate there, or to the system's (update-ca-certificates) and unset SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE and "
           "CURL_CA_BUNDLE";
  }
  return "if your own network issued it (a proxy that opens TLS), add its certificate to the system's (update-ca-certificates), or name a "
         "PEM "
         "file with it in SSL_CERT_FILE";
}

/// libcurl quotes what the server sent in some of its texts: nothing that a terminal would obey may pass.
std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  std::string clean(text.substr(0, kLongest));
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return clean;
}

}  // namespace

ErrorCode error_code(const CurlFailure& failure) {
  if (is_proxy_failure(failure)) return ErrorCode::ProxyFailed;
  if (is_broken_handshake(failure)) return ErrorCode::ConnectionLost;
  if (is_bad_chunking(failure)) return ErrorCode::BadResponse;
  if (is_huge_line(failure)) return ErrorCode::BadResponse;
  if (is_leftover(failure)) return ErrorCode::ConnectionLost;
  return table(failure.code);
}

std::string reason(const CurlFailure& failure) {
  if (failure.proxy_status >= 300) return "the proxy answered " + std::to_string(failure.proxy_status);
  if (failure.code == CURLE_PARTIAL_FILE) return "connection closed before the end of the body";
  if (failure.code == CURLE_GOT_NOTHING) return "connection closed without an answer";
  if (is_huge_line(failure)) return "a header line without end";
  if (failure.code == CURLE_OPERATION_TIMEDOUT) return "no connection in time";
  return printable(failure.detail.empty() ? curl_easy_strerror(failure.code) : failure.detail);
}

std::string advice(const CurlFailure& failure) {
  const auto code = error_code(failure);
  if (code == ErrorCode::ProxyFailed) return proxy_advice(failure.proxy_status);
  return code == ErrorCode::TlsFailed ? tls_advice(failure) : "";
}

}  // namespace larder::net
