// Flags: what a command takes, declared once; parsed by CLI11, shown by help, completion and the manual.
#pragma once

#include <larder/base/result.hpp>
#include <larder/config/load.hpp>
#include <larder/config/table.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace larder::cli {

/// Where the words of a flag or argument go.
using Target = std::variant<bool*, int*, std::string*, std::optional<std::string>*, std::vector<std::string>*,
                            std::optional<std::vector<std::string>>*>;

/// One flag. Views point to static text.
struct FlagRow {
  std::string_view names;    ///< "--yes,-y": the long one first
  std::string_view metavar;  ///< empty: a switch
  std::string_view help;     ///< one line, lower case, no full stop
  std::string_view choices;  ///< separated by "|"; empty: any text
  std::string_view default_text;
  const config::Row* setting = nullptr;  ///< set for a flag of the settings table
};

/// One argument by position.
struct ArgumentRow {
  std::string_view name;  ///< "REF"
  std::string_view help;
  bool is_required = true;
  bool is_repeatable = false;
  std::string_view choices = {};  ///< separated by "|", for completion: the command itself judges; empty: any text
};

/// Declared by a command, then parsed once.
class Flags {
 public:
  Flags() = default;
  Flags(const Flags&) = delete;
  Flags& operator=(const Flags&) = delete;

  /// A required word.
  void argument(std::string_view name, std::string* target, std::string_view help, std::string_view choices = {}) {
    add_argument({name, help, true, false, choices}, target);
  }
  void optional_argument(std::string_view name, std::optional<std::string>* target, std::string_view help, std::string_view choices = {}) {
    add_argument({name, help, false, false, choices}, target);
  }
  /// Any number of words, none among them.
  void arguments(std::string_view name, std::vector<std::string>* target, std::string_view help) {
    add_argument({name, help, false, true}, target);
  }
  /// One word or more.
  void some_arguments(std::string_view name, std::vector<std::string>* target, std::string_view help) {
    add_argument({name, help, true, true}, target);
  }
  void toggle(std::string_view names, bool* target, std::string_view help) { add({names, {}, help, {}, {}, nullptr}, target); }
  void count(std::string_view names, int* target, std::string_view help) { add({names, {}, help, {}, {}, nullptr}, target); }
  /// `choices`: separated by "|"; empty: any.
  void text(std::string_view names, std::string_view metavar, std::optional<std::string>* target, std::string_view help,
            std::string_view choices = {}) {
    add({names, metavar, help, choices, {}, nullptr}, target);
  }
  /// May be given again; one word each time.
  void texts(std::string_view names, std::string_view metavar, std::vector<std::string>* target, std::string_view help) {
    add({names, metavar, help, {}, {}, nullptr}, target);
  }
  void texts(std::string_view names, std::string_view metavar, std::optional<std::vector<std::string>>* target, std::string_view help) {
    add({names, metavar, help, {}, {}, nullptr}, target);
  }
  /// The flags of these settings; their words end up in `settings()`.
  void settings(std::initializer_list<std::string_view> keys);
  void setting(const config::Row& row);
  /// --json, where the command has a document.
  void json();
  /// --quiet; `help` says what is printed then.
  void quiet(std::string_view help);
  /// -v and --help: every command has them.
  void common();

  /// `words`: everything behind the command's name. Errors: InvalidArgument with a hint.
  /// With --help the arguments may be missing.
  Result<void> parse(const std::string& command, const std::vector<std::string>& words);

  [[nodiscard]] const std::vector<FlagRow>& rows() const { return rows_; }
  [[nodiscard]] const std::vector<ArgumentRow>& argument_rows() const { return argument_rows_; }
  [[nodiscard]] const config::FlagValues& setting_values() const { return setting_values_; }
  [[nodiscard]] bool is_json() const { return json_; }
  [[nodiscard]] bool is_quiet() const { return quiet_; }
  [[nodiscard]] bool is_help() const { return help_; }
  [[nodiscard]] int verbosity() const { return verbosity_; }

 private:
  void add(FlagRow row, Target target);
  void add_argument(ArgumentRow row, Target target);
  void take(const FlagRow& row, const Target& target, const std::vector<std::string>& words, std::size_t times);
  Result<void> take_arguments(const std::string& command, const std::vector<std::string>& words);

  std::vector<FlagRow> rows_;
  std::vector<Target> targets_;
  std::vector<ArgumentRow> argument_rows_;
  std::vector<Target> argument_targets_;
  config::FlagValues setting_values_;
  bool json_ = false;
  bool quiet_ = false;
  bool help_ = false;
  int verbosity_ = 0;
};

/// What `flag` was given. Errors: InvalidArgument.
Result<std::uint64_t> whole_number(std::string_view flag, std::string_view text);
/// The first name of "--yes,-y": "--yes".
std::string_view long_name(std::string_view names);
/// The words of "a|b|c".
std::vector<std::string_view> choice_words(std::string_view choices);

}  // namespace larder::cli
