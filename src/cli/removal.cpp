#include "cli/removal.hpp"

#include <larder/base/byte_size.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <unistd.h>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "cli/json_fields_of.hpp"
#include "cli/prompt.hpp"
#include "cli/text_table.hpp"

namespace larder::cli {
namespace {

/// A plan, or what was done of it, as it is told.
struct Told {
  const std::vector<store::RemovalItem>& items;
  std::vector<store::KeptItem> kept;
  std::uint64_t freed = 0;
  std::uint64_t before = 0;
};

void write_document(Session& session, const Told& told, std::string_view command, bool dry_run) {
  JsonWriter json(session.out);
  json.begin_object().field("schema", "larder.cache.removal/1").field("command", command).field("dry_run", dry_run).begin_array("items");
  for (const auto& item : told.items) {
    json.begin_object().field("kind", name(item.kind));
    if (item.repo) {
      write_repo(json, *item.repo);
    } else {
      json.null_field("repo");
    }
    json.optional_field("commit", item.commit)
        .field("path", item.path)
        .field("bytes", item.bytes)
        .field("reason", name(item.reason))
        .end_object();
  }
  json.end_array().begin_array("kept");
  for (const auto& kept : told.kept) {
    json.begin_object();
    write_repo(json, kept.repo);
    json.optional_field("commit", kept.commit).field("reason", name(kept.reason)).end_object();
  }
  json.end_array().begin_object("bytes").field("freed", told.freed).field("before", told.before).field("after", told.before - told.freed);
  json.end_object().end_object().finish();
}

/// Done: what was removed. Planned: what would be. Confirmed: it was listed when it was asked about, so only the sum is left to say.
enum class Tense { Done, Planned, Confirmed };

TextTable new_table() {
  return TextTable({TextTable::Align::Left, TextTable::Align::Right, TextTable::Align::Left, TextTable::Align::Left});
}

void add_item(TextTable& table, const store::RemovalItem& item) {
  table.add(
      {std::string(name(item.kind)), format_bytes_long(item.bytes), escape_text(item.path), "(" + std::string(name(item.reason)) + ")"});
}

void note_kept(Session& session, const store::KeptItem& kept) {
  session.report.note(fmt::format("kept {}{}{}: {}", escape_text(kept.repo.text()), kept.commit.empty() ? "" : "@",
                                  escape_text(kept.commit), name(kept.reason)));
}

void print_items(Session& session, const Told& told) {
  TextTable table = new_table();
  for (const auto& item : told.items) add_item(table, item);
  table.print(session.out);
  for (const auto& kept : told.kept) note_kept(session, kept);
}

/// Above a question there is room for what a person reads: the largest, largest first, and how many more there are.
void print_for_question(Session& session, const store::RemovalPlan& plan) {
  constexpr std::size_t kShown = 30;
  if (plan.items.size() <= kShown && plan.kept.size() <= kShown) {
    return print_items(session, {plan.items, plan.kept, plan.bytes_freed, plan.bytes_before});
  }
  std::vector<const store::RemovalItem*> largest;
  for (const auto& item : plan.items) largest.push_back(&item);
  const std::size_t shown = std::min(kShown, largest.size());
  const auto is_larger = [](const auto* a, const auto* b) { return a->bytes != b->bytes ? a->bytes > b->bytes : a->path < b->path; };
  std::partial_sort(largest.begin(), largest.begin() + static_cast<std::ptrdiff_t>(shown), largest.end(), is_larger);
  TextTable table = new_table();
  std::uint64_t rest = plan.bytes_freed;
  for (std::size_t i = 0; i < shown; ++i) {
    add_item(table, *largest[i]);
    rest -= largest[i]->bytes;
  }
  table.print(session.out);
  if (shown < largest.size()) {
    session.out.line(fmt::format("and {} more with {}: --dry-run lists each", largest.size() - shown, format_bytes_long(rest)));
  }
  for (std::size_t i = 0; i < std::min(kShown, plan.kept.size()); ++i) note_kept(session, plan.kept[i]);
  if (plan.kept.size() > kShown) session.report.note(fmt::format("kept {} more: --dry-run lists each", plan.kept.size() - kShown));
}

void print(Session& session, const Told& told, Tense tense) {
  if (session.quiet) {
    for (const auto& item : told.items) session.out.line(escape_text(item.path));
    return;
  }
  if (tense != Tense::Confirmed) print_items(session, told);
  const auto verb = tense == Tense::Planned ? "would free" : "freed";
  session.out.line(fmt::format("{}, {} {}; {} stay", counted(told.items.size(), "item"), verb, format_bytes_long(told.freed),
                               format_bytes_long(told.before - told.freed)));
}

void tell(Session& session, const Told& told, std::string_view command, Tense tense) {
  if (session.json) {
    write_document(session, told, command, tense == Tense::Planned);
  } else {
    print(session, told, tense);
  }
}

Result<void> confirm(Session& session, const store::RemovalPlan& plan) {
  if (::isatty(STDIN_FILENO) != 1 || session.json) {  // a question would tear the document
    return fail(ErrorCode::InvalidArgument, "nobody can be asked, nothing was removed",
                "--yes goes on without asking, --dry-run only shows");
  }
  print_for_question(session, plan);
  LARDER_CHECK(session.out.finish());
  const auto question =
      fmt::format("Remove {} and free {}? [y/N] ", counted(plan.items.size(), "item"), format_bytes_long(plan.bytes_freed));
  LARDER_TRY(const auto answer, ask(question, Echo::On, session.cancel));
  const auto word = to_lower(trim(answer.value_or("")));
  if (word == "y" || word == "yes") return {};
  return fail(ErrorCode::InvalidArgument, "not confirmed, nothing was removed", "answer y, or give --yes");
}

}  // namespace

void RemovalFlags::declare(Flags& flags) {
  flags.toggle("--yes,-y", &yes, "don't ask");
  flags.toggle("--dry-run", &dry_run, "only say what would be removed");
}

Result<void> finish_removal(Session& session, ops::Services& services, const store::RemovalPlan& plan, const RemovalFlags& flags,
                            std::string_view command) {
  for (const auto& warning : plan.warnings) session.report.warning(warning);
  if (flags.dry_run || plan.items.empty()) {
    tell(session, {plan.items, plan.kept, plan.bytes_freed, plan.bytes_before}, command, flags.dry_run ? Tense::Planned : Tense::Done);
    return flags.dry_run ? Result<void>() : ops::removal_outcome(plan, {});
  }
  if (!flags.yes) LARDER_CHECK(confirm(session, plan));
  store::SweepReport report;
  auto carried_out = ops::carry_out(services, plan, report, session.cancel);
  for (const auto& warning : report.warnings) session.report.warning(warning);
  std::vector<FailedItem> failed;
  for (const auto& failure : report.failures) failed.push_back({failure.item.path, failure.error});
  session.failures = std::move(failed);
  if (!carried_out) return carried_out;
  Told told{report.removed, plan.kept, report.bytes_freed, plan.bytes_before};
  told.kept.insert(told.kept.end(), report.kept.begin(), report.kept.end());
  auto outcome = ops::removal_outcome(plan, report);
  if (outcome || !session.json) tell(session, told, command, flags.yes ? Tense::Done : Tense::Confirmed);
  session.is_written = !session.json;  // what was removed is told in text; JSON has one document, the error's
  return outcome;
}

}  // namespace larder::cli
