// larder doctor
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/json_writer.hpp"
#include "cli/services.hpp"
#include "cli/text_table.hpp"

#include <larder/base/url.hpp>
#include <larder/config/table.hpp>
#include <larder/ops/doctor.hpp>

namespace larder::cli {
namespace {

class Doctor final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.optional_argument("AREA", &area_, "net, fs or auth; without: all", "net|fs|auth");
    flags.settings({"cache_dir", "endpoint", "token_file", "offline"});
    flags.json();
    flags.quiet("print what failed only");
    flags.settings({"timeout", "progress"});
    flags.common();
  }

  Result<void> run(Session& session) override {
    LARDER_TRY(auto options, options_of(session));
    // A token that can't be had is a finding, not the end: everything else is tried without it.
    LARDER_TRY(auto* services, options.token_error ? session.workshop.local_services() : session.workshop.services());
    ops::DoctorReport report;
    auto outcome = with_context(ops::doctor(*services, options, report, session.cancel), "doctor");
    if (!outcome && outcome.error().code == ErrorCode::Interrupted) return outcome;
    if (session.json) {
      write_document(session, report);
    } else {
      print(session, report);
    }
    session.is_written = true;
    return outcome;
  }

 private:
  [[nodiscard]] Result<ops::DoctorOptions> options_of(Session& session) const {
    const auto& settings = session.config.settings;
    ops::DoctorOptions options;
    if (area_) {
      for (const auto area : {ops::DoctorArea::Net, ops::DoctorArea::Fs, ops::DoctorArea::Auth}) {
        if (name(area) == *area_) options.areas = {area};
      }
    }
    LARDER_TRY(const auto endpoint, Url::parse(settings.endpoint));
    const bool is_plain = endpoint.origin().scheme == "http";
    options.proxy = config::show(settings, config::table()[*config::find_row(is_plain ? "http_proxy" : "https_proxy")]);
    options.no_proxy = settings.no_proxy;
    options.trust = settings.ca_file.empty() ? settings.ca_folder : settings.ca_file;
    options.offline = settings.offline;
    options.token_file = settings.token_file;
    const auto token = settings.offline ? session.workshop.desk().choice() : session.workshop.desk().token();
    if (!token) {
      if (token.error().code == ErrorCode::Interrupted) return fail(token.error());
      options.token_error = token.error();
      return options;
    }
    options.token = (*token)->description;
    options.is_from_file = (*token)->source == "file" || (*token)->source == "flag";
    options.token_warnings = (*token)->warnings;
    return options;
  }

  static void write_document(Session& session, const ops::DoctorReport& report) {
    JsonWriter json(session.out);
    json.begin_object().field("schema", "larder.doctor/1").begin_array("checks");
    for (const auto& check : report.checks) {
      json.begin_object().field("area", name(check.area)).field("name", check.name).field("status", name(check.status));
      json.field("detail", shown(check.detail)).field("remedy", shown(check.remedy)).end_object();
    }
    json.end_array().end_object().finish();
  }

  static void print(Session& session, const ops::DoctorReport& report) {
    using Align = TextTable::Align;
    TextTable table({Align::Left, Align::Left, Align::Left, Align::Left});
    for (const auto& check : report.checks) {
      if (session.quiet && check.status != ops::CheckStatus::Fail) continue;
      const auto remedy = check.remedy.empty() ? "" : "; " + shown(check.remedy);
      table.add({std::string(name(check.status)), std::string(name(check.area)), check.name, shown(check.detail) + remedy});
    }
    table.print(session.out);
  }

  std::optional<std::string> area_;
};

}  // namespace

std::unique_ptr<Command> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace larder::cli
