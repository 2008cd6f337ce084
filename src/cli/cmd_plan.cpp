// larder plan
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/plan_run.hpp"
#include "cli/render_json.hpp"
#include "cli/render_text.hpp"
#include "cli/services.hpp"

namespace larder::cli {
namespace {

class Plan final : public Command {
 public:
  void declare(Flags& flags) override {
    flags_.declare(flags);
    flags.toggle("--dry-run", &dry_run_, "changes nothing: a plan is one; here because pull has it");
    flags.json();
    flags.quiet("print the paths of the files to fetch only");
    flags.settings({"progress"});
    flags.common();
  }

  Result<void> run(Session& session) override { return run_plan(session, flags_); }

 private:
  PullFlags flags_;
  bool dry_run_ = true;
};

}  // namespace

Result<void> run_plan(Session& session, const PullFlags& flags) {
  LARDER_TRY(const auto options, with_context(flags.options(session), "plan"));
  LARDER_TRY(auto* services, session.workshop.services());
  LARDER_TRY(const auto report, ops::plan(*services, options, session.cancel));
  for (const auto& warning : report.warnings) session.report.warning(warning);
  if (session.json) {
    write_plan_document(session.out, report);
    return {};
  }
  report_left_out(session, report.tree, report.left_out);
  if (!session.quiet) {
    print_plan(session, report);
    return {};
  }
  for (const auto& file : report.files) {
    const bool comes_by_network = file.action == transfer::Action::Fetch || file.action == transfer::Action::Resume;
    if (comes_by_network) session.out.line(escape_text(report.tree.at(file.index).path));
  }
  return {};
}

std::unique_ptr<Command> make_plan() { return std::make_unique<Plan>(); }

}  // namespace larder::cli
