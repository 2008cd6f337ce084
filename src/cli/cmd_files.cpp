// larder files
#include "cli/command.hpp"
#include "cli/reference_flags.hpp"
#include "cli/render_json.hpp"
#include "cli/render_text.hpp"
#include "cli/services.hpp"

#include <larder/ops/list.hpp>

namespace larder::cli {
namespace {

class Files final : public Command {
 public:
  void declare(Flags& flags) override {
    reference_.declare(flags);
    flags.texts("--include", "GLOB", &include_, "only files that match; repeatable");
    flags.texts("--exclude", "GLOB", &exclude_, "no files that match; repeatable");
    flags.settings({"cache_dir", "endpoint", "token_file", "offline", "timeout", "retries"});
    flags.json();
    flags.quiet("print paths only");
    flags.settings({"progress"});
    flags.common();
  }

  Result<void> run(Session& session) override {
    LARDER_TRY(const auto reference, with_context(reference_.parse_beside(session, {.filter = has_filter()}), "files"));
    LARDER_TRY(auto* services, session.workshop.services());
    const repo::PathFilter filter(include_, exclude_);
    LARDER_TRY(const auto report, ops::list_files(*services, reference, filter, session.config.settings.offline, session.cancel));
    for (const auto& warning : report.resolved.warnings) session.report.warning(warning);
    if (report.chosen.empty() && has_filter()) session.report.warning("no file matched --include and --exclude");
    if (session.json) {
      write_files_document(session.out, report);
    } else {
      print_files(session, report);
    }
    return {};
  }

 private:
  [[nodiscard]] bool has_filter() const { return include_ || !exclude_.empty(); }

  ReferenceFlags reference_;
  std::optional<std::vector<std::string>> include_;
  std::vector<std::string> exclude_;
};

}  // namespace

std::unique_ptr<Command> make_files() { return std::make_unique<Files>(); }

}  // namespace larder::cli
