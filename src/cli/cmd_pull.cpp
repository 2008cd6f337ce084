// larder pull
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/plan_run.hpp"
#include "cli/pull_flags.hpp"
#include "cli/render_json.hpp"
#include "cli/render_text.hpp"
#include "cli/services.hpp"

namespace larder::cli {
namespace {

class Pull final : public Command {
 public:
  void declare(Flags& flags) override {
    flags_.declare(flags);
    flags.toggle("--dry-run", &dry_run_, "say what would be done, as `plan`");
    flags.json();
    flags.quiet("print the path only, no notes");
    flags.settings({"progress"});
    flags.common();
  }

  Result<void> run(Session& session) override {
    if (dry_run_) return run_plan(session, flags_);
    return pull(session);
  }

 private:
  Result<void> pull(Session& session) {
    LARDER_TRY(const auto options, with_context(flags_.options(session), "pull"));
    LARDER_TRY(auto* services, session.workshop.services());
    ops::PullReport report;
    const auto outcome = ops::pull(*services, options, report, session.cancel);
    for (const auto& warning : report.warnings) session.report.warning(warning);
    if (!outcome) {
      session.failures = failed_files(std::move(report));
      return fail(outcome.error());
    }
    for (const auto& note : report.notes) session.report.note(note);  // T18
    report_left_out(session, report.tree, report.left_out);
    report_code_files(session, report.tree, report.files);
    if (session.json) {
      write_pull_document(session.out, report);
    } else {
      print_path(session, report.path);
    }
    return {};
  }

  /// The report goes along, for its paths.
  static FailedItems failed_files(ops::PullReport report) {
    const auto count = report.failures.size();
    return {count, FailedItems::keeping(std::move(report), [](const ops::PullReport& kept, std::size_t at) {
              return FailedItem{std::string(kept.tree.at(kept.failures.index(at)).path), kept.failures.error(at)};
            })};
  }

  PullFlags flags_;
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> make_pull() { return std::make_unique<Pull>(); }

}  // namespace larder::cli
