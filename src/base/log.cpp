#include <larder/base/log.hpp>

#include "base/escape.hpp"
#include "base/guarded.hpp"
#include "base/redactor.hpp"

#include <larder/base/url.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/ansicolor_sink.h>

#include <algorithm>
#include <atomic>
#include <vector>

namespace larder::log {
namespace {

// Constant-initialised: a program that logs nothing pays one load per call and nothing at start.
constinit std::atomic<Level> threshold{Level::Off};

// Made when the first secret is registered or the first line written; never destroyed, because threads may log until the very end.
Guarded<std::vector<std::string>>& secrets() {
  static auto& all = *new Guarded<std::vector<std::string>>;
  return all;
}

spdlog::logger& logger() {
  static auto& only = []() -> spdlog::logger& {
    auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
    auto& made = *new spdlog::logger("larder", std::move(sink));
    made.set_level(spdlog::level::debug);
    made.set_pattern("%H:%M:%S.%e %^%l%$ %v");
    made.flush_on(spdlog::level::debug);
    return made;
  }();
  return only;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warning:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
    case Level::Off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

}  // namespace

void set_level(Level level) { threshold.store(level, std::memory_order_relaxed); }

bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed) && level != Level::Off; }

void write(Level level, std::string_view text) {
  if (!enabled(level)) return;
  logger().log(spdlog_level(level), spdlog::string_view_t(escape_text(redact(text))));
}

void add_secret(std::string_view secret) {
  constexpr std::size_t kShortest = 4;  // shorter ones would black out ordinary words
  if (secret.size() < kShortest) return;
  secrets().with([&](std::vector<std::string>& all) {
    for (auto form : {std::string(secret), percent_encode(secret)}) {
      if (std::find(all.begin(), all.end(), form) == all.end()) all.push_back(std::move(form));
    }
    // Longest first: a secret that holds another one must go as a whole.
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  });
}

std::string redact(std::string_view text) {
  return redact_text(text, secrets().with([](const std::vector<std::string>& all) { return all; }));
}

}  // namespace larder::log
