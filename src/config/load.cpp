#include <larder/config/load.hpp>

#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "config/assign.hpp"
#include "config/expand.hpp"
#include "config/file.hpp"
#include "config/trust.hpp"

#include <larder/config/small_file.hpp>
#include <larder/config/table.hpp>

#include <algorithm>

namespace larder::config {
namespace {

/// What every layer needs; a later layer simply writes over what an earlier one wrote.
class Loader {
 public:
  explicit Loader(const LoadInputs& inputs) : inputs_(inputs) {}

  Result<Loaded> run() {
    set_defaults();
    LARDER_CHECK(read_file(loaded_.places.user_config, Origin::User));
    loaded_.places.project_config = find_project_file(inputs_.working_folder, loaded_.places.home);
    // A project file that is the user's own file would be read twice, and its token_file refused.
    if (loaded_.places.project_config == loaded_.places.user_config) loaded_.places.project_config.clear();
    if (!loaded_.places.project_config.empty()) LARDER_CHECK(read_file(loaded_.places.project_config, Origin::Project));
    LARDER_CHECK(read_environment());
    LARDER_CHECK(read_flags());
    read_terminal();
    return std::move(loaded_);
  }

 private:
  /// nullopt when unset or empty: "set but empty" is unset.
  [[nodiscard]] std::optional<std::string> variable(std::string_view name) const {
    const auto found = inputs_.environment.find(name);
    if (found == inputs_.environment.end() || found->second.empty()) return std::nullopt;
    return found->second;
  }

  [[nodiscard]] std::string expanded(std::string_view path) const {
    return make_absolute(expand_variables(expand_home(path, loaded_.places.home), inputs_.environment), inputs_.working_folder);
  }

  void put(std::string_view key, std::string Settings::*field, std::string value, Source source) {
    loaded_.settings.*field = std::move(value);
    loaded_.sources[*find_row(key)] = std::move(source);
  }

  void set_defaults() {
    loaded_.sources.resize(table().size());
    auto& places = loaded_.places;
    places.home = variable("HOME").value_or(inputs_.account_home);
    const auto xdg_cache = variable("XDG_CACHE_HOME");
    const auto hf_home = variable("HF_HOME");
    places.hf_home = expanded(hf_home ? *hf_home : xdg_cache ? *xdg_cache + "/huggingface" : "~/.cache/huggingface");
    const auto xdg_config = variable("XDG_CONFIG_HOME");
    // The base directory specification has relative values ignored.
    const auto config_home = xdg_config && xdg_config->front() == '/' ? *xdg_config : places.home + "/.config";
    places.user_config = make_absolute(config_home + "/larder/config.toml", "/");
    const Source source = xdg_cache && !hf_home ? Source{Origin::Environment, "XDG_CACHE_HOME"} : Source{};
    put("cache_dir", &Settings::cache_dir, places.hf_home + "/hub", source);
    put("token_file", &Settings::token_file, places.hf_home + "/token", source);
  }

  Result<void> read_file(const std::string& path, Origin origin) {
    auto file = read_small_file(path, FileShape::Regular);
    if (!file) {
      file.error().code = ErrorCode::InvalidConfig;
      return fail(file.error());
    }
    if (!file->has_value()) return {};
    const auto shown = escape_text(path);
    LARDER_TRY(const auto values, parse_file((*file)->text, shown));
    for (const auto& value : values) {
      LARDER_CHECK(with_context(take_file_value(value, path, origin), shown + ":" + std::to_string(value.line)));
    }
    return {};
  }

  Result<void> take_file_value(const FileValue& file_value, const std::string& path, Origin origin) {
    const auto index = find_row(file_value.key);
    if (!index || table()[*index].set_by == SetBy::Environment) {
      return fail(ErrorCode::InvalidConfig, "unknown key '" + escape_text(file_value.key) + "'", did_you_mean(file_value.key, file_keys()));
    }
    const auto& row = table()[*index];
    if (origin == Origin::Project && row.set_by != SetBy::AnyFile) {
      return fail(ErrorCode::InvalidConfig, std::string(row.key) + " may not be set by a project file",
                  "it may come with other people's work: set it in " + escape_text(loaded_.places.user_config) + ", by " +
                      std::string(row.variable) + " or by " + std::string(row.flag));
    }
    if (!file_value.value) return fail(ErrorCode::InvalidConfig, std::string(row.key) + ": a value of this kind is not possible here");
    const auto folder = path.substr(0, path.rfind('/'));
    return take(row, *file_value.value, Dialect::Larder, folder, {origin, path});
  }

  /// `folder`: where relative paths begin.
  Result<void> take(const Row& row, const Value& value, Dialect dialect, const std::string& folder, Source source) {
    auto assigned = assign(loaded_.settings, row, value, dialect);
    if (!assigned) return fail(with_context(std::move(assigned), std::string(row.key)).error());
    if (!*assigned) return {};
    if (row.kind == Kind::Path) {
      auto& path = loaded_.settings.*std::get<std::string Settings::*>(row.field);
      const bool typed = source.origin == Origin::Flag;  // the shell has expanded the variables of a flag
      path = expand_home(path, loaded_.places.home);
      path = make_absolute(typed ? path : expand_variables(path, inputs_.environment), folder);
    }
    loaded_.sources[*find_row(row.key)] = std::move(source);
    return {};
  }

  Result<void> read_environment() {
    if (variable("HF_HOME")) {
      const Source source{Origin::Environment, "HF_HOME"};
      put("cache_dir", &Settings::cache_dir, loaded_.places.hf_home + "/hub", source);
      put("token_file", &Settings::token_file, loaded_.places.hf_home + "/token", source);
    }
    for (const auto& row : table()) LARDER_CHECK(read_variables(row));
    LARDER_CHECK(read_staging());
    choose_trust(inputs_.environment, loaded_);
    warn_of_empty_folders();
    warn_of_near_misses();
    return {};
  }

