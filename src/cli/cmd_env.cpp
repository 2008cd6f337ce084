// larder env
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/json_writer.hpp"
#include "cli/services.hpp"
#include "cli/text_table.hpp"

#include <larder/config/table.hpp>
#include <larder/net/curl_transport.hpp>

#include "base/text.hpp"

namespace larder::cli {
namespace {

struct Library {
  std::string name;
  std::string version;
};

/// "libcurl/7.88.1 OpenSSL/3.0.17" as pairs.
std::vector<Library> libraries() {
  std::vector<Library> result;
  const auto text = net::transport_library();
  for (const auto word : split(text, ' ')) {
    const auto slash = word.find('/');
    if (slash == std::string_view::npos || word.front() == '(') continue;  // "(+libidn2/2.3.3)" is a part of the one before
    result.push_back({std::string(word.substr(0, slash)), std::string(word.substr(slash + 1))});
  }
  return result;
}

/// A number whose 0 means "none" has no value then.
bool is_unset(const config::Row& row, const std::string& text) {
  const bool zero_is_none = row.key == "jobs" || row.key == "limit_rate" || row.key == "timeout";
  return (zero_is_none && text == "0") || (text.empty() && row.kind != config::Kind::Urls);
}

/// The words of the table's defaults, so that a line reads the same whether a value was set or not.
std::string in_words(const config::Row& row, const std::string& text) {
  if (row.kind == config::Kind::Switch) return text == "true" ? "yes" : "no";
  return text.empty() || is_unset(row, text) ? std::string(row.default_text) : escape_text(text);
}

class Env final : public Command {
 public:
  void declare(Flags& flags) override {
    for (const auto& row : config::table()) {
      if (!row.flag.empty()) flags.setting(row);
    }
    flags.json();
    flags.common();
  }

  Result<void> run(Session& session) override {
    LARDER_TRY(const auto* token, session.workshop.desk().choice());
    if (session.json) {
      write_document(session, *token);
    } else {
      print(session, *token);
    }
    return {};
  }

 private:
  static void write_setting(JsonWriter& json, const config::Settings& settings, const config::Row& row) {
    const auto text = config::show(settings, row);
    if (is_unset(row, text)) {
      json.null_field("value");
    } else if (row.kind == config::Kind::Switch) {
      json.field("value", text == "true");
    } else if (row.kind == config::Kind::Count || row.kind == config::Kind::Size || row.kind == config::Kind::Duration) {
      json.field("value", std::stoull(text));
    } else if (row.kind == config::Kind::Urls) {
      json.begin_array("value");
      for (const auto& url : settings.mirror) json.value(url);
      json.end_array();
    } else {
      json.field("value", text);
    }
  }

  static void write_document(Session& session, const config::TokenChoice& token) {
    const auto& config = session.config;
    JsonWriter json(session.out);
    json.begin_object().field("schema", "larder.env/1").field("version", LARDER_VERSION).begin_object("libraries");
    for (const auto& library : libraries()) json.field(library.name, library.version);
    json.end_object().begin_object("paths").field("hf_home", config.places.hf_home).field("cache", config.settings.cache_dir);
    json.field("token_file", config.settings.token_file).field("user_config", config.places.user_config);
    json.optional_field("project_config", config.places.project_config).end_object().begin_array("settings");
    for (std::size_t at = 0; at < config::table().size(); ++at) {
      const auto& row = config::table()[at];
      json.begin_object().field("key", row.key);
      write_setting(json, config.settings, row);
      json.field("origin", config::name(config.sources[at].origin)).optional_field("from", config.sources[at].from).end_object();
    }
    json.end_array().begin_object("token").field("present", token.is_there()).optional_field("source", token.source).end_object();
    json.end_object().finish();
  }

  static void print(Session& session, const config::TokenChoice& token) {
    const auto& config = session.config;
    session.out.line("larder " LARDER_VERSION);
    for (const auto& library : libraries()) session.out.line("  " + library.name + " " + library.version);
    session.out.line("paths");
    TextTable paths({TextTable::Align::Left, TextTable::Align::Left});
    paths.add({"  hf_home", escape_text(config.places.hf_home)});
    paths.add({"  cache", escape_text(config.settings.cache_dir)});
    paths.add({"  token_file", escape_text(config.settings.token_file)});
    paths.add({"  user_config", escape_text(config.places.user_config)});
    paths.add({"  project_config", config.places.project_config.empty() ? "none" : escape_text(config.places.project_config)});
    paths.print(session.out);
    session.out.line("settings");
    TextTable settings({TextTable::Align::Left, TextTable::Align::Left, TextTable::Align::Left});
    for (std::size_t at = 0; at < config::table().size(); ++at) {
      const auto& row = config::table()[at];
      const auto& source = config.sources[at];
      const auto text = config::show(config.settings, row);
      const bool is_default = source.origin == config::Origin::Default && row.kind != config::Kind::Path;
      const auto origin = source.from.empty() ? std::string(config::name(source.origin)) : escape_text(source.from);
      settings.add({"  " + std::string(row.key), is_default ? std::string(row.default_text) : in_words(row, text), origin});
    }
    settings.print(session.out);
    session.out.line("token: " + (token.is_there() ? token.description : std::string("none")));
  }
};

}  // namespace

std::unique_ptr<Command> make_env() { return std::make_unique<Env>(); }

}  // namespace larder::cli
