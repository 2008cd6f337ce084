#include <larder/base/token_text.hpp>

#include "support/catch.hpp"

TEST_CASE("clean_token: line ends anywhere, blanks at both ends", "[base][token_text]") {
  CHECK(larder::clean_token(" hf_x \n") == "hf_x");                                        // T-35
  CHECK(larder::clean_token("hf_a\r\nb") == "hf_ab");                                      // T-36
  CHECK(larder::clean_token("\thf a\v") == "hf a");
  for (const char* blank : {"", "   ", "\n"}) CHECK(larder::clean_token(blank).empty());  // T-37
}

TEST_CASE("is_possible_token: printable ASCII only", "[base][token_text]") {  // T34
  CHECK(larder::is_possible_token("hf_Ab9-._~+/="));
  for (const char* text : {"hf_\x1b", "hf_\x7f", "hf_\u00e9", "hf\tx", "hf\nx"}) CHECK_FALSE(larder::is_possible_token(text));
}
