// larder cache adopt
#include "base/escape.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json_fields_of.hpp"
#include "cli/pull_flags.hpp"
#include "cli/services.hpp"
#include "cli/text_table.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/ops/cache_adopt.hpp>

#include <fmt/format.h>

namespace larder::cli {
namespace {

class CacheAdopt final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.argument("DIR", &folder_, "a folder with files that are here already: never changed");
    flags.optional_argument("REF", &reference_, "match the files to this repository; without: to the listings in the cache");
    flags.toggle("--link", &link_, "hard link before copy");
    flags.settings({"cache_dir", "endpoint", "token_file", "offline"});
    flags.json();
    flags.quiet("print the taken files only");
    flags.settings({"progress", "no_fsync"});
    flags.common();
  }

  Result<void> run(Session& session) override { return with_context(adopt(session), "cache adopt"); }

 private:
  [[nodiscard]] Result<ops::CacheAdoptOptions> options(const Session& session) const {
    ops::CacheAdoptOptions options;
    LARDER_TRY(options.folder, absolute_path(session, folder_, "DIR"));
    if (reference_) {
      LARDER_TRY(const auto context, plain_context(session));
      LARDER_TRY(options.reference, repo::parse_reference(*reference_, context));
    }
    options.hard_links = link_;
    options.offline = session.config.settings.offline;
    return options;
  }

  Result<void> adopt(Session& session) {
    LARDER_TRY(const auto chosen, options(session));
    LARDER_TRY(auto* services, reference_ ? session.workshop.services() : session.workshop.local_services());
    ops::CacheAdoptReport report;
    LARDER_CHECK(ops::cache_adopt(*services, chosen, report, session.cancel));
    for (const auto& warning : report.warnings) session.report.warning(warning);
    if (session.json) {
      write_document(session, report);
    } else {
      print(session, report);
    }
    return {};
  }

  static void write_document(Session& session, const ops::CacheAdoptReport& report) {
    JsonWriter json(session.out);
    json.begin_object().field("schema", "larder.cache.adopt/1").begin_array("taken");
    for (const auto& file : report.taken) {
      json.begin_object().field("from", file.from);
      write_repo(json, file.repo);
      json.field("path", file.path)
          .field("digest", file.digest.text())
          .field("bytes", file.bytes)
          .field("how", name(file.how))
          .end_object();
    }
    json.end_array().begin_array("left");
    for (const auto& file : report.left) {
      json.begin_object().field("from", file.from).field("reason", file.reason).end_object();
    }
    json.end_array().end_object().finish();
  }

  static void print(Session& session, const ops::CacheAdoptReport& report) {
    if (session.quiet) {
      for (const auto& file : report.taken) session.out.line(escape_text(file.from));
      return;
    }
    using Align = TextTable::Align;
    TextTable table({Align::Left, Align::Right, Align::Left, Align::Left});
    std::uint64_t bytes = 0;
    for (const auto& file : report.taken) {
      bytes += file.bytes;
      table.add({std::string(name(file.how)), format_bytes_long(file.bytes), escape_text(file.from),
                 "→ " + escape_text(file.repo.text()) + "/" + escape_text(file.path)});
    }
    for (const auto& file : report.left) table.add({"left", "", escape_text(file.from), "(" + file.reason + ")"});
    table.print(session.out);
    session.out.line(
        fmt::format("{} taken, {}; {} left", counted(report.taken.size(), "file"), format_bytes_long(bytes), report.left.size()));
  }

  std::string folder_;
  std::optional<std::string> reference_;
  bool link_ = false;
};

}  // namespace

std::unique_ptr<Command> make_cache_adopt() { return std::make_unique<CacheAdopt>(); }

}  // namespace larder::cli
