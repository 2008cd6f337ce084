#include "net/curl_tls.hpp"

#include "base/escape.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstring>
#include <exception>

namespace larder::net {
namespace {

constexpr std::size_t kLongestName = 200;

/// Where a TLS context of libcurl keeps our pointer. -1: OpenSSL has no place left.
int context_place() {
  static const int place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return place;
}

std::string entry_of(const X509_NAME* name, int kind) {
  const int at = X509_NAME_get_index_by_NID(name, kind, -1);
  const X509_NAME_ENTRY* entry = at < 0 ? nullptr : X509_NAME_get_entry(name, at);
  if (entry == nullptr) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) return {};
  std::string result(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return result;
}

std::string issuer_of(X509* certificate) {
  const auto* name = X509_get_issuer_name(certificate);
  const auto common = entry_of(name, NID_commonName);
  return common.empty() ? entry_of(name, NID_organizationName) : common;
}

void note(X509_STORE_CTX* store) {
  auto* tls = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* certificate = X509_STORE_CTX_get_current_cert(store);
  if (tls == nullptr || certificate == nullptr) return;
  auto* refused = static_cast<RefusedCertificate*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), context_place()));
  if (refused == nullptr) return;
  const char* host = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
  *refused = {host == nullptr ? "" : host, issuer_of(certificate)};
}

// Asked once: libcurl puts the text together anew for every caller.
bool is_open_ssl() {
  static const bool is_so = [] {
    const auto* version = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return version != nullptr && std::strncmp(version, "OpenSSL/", 8) == 0;
  }();
  return is_so;
}

}  // namespace

extern "C" {

/// Called for every certificate of a chain with OpenSSL's own verdict, which stays as it is.
static int larder_on_verdict(int verdict, X509_STORE_CTX* store) noexcept {
  if (verdict != 1) {
    try {
      note(store);
    } catch (const std::exception&) {  // the text of a message is all that is lost
    }
  }
  return verdict;
}

static CURLcode larder_on_context(CURL*, void* context, void* refused) noexcept {
  auto* tls = static_cast<SSL_CTX*>(context);
  if (SSL_CTX_set_ex_data(tls, context_place(), refused) == 1) SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, larder_on_verdict);
  return CURLE_OK;
}
}

void watch_certificates(CurlEasy& easy, RefusedCertificate& refused) {
  if (!is_open_ssl() || context_place() < 0) return;
  easy.set_function<CURLOPT_SSL_CTX_FUNCTION>(larder_on_context);
  easy.set_pointer<CURLOPT_SSL_CTX_DATA>(&refused);
}

std::string refusal_text(const RefusedCertificate& refused, const std::string& host) {
  if (refused.issuer.empty() || (!refused.host.empty() && refused.host != host)) return {};
  return ", issued by '" + escape_text(refused.issuer, kLongestName) + "'";
}

}  // namespace larder::net
