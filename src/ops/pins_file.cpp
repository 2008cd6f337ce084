#include "ops/pins_file.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::ops {
namespace {

struct Line {
  std::size_t number = 0;
  std::string_view text;
};

tl::unexpected<Error> refuse(std::string_view name, const Line& line, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, fmt::format("{}:{}: {}", escape_text(name), line.number, why),
              "a pin is a reference with a full commit: org/name@0123456789abcdef0123456789abcdef01234567");
}

std::vector<Line> content_lines(std::string_view text) {
  std::vector<Line> lines;
  std::size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    // No reference holds a "#", so a comment may also follow one.
    const std::string_view line = trim(raw.substr(0, raw.find('#')));
    if (!line.empty()) lines.push_back({number, line});
  }
  return lines;
}

Result<store::RevisionKey> parse_pin(const Line& line, std::string_view name, const repo::ReferenceContext& context) {
  const auto reference = repo::parse_reference(line.text, context);
  if (!reference) return refuse(name, line, reference.error().message);
  const auto commit = reference->revision ? reference->revision->commit() : std::nullopt;
  if (!commit) return refuse(name, line, "no full commit");
  if (!reference->path.empty() || !reference->quant.empty()) return refuse(name, line, "a pin covers a whole revision");
  return store::RevisionKey{reference->repo, commit->hex()};
}

/// The value of `key = "value"`, as larder writes it; nullopt: another key.
std::optional<std::string_view> value_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return std::nullopt;
  std::string_view rest = trim(line.substr(key.size()));
  if (!rest.starts_with('=')) return std::nullopt;
  rest = trim(rest.substr(1));
  if (rest.size() < 2 || rest.front() != '"' || rest.back() != '"') return std::string_view{};
  return rest.substr(1, rest.size() - 2);
}

struct LockedSnapshot {
  Line line;
  std::string type = "model";
  std::string repo;
  std::string commit;
};

Result<store::RevisionKey> key_of(const LockedSnapshot& snapshot, std::string_view name) {
  const auto type = repo::parse_repo_type(snapshot.type);
  if (!type) return refuse(name, snapshot.line, type.error().message);
  const auto repo = repo::RepoId::make(*type, snapshot.repo);
  if (!repo) return refuse(name, snapshot.line, repo.error().message);
  const auto commit = repo::CommitId::parse(snapshot.commit);
  if (!commit) return refuse(name, snapshot.line, "no full commit");
  return store::RevisionKey{*repo, commit->hex()};
}

Result<std::set<store::RevisionKey>> parse_lock(const std::vector<Line>& lines, std::string_view name) {
  std::vector<LockedSnapshot> snapshots;
  for (const Line& line : lines) {
    if (line.text == "[[snapshot]]") {
      snapshots.push_back({line, "model", "", ""});
      continue;
    }
    if (snapshots.empty()) continue;
    if (const auto type = value_of(line.text, "type")) snapshots.back().type = *type;
    if (const auto repo = value_of(line.text, "repo")) snapshots.back().repo = *repo;
    if (const auto commit = value_of(line.text, "commit")) snapshots.back().commit = *commit;
  }
  std::set<store::RevisionKey> pins;
  for (const LockedSnapshot& snapshot : snapshots) {
    LARDER_TRY(auto key, key_of(snapshot, name));
    pins.insert(std::move(key));
  }
  return pins;
}

}  // namespace

Result<std::set<store::RevisionKey>> parse_pins(std::string_view text, std::string_view name, const repo::ReferenceContext& context) {
  const std::vector<Line> lines = content_lines(text);
  const bool is_lock = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return line.text == "[[snapshot]]"; });
  if (is_lock) return parse_lock(lines, name);
  std::set<store::RevisionKey> pins;
  for (const Line& line : lines) {
    LARDER_TRY(auto key, parse_pin(line, name, context));
    pins.insert(std::move(key));
  }
  return pins;
}

}  // namespace larder::ops
