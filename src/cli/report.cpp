#include "cli/report.hpp"

#include <larder/base/log.hpp>

#include <algorithm>
#include <map>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "cli/json_writer.hpp"

namespace larder::cli {
namespace {

/// "org/name@main: a.bin: digest mismatch" for an item below the command's own context.
std::string item_text(const Error& whole, const FailedItem& item) {
  std::string text;
  for (const auto& part : whole.context) text += part + ": ";
  const auto own = item.error.text();
  const auto path = escape_text(item.path);
  if (own.rfind(path, 0) != 0) text += path + ": ";
  return text + own;
}

}  // namespace

std::string shown(std::string_view text) {
  std::vector<std::string> lines;
  const auto redacted = log::redact(text);
  for (const auto line : split(redacted, '\n')) lines.push_back(escape_text(line));
  return join(lines, "\n");
}

void Report::print(std::string_view text) { line_.print(shown(text)); }

void Report::error(const Error& error) {
  print("larder: error: " + error.text());
  hint(error.hint);
}

void Report::errors(const Error& error, const FailedItems& items) {
  if (items.size() < 2) return this->error(error);
  list(error, items);
  // A message that only sums up what was just listed is shortened to the count.
  const Error first = items.at(0).error;
  const bool is_summary = error.message.find(first.text()) != std::string::npos;
  Error last = error;
  if (is_summary) last.message = std::to_string(items.size()) + " failed";
  if (last.hint.empty()) last.hint = first.hint;
  this->error(last);
}

// A closed repository of a million files must not print a million times the same: the JSON document has them all.
void Report::list(const Error& error, const FailedItems& items) {
  constexpr std::size_t kShownAlike = 20;
  std::map<std::string, std::size_t> alike;
  for (std::size_t at = 0; at < items.size(); ++at) {
    const FailedItem item = items.at(at);
    if (++alike[item.error.message] <= kShownAlike) print("larder: error: " + item_text(error, item));
  }
  std::string context;
  for (const auto& part : error.context) context += part + ": ";
  for (const auto& [message, count] : alike) {
    if (count > kShownAlike) print("larder: error: " + context + std::to_string(count - kShownAlike) + " more: " + message);
  }
}

void Report::warning(std::string_view text) {
  if (std::find(warned_.begin(), warned_.end(), text) != warned_.end()) return;
  warned_.emplace_back(text);
  print("larder: warning: " + std::string(text));
}

void Report::note(std::string_view text) {
  if (notes_ == Notes::Shown) print("larder: note: " + std::string(text));
}

void Report::hint(std::string_view text) {
  if (!text.empty()) print("hint: " + std::string(text));
}

void Report::line(std::string_view text) { print(text); }

void write_error_document(Output& out, const Error& error, const FailedItems& items) {
  JsonWriter json(out);
  json.begin_object().field("schema", "larder.error/1").field("code", name(error.code)).field("exit", process_exit_code(error));
  json.field("message", log::redact(error.text())).field("hint", log::redact(error.hint));
  json.begin_array("failures");
  for (std::size_t at = 0; at < items.size(); ++at) {
    const FailedItem item = items.at(at);
    json.begin_object().field("path", item.path).field("code", name(item.error.code)).field("exit", process_exit_code(item.error));
    json.field("message", log::redact(item.error.text())).end_object();
  }
  json.end_array().end_object().finish();
}

}  // namespace larder::cli
