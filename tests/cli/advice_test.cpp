#include "cli/advice.hpp"

#include "support/catch.hpp"

#include <cerrno>

using namespace larder;
using namespace larder::cli;

TEST_CASE("advice: every error says what to do next", "[cli][advice]") {
  for (int at = 0; at <= static_cast<int>(ErrorCode::Interrupted); ++at) {
    Error error;
    error.code = static_cast<ErrorCode>(at);
    const bool speaks_for_itself = error.code == ErrorCode::Partial || error.code == ErrorCode::Interrupted;
    CAPTURE(name(error.code));
    CHECK(with_advice(error, "cache ls").hint.empty() == speaks_for_itself);
    error.hint = "its own";
    CHECK(with_advice(error, "cache ls").hint == "its own");
  }
}

TEST_CASE("advice: without descriptors or threads the limits are named", "[cli][advice]") {  // L15
  for (const int shortage : {EMFILE, ENFILE, EAGAIN}) {
    const Error error = os_error(shortage, "network thread");
    CHECK(with_advice(error, "pull").hint.find("ulimit") != std::string::npos);
  }
}

TEST_CASE("advice: a usage error names the help of its command", "[cli][advice]") {
  Error error;
  error.code = ErrorCode::InvalidArgument;
  CHECK(with_advice(error, "cache ls").hint == "see `larder cache ls --help`");
}
