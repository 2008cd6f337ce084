#include <larder/base/log.hpp>

#include "base/scope_exit.hpp"
#include "base/unique_fd.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <array>
#include <functional>

namespace llog = larder::log;

namespace {

// Everything `action` writes to stderr.
std::string stderr_of(const std::function<void()>& action) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  larder::UniqueFd in(ends[0]);
  larder::UniqueFd out(ends[1]);
  const larder::UniqueFd saved(::dup(STDERR_FILENO));
  ::dup2(out.value(), STDERR_FILENO);
  out.reset();
  action();
  ::dup2(saved.value(), STDERR_FILENO);
  std::string text(64 * 1024, '\0');
  const auto count = ::read(in.value(), text.data(), text.size());
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

}  // namespace

TEST_CASE("log: off until told, and levels filter", "[base][log]") {
  CHECK_FALSE(llog::enabled(llog::Level::Error));
  CHECK(stderr_of([] { llog::warn("nothing"); }).empty());
  llog::set_level(llog::Level::Info);
  const larder::ScopeExit off([] { llog::set_level(llog::Level::Off); });
  CHECK(llog::enabled(llog::Level::Warning));
  CHECK_FALSE(llog::enabled(llog::Level::Debug));
  CHECK_FALSE(llog::enabled(llog::Level::Off));
  const auto text = stderr_of([] {
    llog::debug("too fine");
    llog::info("listing org/name");
  });
  CHECK(text.find("listing org/name") != std::string::npos);
  CHECK(text.find("too fine") == std::string::npos);
}

TEST_CASE("log: lines are redacted and escaped", "[base][log]") {  // T42 T3
  llog::add_secret("swordfish/1");
  llog::set_level(llog::Level::Debug);
  const larder::ScopeExit off([] { llog::set_level(llog::Level::Off); });
  const auto text = stderr_of([] { llog::warn("swordfish/1 swordfish%2F1 \x1b[2J\nforged line hf_abcdefghijklmn"); });
  CHECK(text.find("swordfish") == std::string::npos);
  CHECK(text.find("hf_abc") == std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(llog::redact("say swordfish/1") == "say [redacted]");
}

TEST_CASE("log: short secrets are not registered, or words would vanish", "[base][log]") {
  llog::add_secret("abc");
  llog::add_secret("");
  CHECK(llog::redact("abc") == "abc");
}
