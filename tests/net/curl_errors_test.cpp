#include "net/curl_errors.hpp"

#include "support/catch.hpp"

using namespace larder;
using namespace larder::net;

TEST_CASE("curl codes: what callers branch on", "[net][curl_errors]") {
  struct Case {
    CurlFailure failure;
    ErrorCode code;
  };
  for (const Case& c : {
           Case{{CURLE_COULDNT_RESOLVE_HOST, ""}, ErrorCode::NameNotResolved},
           Case{{CURLE_COULDNT_RESOLVE_PROXY, "", 0, true}, ErrorCode::ProxyFailed},
           Case{{CURLE_COULDNT_CONNECT, ""}, ErrorCode::ConnectFailed},
           Case{{CURLE_COULDNT_CONNECT, "", 0, true}, ErrorCode::ProxyFailed},
           Case{{CURLE_RECV_ERROR, "", 407, true}, ErrorCode::ProxyFailed},
           Case{{CURLE_RECV_ERROR, "", 403, true}, ErrorCode::ProxyFailed},
           Case{{CURLE_RECV_ERROR, "", 200, true, true}, ErrorCode::ConnectionLost},
           Case{{CURLE_OPERATION_TIMEDOUT, ""}, ErrorCode::TimedOut},
           Case{{CURLE_OPERATION_TIMEDOUT, "", 0, true}, ErrorCode::ProxyFailed},
           Case{{CURLE_PEER_FAILED_VERIFICATION, ""}, ErrorCode::TlsFailed},
           Case{{CURLE_SSL_CACERT_BADFILE, ""}, ErrorCode::TlsFailed},
           Case{{CURLE_SSL_CONNECT_ERROR, "error:0A000102:SSL routines::unsupported protocol"}, ErrorCode::TlsFailed},
           Case{{CURLE_SSL_CONNECT_ERROR, "OpenSSL SSL_connect: Connection reset by peer in connection to x"}, ErrorCode::ConnectionLost},
           Case{{CURLE_SSL_CONNECT_ERROR, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to x"}, ErrorCode::ConnectionLost},
           Case{{CURLE_PARTIAL_FILE, ""}, ErrorCode::ConnectionLost},
           Case{{CURLE_GOT_NOTHING, ""}, ErrorCode::ConnectionLost},
           Case{{CURLE_SEND_ERROR, ""}, ErrorCode::ConnectionLost},
           Case{{CURLE_HTTP2_STREAM, ""}, ErrorCode::ConnectionLost},
           Case{{CURLE_RECV_ERROR, "Recv failure: Connection reset by peer"}, ErrorCode::ConnectionLost},
           Case{{CURLE_RECV_ERROR, "Illegal or missing hexadecimal sequence in chunked-encoding"}, ErrorCode::BadResponse},
           Case{{CURLE_WEIRD_SERVER_REPLY, ""}, ErrorCode::BadResponse},
           Case{{CURLE_UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed", 0, false, true}, ErrorCode::BadResponse},
           Case{{CURLE_UNSUPPORTED_PROTOCOL, "", 0, false, true, false, true}, ErrorCode::ConnectionLost},  // N39
           Case{{CURLE_UNSUPPORTED_PROTOCOL, "", 0, false, true, true, true}, ErrorCode::BadResponse},
           Case{{CURLE_OUT_OF_MEMORY, "", 0, false, true, false}, ErrorCode::BadResponse},  // a header line over libcurl's own limit
           Case{{CURLE_OUT_OF_MEMORY, "", 0, false, true, true}, ErrorCode::Internal},
           Case{{CURLE_BAD_FUNCTION_ARGUMENT, ""}, ErrorCode::Internal},
       }) {
    CAPTURE(c.failure.code, c.failure.detail);
    CHECK(error_code(c.failure) == c.code);
  }
}

TEST_CASE("curl codes: the reason holds nothing a terminal would obey", "[net][curl_errors]") {
  const std::string text = reason({CURLE_WEIRD_SERVER_REPLY, "bad \x1b[31m\nline \xc2\x9b"});
  CHECK(text == "bad ?[31m?line ??");
  CHECK_FALSE(reason({CURLE_COULDNT_CONNECT, ""}).empty());
  CHECK(reason({CURLE_OUT_OF_MEMORY, "", 0, false, true, false}) == "a header line without end");  // libcurl says: out of memory
}

TEST_CASE("curl codes: what to do about a proxy or a certificate", "[net][curl_errors]") {  // N4, N40, T37
  struct Case {
    CurlFailure failure;
    const char* word;
  };
  for (const Case& c : {
           Case{{CURLE_RECV_ERROR, "", 407, true}, "NAME:PASSWORD"},
           Case{{CURLE_RECV_ERROR, "", 403, true}, "ask who runs it"},
           Case{{CURLE_COULDNT_RESOLVE_PROXY, "", 0, true}, "https_proxy"},
           Case{{CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: self-signed certificate in certificate chain"}, "SSL_CERT_FILE"},
           Case{{CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: certificate is not yet valid"}, "timedatectl"},
           Case{{CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: certificate has expired"}, "timedatectl"},
           Case{{CURLE_PEER_FAILED_VERIFICATION, "SSL: no alternative certificate subject name matches target host name 'x'"},
                "another name"},
           Case{{CURLE_SSL_CACERT_BADFILE, "error setting certificate file: /none"}, "PEM file that can be read"},
           Case{{CURLE_SSL_CONNECT_ERROR, "error:0A00010B:SSL routines::wrong version number"}, "http://"},
       }) {
    CAPTURE(c.failure.detail, c.failure.proxy_status);
    CHECK(advice(c.failure).find(c.word) != std::string::npos);
  }
  CHECK(advice({CURLE_COULDNT_CONNECT, ""}).empty());
}

TEST_CASE("curl codes: an unknown issuer under certificates of one's own tells which they are", "[net][curl_errors]") {
  CurlFailure failure;
  failure.code = CURLE_PEER_FAILED_VERIFICATION;
  failure.detail = "SSL certificate problem: unable to get local issuer certificate";
  failure.own_trust = "/none\n";
  CHECK(advice(failure).starts_with("only the certificates in /none\\n are trusted"));
  CHECK(advice(failure).find("SSL_CERT_DIR") != std::string::npos);
  failure.detail = "SSL certificate problem: certificate has expired";
  CHECK(advice(failure).find("timedatectl") != std::string::npos);
}