  Result<void> read_variables(const Row& row) {
    if (row.kind == Kind::Place) return {};  // choose_trust decides over those together
    std::vector<std::string_view> names{row.variable};
    names.insert(names.end(), row.hub_names.begin(), row.hub_names.end());
    for (const auto name : names) {
      if (name.empty() || is_untrusted_proxy(name)) continue;
      const auto text = variable(name);
      if (!text) continue;
      const auto dialect = name == row.variable ? Dialect::Larder : Dialect::Hub;
      return with_context(take(row, Value(*text), dialect, inputs_.working_folder, {Origin::Environment, std::string(name)}),
                          std::string(name));
    }
    return {};
  }

  /// In a CGI program HTTP_PROXY is a header of whoever asks ("httpoxy"); every other reader of it leaves it out there, too.
  [[nodiscard]] bool is_untrusted_proxy(std::string_view name) const { return name == "HTTP_PROXY" && variable("REQUEST_METHOD"); }

  /// HUGGINGFACE_CO_STAGING wins over HF_ENDPOINT and HF_TOKEN_PATH, larder's own variables win over it.
  Result<void> read_staging() {
    const auto staging = variable("HUGGINGFACE_CO_STAGING");
    if (!staging || !is_true_word(*staging)) return {};
    const Source source{Origin::Environment, "HUGGINGFACE_CO_STAGING"};
    if (!variable("LARDER_ENDPOINT")) put("endpoint", &Settings::endpoint, "https://hub-ci.huggingface.co", source);
    if (!variable("LARDER_TOKEN_FILE")) {
      put("token_file", &Settings::token_file, expanded("~/.cache/huggingface_staging/token"), source);
    }
    return {};
  }

  /// hf takes an empty one literally, as the working folder: whoever set it so expects the cache elsewhere.
  void warn_of_empty_folders() {
    if (variable("LARDER_CACHE_DIR") || inputs_.flags.count("cache_dir") != 0) return;
    for (const auto* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"}) {
      const auto found = inputs_.environment.find(std::string_view(name));
      if (found == inputs_.environment.end()) continue;
      if (!found->second.empty()) return;  // the cache is where this one says
      loaded_.warnings.push_back(std::string(name) + " is empty and counts as unset: the cache is " +
                                 escape_text(loaded_.settings.cache_dir));
    }
  }

  /// LARDER_JOB=4 would be ignored in silence. A name that resembles none of ours belongs to somebody else.
  void warn_of_near_misses() {
    std::vector<std::string_view> known;
    for (const auto& row : table()) {
      if (!row.variable.empty()) known.push_back(row.variable);
    }
    for (auto at = inputs_.environment.lower_bound("LARDER_"); at != inputs_.environment.end() && at->first.starts_with("LARDER_"); ++at) {
      if (std::find(known.begin(), known.end(), at->first) != known.end()) continue;
      if (warn_of_hub_only(at->first)) continue;
      const auto near = nearest(at->first, known);
      if (!near.empty()) loaded_.warnings.push_back(escape_text(at->first) + " is no setting; did you mean " + std::string(near) + "?");
    }
  }

  /// LARDER_DISABLE_XET: the key of a setting that only hf's variable sets.
  bool warn_of_hub_only(const std::string& variable) {
    const std::string key = to_lower(std::string_view(variable).substr(std::string_view("LARDER_").size()));
    const auto index = find_row(key);
    if (!index) return false;
    loaded_.warnings.push_back(escape_text(variable) + " is not read; " + key + " is set by " + std::string(table()[*index].hub_names[0]));
    return true;
  }

  Result<void> read_flags() {
    for (const auto& [key, words] : inputs_.flags) {
      const auto& row = table()[*find_row(key)];
      const auto value = row.kind == Kind::Urls ? Value(words) : Value(words.back());
      auto taken = take(row, value, Dialect::Larder, inputs_.working_folder, {Origin::Flag, std::string(row.flag)});
      if (taken) continue;
      taken.error().code = ErrorCode::InvalidArgument;
      taken.error().context = {std::string(row.flag)};
      return taken;
    }
    return {};
  }

  void read_terminal() {
    auto& terminal = loaded_.terminal;
    terminal.no_color = variable("NO_COLOR").has_value();
    const auto ci = variable("CI");
    terminal.is_ci = ci && *ci != "0" && *ci != "false" && *ci != "False" && *ci != "no";
    terminal.is_dumb = variable("TERM").value_or("dumb") == "dumb";
    const auto columns = variable("COLUMNS");
    if (columns && columns->size() < 6 && columns->find_first_not_of("0123456789") == std::string::npos) {
      terminal.columns = std::stoi(*columns);
    }
  }

  static std::vector<std::string_view> file_keys() {
    std::vector<std::string_view> keys{"model", "remote"};
    for (const auto& row : table()) {
      if (row.set_by != SetBy::Environment) keys.push_back(row.key);
    }
    return keys;
  }

  static std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
    const auto near = nearest(word, known);
    if (near.empty()) return "`larder env` lists all keys";
    return "did you mean '" + std::string(near) + "'?";
  }

  const LoadInputs& inputs_;
  Loaded loaded_;
};

}  // namespace

const Source& Loaded::source(std::string_view key) const { return sources[*find_row(key)]; }

Result<Loaded> load(const LoadInputs& inputs) { return Loader(inputs).run(); }

}  // namespace larder::config
