// larder cache verify
#include "base/escape.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json_fields_of.hpp"
#include "cli/pull_flags.hpp"
#include "cli/services.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/ops/cache_verify.hpp>

#include <fmt/format.h>

namespace larder::cli {
namespace {

std::string finding_line(const store::Finding& finding) {
  std::string line = fmt::format("{}  {}", name(finding.kind), escape_text(finding.path));
  if (!finding.expected.empty()) line += ": expected " + escape_text(finding.expected);
  if (!finding.actual.empty()) line += (finding.expected.empty() ? ": " : ", got ") + escape_text(finding.actual);
  if (!finding.invariant.empty()) line += " [" + finding.invariant + "]";
  return finding.is_repaired ? line + " (repaired)" : line;
}

class CacheVerify final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.arguments("REF", &references_, "only these repositories or revisions; without: the whole cache");
    flags.text("--revision", "REV", &revision_, "which revision, for a REF without @");
    flags.text("--local-dir", "DIR", &local_dir_, "check a folder made by `pull --local-dir`");
    flags.toggle("--repair", &repair_, "fetch again what is damaged, and nothing else");
    flags.toggle("--invariants", &invariants_, "also hold the whole cache against the rules of docs/reliability.md");
    flags.settings({"cache_dir", "endpoint", "token_file", "offline"});
    flags.json();
    flags.quiet("print the paths of what is damaged only");
    flags.settings({"progress"});
    flags.common();
  }

  Result<void> run(Session& session) override { return with_context(verify(session), "cache verify"); }

 private:
  [[nodiscard]] Result<ops::CacheVerifyOptions> options(const Session& session) const {
    ops::CacheVerifyOptions options;
    LARDER_TRY(auto context, plain_context(session));
    context.revision = revision_;
    if (revision_ && references_.empty()) return fail(ErrorCode::InvalidArgument, "--revision needs a REF");
    if (repair_ && session.config.settings.offline) return fail(ErrorCode::InvalidArgument, "--repair has to fetch, --offline forbids it");
    for (const auto& text : references_) {
      LARDER_TRY(auto reference, repo::parse_reference(text, context));
      options.references.push_back(std::move(reference));
    }
    if (local_dir_) {
      LARDER_TRY(options.local_dir, absolute_path(session, *local_dir_, "--local-dir"));
    }
    options.repair = repair_;
    options.invariants = invariants_;
    options.engine = engine_options(session);
    options.mirrors = session.config.settings.mirror;
    return options;
  }

  Result<void> verify(Session& session) {
    LARDER_TRY(const auto chosen, options(session));
    LARDER_TRY(auto* services, repair_ ? session.workshop.services() : session.workshop.local_services());
    ops::CacheVerifyReport report;
    auto outcome = ops::cache_verify(*services, chosen, report, session.cancel);
    const bool is_damaged = !outcome && outcome.error().code == ErrorCode::StoreDamaged;
    const bool is_partial = !outcome && outcome.error().code == ErrorCode::Partial;
    const bool has_findings = !report.findings.empty();  // also when their repair failed
    tell_failures(session, report, is_damaged);
    // Of JSON there is one document: that of the error, when some references are not here or nothing could be repaired.
    session.is_written = outcome || is_damaged || ((is_partial || has_findings) && !session.json);
    if (!session.is_written) return outcome;
    if (session.json) {
      write_document(session, report);
    } else {
      print(session, report);
    }
    return outcome;
  }

  /// Damage is what the command ends with; what is not here is told beside it.
  static void tell_failures(Session& session, const ops::CacheVerifyReport& report, bool is_damaged) {
    std::vector<FailedItem> failed;
    for (const auto& failure : report.failures) {
      if (is_damaged) session.report.warning(failure.error.text());
      failed.push_back({failure.reference, failure.error});
    }
    if (!is_damaged) session.failures = std::move(failed);
  }

  static void write_document(Session& session, const store::VerifyReport& report) {
    JsonWriter json(session.out);
    json.begin_object().field("schema", "larder.verify/1").begin_object("checked").field("blobs", report.checked.blobs);
    json.field("bytes", report.checked.bytes).field("links", report.checked.links).field("refs", report.checked.refs).end_object();
    json.begin_array("findings");
    for (const auto& finding : report.findings) {
      json.begin_object().field("kind", name(finding.kind));
      if (finding.repo) {
        write_repo(json, *finding.repo);
      } else {
        json.null_field("repo");
      }
      json.field("path", finding.path).optional_field("expected", finding.expected).optional_field("actual", finding.actual);
      if (!finding.invariant.empty()) json.field("invariant", finding.invariant);
      json.field("repaired", finding.is_repaired).end_object();
    }
    json.end_array().end_object().finish();
  }

  static void print(Session& session, const store::VerifyReport& report) {
    for (const auto& finding : report.findings) {
      const bool counts = is_damage(finding.kind);
      if (session.quiet && counts) session.out.line(escape_text(finding.path));
      if (!session.quiet) session.out.line(finding_line(finding));
    }
    if (session.quiet) return;
    const auto& checked = report.checked;
    const bool is_empty = checked.blobs + checked.links + checked.refs == 0;
    const char* verdict = report.has_damage() ? "damaged" : is_empty ? "there is nothing to check" : "all right";
    session.out.line(fmt::format("checked {} ({}), {}, {}: {}", counted(checked.blobs, "blob"), format_bytes_long(checked.bytes),
                                 counted(checked.links, "link"), counted(checked.refs, "ref"), verdict));
  }

  std::vector<std::string> references_;
  std::optional<std::string> revision_;
  std::optional<std::string> local_dir_;
  bool repair_ = false;
  bool invariants_ = false;
};

}  // namespace

std::unique_ptr<Command> make_cache_verify() { return std::make_unique<CacheVerify>(); }

}  // namespace larder::cli
