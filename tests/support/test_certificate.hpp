// Throw-away certificates for a loopback server: an authority of its own, made in the process and gone with it.
#pragma once

#include <memory>
#include <string>

struct ssl_ctx_st;  // SSL_CTX

namespace larder::test {

enum class CertificateKind {
  Good,       ///< localhost, 127.0.0.1, ::1; valid for a day around now
  Expired,    ///< ended yesterday
  WrongHost,  ///< for other.invalid
  UnknownCa,  ///< signed by an authority that is not in `ca_pem`
};

struct SslContextFree {
  void operator()(ssl_ctx_st* context) const noexcept;
};
using SslContext = std::unique_ptr<ssl_ctx_st, SslContextFree>;

/// A server's TLS context and the authority a client has to trust.
struct TlsIdentity {
  SslContext context;
  std::string ca_pem;
};

/// Makes the keys and certificates (P-256, about a millisecond). Throws std::runtime_error when OpenSSL refuses.
TlsIdentity make_tls_identity(CertificateKind kind);

}  // namespace larder::test
