// larder cache ls
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/json_fields_of.hpp"
#include "cli/services.hpp"
#include "cli/text_table.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/ops/cache_list.hpp>

#include <fmt/format.h>

#include "base/text.hpp"

namespace larder::cli {
namespace {

std::chrono::system_clock::time_point time_of(std::int64_t ns) {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(ns)));
}

void time_field(JsonWriter& json, std::string_view key, std::int64_t ns) {
  if (ns == 0) {
    json.null_field(key);
  } else {
    json.field(key, format_time(time_of(ns)));
  }
}

void refs_field(JsonWriter& json, const std::vector<std::string>& refs) {
  json.begin_array("refs");
  for (const auto& ref : refs) json.value(ref);
  json.end_array();
}

void write_repo_row(JsonWriter& json, const ops::CacheRow& row) {
  json.begin_object();
  write_repo(json, row.repo);
  json.field("path", row.path).field("bytes", row.bytes).field("files", row.files).field("revisions", row.revisions);
  refs_field(json, row.refs);
  time_field(json, "last_accessed", row.accessed_ns);
  time_field(json, "last_modified", row.modified_ns);
  json.begin_array("problems");
  for (const auto& problem : row.problems) {
    json.begin_object().field("kind", name(problem.kind)).field("path", problem.path).end_object();
  }
  json.end_array().end_object();
}

void write_revision_row(JsonWriter& json, const ops::CacheRow& row) {
  json.begin_object();
  write_repo(json, row.repo);
  json.field("commit", row.commit).field("path", row.path).field("bytes", row.bytes).field("files", row.files);
  refs_field(json, row.refs);
  time_field(json, "last_modified", row.modified_ns);
  json.field("pinned", row.is_pinned);
  if (row.is_complete) {
    json.field("complete", *row.is_complete);
  } else {
    json.null_field("complete");
  }
  json.end_object();
}

class CacheLs final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.toggle("--revisions", &revisions_, "one line a revision");
    flags.texts("--filter,-f", "EXPR", &filters_, "only rows for which it holds, e.g. 'size>1GB', 'accessed>7d'; repeatable");
    flags.text("--sort", "KEY[:asc|:desc]", &sort_, "accessed, modified, size or name");
    flags.text("--limit", "N", &limit_, "at most N rows");
    flags.settings({"cache_dir"});
    flags.json();
    flags.quiet("print ids only, or commits with --revisions");
    flags.settings({"progress"});
    flags.common();
  }

  Result<void> run(Session& session) override { return with_context(list(session), "cache ls"); }

 private:
  [[nodiscard]] Result<ops::CacheListOptions> options() const {
    ops::CacheListOptions options;
    options.revisions = revisions_;
    options.filters = filters_;
    options.sort = sort_.value_or("");
    if (limit_) {
      LARDER_TRY(options.limit, whole_number("--limit", *limit_));
    }
    return options;
  }

  Result<void> list(Session& session) {
    LARDER_TRY(const auto chosen, options());
    LARDER_TRY(auto* services, session.workshop.local_services());
    LARDER_TRY(const auto report, ops::cache_list(*services, chosen, session.cancel));
    if (session.json) {
      write_document(session, report);
    } else if (session.quiet) {
      for (const auto& row : report.rows) session.out.line(escape_text(revisions_ ? row.commit : ops::cache_id(row.repo)));
    } else {
      print(session, report);
    }
    hint_at_leftovers(session, report);
    return {};
  }

  void write_document(Session& session, const ops::CacheListReport& report) const {
    JsonWriter json(session.out);
    json.begin_object().field("schema", "larder.cache.ls/1").field("cache", report.cache).begin_object("bytes");
    json.field("total", report.total_bytes).field("shared", report.shared_bytes).field("partial", report.partial_bytes).end_object();
    json.begin_array(revisions_ ? "revisions" : "repos");
    for (const auto& row : report.rows) {
      if (revisions_) {
        write_revision_row(json, row);
      } else {
        write_repo_row(json, row);
      }
    }
    json.end_array().end_object().finish();
  }

  void print(Session& session, const ops::CacheListReport& report) const {
    if (report.rows.empty()) {
      session.out.line("No results found.");
      return;
    }
    const auto now = session.workshop.clock().wall_now();
    const auto age = [&](std::int64_t ns) {
      return ns == 0 ? std::string("never") : format_age(std::chrono::duration_cast<std::chrono::seconds>(now - time_of(ns)));
    };
    using Align = TextTable::Align;
    TextTable table(
        {Align::Left, revisions_ ? Align::Left : Align::Right, revisions_ ? Align::Right : Align::Left, Align::Left, Align::Left});
    table.add(revisions_ ? std::vector<std::string>{"ID", "REVISION", "SIZE", "LAST_MODIFIED", "REFS"}
                         : std::vector<std::string>{"ID", "SIZE", "LAST_ACCESSED", "LAST_MODIFIED", "REFS"});
    std::uint64_t sum = 0;
    for (const auto& row : report.rows) {
      sum += row.bytes;
      const auto id = escape_text(ops::cache_id(row.repo));
      const auto refs = escape_text(join(row.refs, ", ")) + (row.is_pinned ? " (pinned)" : "");
      if (revisions_) {
        table.add({id, escape_text(row.commit), format_byte_size(row.bytes), age(row.modified_ns), refs});
      } else {
        table.add({id, format_byte_size(row.bytes), age(row.accessed_ns), age(row.modified_ns), refs});
      }
      for (const auto& problem : row.problems) {
        if (is_damage(problem.kind)) session.report.warning(fmt::format("{}: {}", escape_text(problem.path), name(problem.kind)));
      }
    }
    table.print(session.out);
    const bool is_whole = filters_.empty() && !limit_ && !revisions_;
    session.out.line(fmt::format("\nFound {} repo(s) for a total of {} revision(s) and {} on disk.", report.repos_shown,
                                 report.revisions_shown, format_byte_size(is_whole ? report.total_bytes : sum)));
  }

  static void hint_at_leftovers(Session& session, const ops::CacheListReport& report) {
    if (report.leftovers > 0) {
      session.report.note(fmt::format("{} of unfinished downloads, {}; `larder cache prune` removes the dead ones",
                                      counted(report.leftovers, "leftover"), format_bytes_long(report.partial_bytes)));
    }
    if (report.unreferenced_payloads > 0) {
      session.report.note(fmt::format("{} of the shared store that nobody refers to, {}; `larder cache prune` removes them",
                                      counted(report.unreferenced_payloads, "payload"),
                                      format_bytes_long(report.unreferenced_payload_bytes)));
    }
  }

  bool revisions_ = false;
  std::vector<std::string> filters_;
  std::optional<std::string> sort_;
  std::optional<std::string> limit_;
};

}  // namespace

std::unique_ptr<Command> make_cache_ls() { return std::make_unique<CacheLs>(); }

}  // namespace larder::cli
