#include "base/redactor.hpp"

#include "support/catch.hpp"

using larder::redact_text;

TEST_CASE("redact_text: nothing secret is left in any of these", "[base][redactor]") {  // T42
  const std::vector<std::string> lines{
      "token hf_SECRETsecret0 used",
      "hf_oauth_SECRET.secret-0_x",
      "Authorization: Bearer SECRETx",
      "authorization: SECRET",
      "AUTHORIZATION=SECRET",
      R"({"authorization": "Bearer SECRET", "x": 1})",
      "Proxy-Authorization: Basic SECRET==",
      "Cookie: a=SECRET; b=SECRET",
      "set-cookie: SECRET; path=/",
      "curl -H 'Bearer SECRET1234'",
      "https://s3/x?X-Amz-Signature=SECRET&a=1",
      "https://s3/x?a=1&X-Amz-Credential=SECRET%2F2026",
      "https://cdn/x?Policy=SECRET_&Signature=SECRET~&Key-Pair-Id=SECRET",
      "https://gcs/x?X-Goog-Signature=SECRET",
      "https://az/x?sv=1&sig=SECRET",
      "https://user:SECRET@proxy:3128/",
      "http://SECRET@host",
      "registered: SECRET-from-list",
  };
  for (const auto& line : lines) {
    INFO(line);
    const auto out = redact_text(line, {"SECRET-from-list"});
    CHECK(out.find("SECRET") == std::string::npos);
    CHECK(out.find("[redacted]") != std::string::npos);
    CHECK(redact_text(out, {"SECRET-from-list"}) == out);
  }
}

TEST_CASE("redact_text: what is no secret stays", "[base][redactor]") {
  for (const auto* line : {"", "hf_hub_download failed", "hf_short", "basic auth is off", "authorization is required", "the bearer of news",
                           "policy=", "a=b&c=d", "https://huggingface.co/org/name/resolve/main/a@b", "cookies are not kept"}) {
    CHECK(redact_text(line, {"unrelated"}) == line);
  }
  CHECK(redact_text("https://h/x?a=1&Signature=abc&b=2", {}) == "https://h/x?a=1&Signature=[redacted]&b=2");
  CHECK(redact_text("a\nCookie: x\nb", {}) == "a\nCookie: [redacted]\nb");
}
