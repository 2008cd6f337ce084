// log: lines for people who look for a fault. To stderr or nowhere; never to stdout.
#pragma once

#include <string>
#include <string_view>

namespace larder::log {

enum class Level { Debug, Info, Warning, Error, Off };

/// Everything below `level` is dropped. Until the first call: Off. Called by cli at start. Thread: any.
/// The process has one log; it is the only state shared by all rooms (docs/decisions/0008-one-log.md).
void set_level(Level level);
[[nodiscard]] bool enabled(Level level);
/// Every line passes the redactor first (T42): bearer tokens, signatures, registered secrets.
void write(Level level, std::string_view text);
/// Registers a secret's exact bytes for the redactor. Short ones (< 4 bytes) are ignored.
void add_secret(std::string_view secret);
/// The redactor itself: for error texts and JSON as well.
std::string redact(std::string_view text);

inline void debug(std::string_view text) {
  if (enabled(Level::Debug)) write(Level::Debug, text);
}
inline void info(std::string_view text) {
  if (enabled(Level::Info)) write(Level::Info, text);
}
inline void warn(std::string_view text) {
  if (enabled(Level::Warning)) write(Level::Warning, text);
}

}  // namespace larder::log
