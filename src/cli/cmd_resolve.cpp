// larder resolve
#include "cli/command.hpp"
#include "cli/reference_flags.hpp"
#include "cli/render_json.hpp"
#include "cli/services.hpp"

#include <larder/ops/list.hpp>

namespace larder::cli {
namespace {

class Resolve final : public Command {
 public:
  void declare(Flags& flags) override {
    reference_.declare(flags);
    flags.settings({"cache_dir", "endpoint", "token_file", "offline", "timeout", "retries"});
    flags.json();
    flags.quiet("no notes");
    flags.settings({"progress"});
    flags.common();
  }

  Result<void> run(Session& session) override {
    LARDER_TRY(const auto reference, with_context(reference_.parse(session), "resolve"));
    LARDER_TRY(auto* services, session.workshop.services());
    LARDER_TRY(const auto report, ops::resolve(*services, reference, session.config.settings.offline, session.cancel));
    for (const auto& warning : report.warnings) session.report.warning(warning);
    if (session.json) {
      write_resolve_document(session.out, report);
    } else {
      session.out.line(report.commit.hex());
    }
    return {};
  }

 private:
  ReferenceFlags reference_;
};

}  // namespace

std::unique_ptr<Command> make_resolve() { return std::make_unique<Resolve>(); }

}  // namespace larder::cli
