// larder cache pin, cache unpin
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/json_fields_of.hpp"
#include "cli/reference_flags.hpp"
#include "cli/services.hpp"

#include <larder/ops/cache_pin.hpp>

namespace larder::cli {
namespace {

class CachePin final : public Command {
 public:
  explicit CachePin(ops::PinChange change) : change_(change) {}

  void declare(Flags& flags) override {
    flags.some_arguments("REF", &references_, "a cached repository, at a branch, tag or commit");
    flags.settings({"cache_dir"});
    flags.json();
    flags.quiet("print commits only");
    flags.common();
  }

  Result<void> run(Session& session) override { return with_context(change(session), "cache " + word()); }

 private:
  [[nodiscard]] std::string word() const { return change_ == ops::PinChange::Pin ? "pin" : "unpin"; }

  Result<void> change(Session& session) {
    LARDER_TRY(const auto context, plain_context(session));
    std::vector<repo::Reference> parsed;
    for (const auto& text : references_) {
      LARDER_TRY(auto reference, repo::parse_reference(text, context));
      parsed.push_back(std::move(reference));
    }
    LARDER_TRY(auto* services, session.workshop.local_services());
    ops::PinReport report;
    auto outcome = ops::cache_pin(*services, parsed, change_, report, session.cancel);
    std::vector<FailedItem> failed;
    for (const auto& failure : report.failures) failed.push_back({failure.reference, failure.error});
    session.failures = std::move(failed);
    if (session.json && outcome) write_document(session, report);
    if (!session.json) {
      print(session, report);
      session.is_written = true;
    }
    return outcome;
  }

  void write_document(Session& session, const ops::PinReport& report) const {
    JsonWriter json(session.out);
    json.begin_object().field("schema", "larder.cache.pin/1").field("command", word()).begin_array("revisions");
    for (const auto& done : report.done) {
      json.begin_object();
      write_repo(json, done.repo);
      json.field("requested", done.requested).field("commit", done.commit.hex()).field("changed", done.changed).end_object();
    }
    json.end_array().end_object().finish();
  }

  void print(Session& session, const ops::PinReport& report) const {
    for (const auto& done : report.done) {
      if (session.quiet) {
        session.out.line(done.commit.hex());
      } else {
        session.out.line(word() + "ned " + escape_text(done.repo.text()) + "@" + done.commit.hex() + (done.changed ? "" : " (already)"));
      }
    }
  }

  ops::PinChange change_;
  std::vector<std::string> references_;
};

}  // namespace

std::unique_ptr<Command> make_cache_pin() { return std::make_unique<CachePin>(ops::PinChange::Pin); }
std::unique_ptr<Command> make_cache_unpin() { return std::make_unique<CachePin>(ops::PinChange::Unpin); }

}  // namespace larder::cli
