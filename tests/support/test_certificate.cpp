#include "support/test_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace larder::test {
namespace {

constexpr long kDay = 24L * 60 * 60;

struct Free {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

void must(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test certificate: ") + what);
}

void extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

Certificate blank(EVP_PKEY* key, const char* name, long from, long until, long serial) {
  Certificate certificate(X509_new());
  must(X509_set_version(certificate.get(), 2) == 1, "version");
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                             -1, 0);
  return certificate;
}

struct Authority {
  Key key;
  Certificate certificate;
};

Authority make_authority(const char* name) {
  Authority authority;
  authority.key.reset(EVP_EC_gen("P-256"));
  must(authority.key != nullptr, "key");
  authority.certificate = blank(authority.key.get(), name, -2 * kDay, 2 * kDay, 1);
  X509* self = authority.certificate.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  extend(self, self, NID_basic_constraints, "critical,CA:TRUE");
  extend(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(self, self, NID_subject_key_identifier, "hash");
  must(X509_sign(self, authority.key.get(), EVP_sha256()) > 0, "sign authority");
  return authority;
}

Certificate make_leaf(const Authority& authority, EVP_PKEY* key, CertificateKind kind) {
  const bool expired = kind == CertificateKind::Expired;
  Certificate leaf = blank(key, "larder test server", -2 * kDay, expired ? -kDay : kDay, 2);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(authority.certificate.get()));
  const bool wrong_host = kind == CertificateKind::WrongHost;
  extend(leaf.get(), authority.certificate.get(), NID_subject_alt_name,
         wrong_host ? "DNS:other.invalid" : "DNS:localhost,IP:127.0.0.1,IP:::1");
  extend(leaf.get(), authority.certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  must(X509_sign(leaf.get(), authority.key.get(), EVP_sha256()) > 0, "sign leaf");
  return leaf;
}

std::string to_pem(X509* certificate) {
  const std::unique_ptr<BIO, Free> memory(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(memory.get(), certificate) == 1, "PEM");
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

void SslContextFree::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

TlsIdentity make_tls_identity(CertificateKind kind) {
  const Authority trusted = make_authority("larder test authority");
  const Authority other = make_authority("somebody else");
  const Key key(EVP_EC_gen("P-256"));
  const Certificate leaf = make_leaf(kind == CertificateKind::UnknownCa ? other : trusted, key.get(), kind);
  TlsIdentity identity;
  identity.context.reset(SSL_CTX_new(TLS_server_method()));
  must(identity.context != nullptr, "context");
  must(SSL_CTX_use_certificate(identity.context.get(), leaf.get()) == 1, "use certificate");
  must(SSL_CTX_use_PrivateKey(identity.context.get(), key.get()) == 1, "use key");
  identity.ca_pem = to_pem(trusted.certificate.get());
  return identity;
}

}  // namespace larder::test
