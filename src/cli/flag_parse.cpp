// Parsing with CLI11: the only file that names it.
#include "cli/flags.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <span>

#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"

namespace larder::cli {
namespace {

/// Words that `hf` has for the same thing: answered better than by likeness.
struct Renamed {
  std::string_view theirs;
  std::string_view hint;
};
constexpr std::array kRenamed{
    Renamed{"--token", "a token on the command line shows in `ps`: set HF_TOKEN or use --token-file FILE"},
    Renamed{"--force-download", "here it is --force"},
    Renamed{"--max-workers", "here it is --jobs N, which counts connections"},
    Renamed{"--local-dir-use-symlinks", "--local-dir makes real files; --link makes hard links"},
    Renamed{"--format", "--json or --quiet"},
    Renamed{"--allow-patterns", "here it is --include"},
    Renamed{"--ignore-patterns", "here it is --exclude"},
    Renamed{"--max-bandwidth", "here it is --limit-rate"},
};

std::string usage_hint(const std::string& command) { return "see `larder " + command + " --help`"; }

/// "--token=hf_…" → "--token": the value may be a secret, and is not the point.
std::string flag_part(std::string_view word) { return escape_text(word.substr(0, word.find('='))); }

std::string unknown_flag_hint(const std::string& flag, const std::vector<FlagRow>& rows, const std::string& command) {
  std::vector<std::string_view> known;
  for (const auto& row : rows) {
    for (const auto name : split(row.names, ',')) known.push_back(name);
  }
  for (const auto& renamed : kRenamed) known.push_back(renamed.theirs);
  const auto near = nearest(flag, known);
  if (near.empty()) return usage_hint(command);
  const auto renamed = std::find_if(kRenamed.begin(), kRenamed.end(), [&](const Renamed& each) { return each.theirs == near; });
  return renamed != kRenamed.end() ? std::string(renamed->hint) : "did you mean " + std::string(near) + "?";
}

/// CLI11 says "--jobs: 1 required TEXT missing" and the like: what it is about comes first already, the reason is said in our words.
std::string lowered_message(const CLI::ParseError& problem) {
  std::string text = problem.what();
  const auto name = escape_text(text.substr(0, text.find_first_of(": ")));
  if (text.find("required value missing") != std::string::npos) return name + " needs a value";
  if (text.find("At Most 1") != std::string::npos) return name + " is given more than once";
  if (text.find("flag override") != std::string::npos) return (name.size() == 1 ? "-" : "--") + name + " takes no value";
  if (!text.empty()) text.front() = to_lower(text.front());
  while (!text.empty() && (text.back() == '.' || text.back() == '\n')) text.pop_back();
  return escape_text(text);
}

/// `choices`: "a|b", empty: any. `name`: what the words were given for.
Result<void> check_choice(std::string_view name, std::string_view choices, std::span<const std::string> words) {
  const auto known = choice_words(choices);
  for (const auto& word : words) {
    if (known.empty() || std::find(known.begin(), known.end(), word) != known.end()) continue;
    return fail(ErrorCode::InvalidArgument,
                std::string(name) + ": '" + escape_text(word) + "' is not one of: " + join({known.begin(), known.end()}, " "));
  }
  return {};
}

/// CLI11 reads the flags; the words it leaves are the arguments, in order.
class Parser {
 public:
  Parser(const std::string& command, const std::vector<FlagRow>& rows) : command_(command), rows_(rows), found_(rows.size()) {
    app_.set_help_flag();  // ours is declared like any other
    app_.allow_extras();
  }

  void declare(std::size_t at, bool repeats) {
    const auto& row = rows_[at];
    if (row.metavar.empty()) {
      options_.push_back(app_.add_flag(std::string(row.names))->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
      options_.back()->disable_flag_override();  // --offline=no would turn it on
      return;
    }
    // Taking no extra words keeps a glob like [ab] from being read as CLI11's notation for lists, and FILE… from being eaten.
    auto* option = app_.add_option(std::string(row.names), found_[at])->allow_extra_args(false)->type_name("value");
    if (!repeats) option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    options_.push_back(option);
  }

  /// The arguments. Errors: InvalidArgument.
  Result<std::vector<std::string>> run(const std::vector<std::string>& words) {
    const auto end_of_flags = std::find(words.begin(), words.end(), "--");
    LARDER_CHECK(refuse_empty_values({words.begin(), end_of_flags}));
    std::vector<std::string> reversed(std::make_reverse_iterator(end_of_flags), words.rend());  // CLI11 wants the last word first
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::ParseError& problem) {
      return fail(ErrorCode::InvalidArgument, command_ + ": " + lowered_message(problem), usage_hint(command_));
    }
    auto arguments = app_.remaining();
    LARDER_CHECK(refuse_unknown(arguments));
    if (end_of_flags != words.end()) arguments.insert(arguments.end(), end_of_flags + 1, words.end());
    return arguments;
  }

  [[nodiscard]] std::size_t times(std::size_t at) const { return options_[at]->count(); }
  [[nodiscard]] const std::vector<std::string>& words(std::size_t at) const { return found_[at]; }

 private:
  [[nodiscard]] bool takes_value(std::string_view name) const {
    return std::any_of(rows_.begin(), rows_.end(), [name](const FlagRow& row) {
      const auto names = split(row.names, ',');
      return !row.metavar.empty() && std::find(names.begin(), names.end(), name) != names.end();
    });
  }

  /// `--local-dir=$UNSET config.json`: CLI11 would take the next word for the missing value, and pull everything into config.json.
  [[nodiscard]] Result<void> refuse_empty_values(std::span<const std::string> words) const {
    for (std::size_t at = 0; at < words.size(); ++at) {
      const std::string_view word = words[at];
      if (takes_value(word)) {
        ++at;  // the next word is its value, whatever it looks like
      } else if (word.ends_with('=') && takes_value(word.substr(0, word.size() - 1))) {
        return fail(ErrorCode::InvalidArgument, command_ + ": " + flag_part(word) + " needs a value", usage_hint(command_));
      }
    }
    return {};
  }

  Result<void> refuse_unknown(const std::vector<std::string>& left) const {
    const auto flag = std::find_if(left.begin(), left.end(), [](const auto& word) { return word.size() > 1 && word[0] == '-'; });
    if (flag == left.end()) return {};
    const auto name = flag_part(*flag);
    return fail(ErrorCode::InvalidArgument, command_ + ": unknown flag '" + name + "'", unknown_flag_hint(name, rows_, command_));
  }

  const std::string& command_;
  const std::vector<FlagRow>& rows_;
  std::vector<std::vector<std::string>> found_;
  std::vector<CLI::Option*> options_;  // owned by app_
  CLI::App app_;
};

bool takes_several(const FlagRow& row, const Target& target) {
  if (row.setting != nullptr) return row.setting->kind == config::Kind::Urls;
  return std::holds_alternative<std::vector<std::string>*>(target) ||
         std::holds_alternative<std::optional<std::vector<std::string>>*>(target);
}

struct Put {
  const std::vector<std::string>& words;
  std::size_t times;
  void operator()(bool* to) const { *to = true; }
  void operator()(int* to) const { *to = static_cast<int>(times); }
  void operator()(std::string* to) const { *to = words.back(); }
  void operator()(std::optional<std::string>* to) const { *to = words.back(); }
  void operator()(std::vector<std::string>* to) const { *to = words; }
  void operator()(std::optional<std::vector<std::string>>* to) const { *to = words; }
};

}  // namespace

Result<void> Flags::parse(const std::string& command, const std::vector<std::string>& words) {
  Parser parser(command, rows_);
  for (std::size_t at = 0; at < rows_.size(); ++at) parser.declare(at, takes_several(rows_[at], targets_[at]));
  LARDER_TRY(const auto arguments, parser.run(words));
  for (std::size_t at = 0; at < rows_.size(); ++at) {
    if (parser.times(at) == 0) continue;
    const bool is_setting = rows_[at].setting != nullptr;  // those are judged by config, whatever their origin
    if (!is_setting) LARDER_CHECK(with_context(check_choice(long_name(rows_[at].names), rows_[at].choices, parser.words(at)), command));
    take(rows_[at], targets_[at], parser.words(at), parser.times(at));
  }
  if (help_) return {};
  return take_arguments(command, arguments);
}

void Flags::take(const FlagRow& row, const Target& target, const std::vector<std::string>& words, std::size_t times) {
  if (row.setting == nullptr) {
    std::visit(Put{words, times}, target);
  } else {
    setting_values_[std::string(row.setting->key)] = row.metavar.empty() ? std::vector<std::string>{"true"} : words;
  }
}

Result<void> Flags::take_arguments(const std::string& command, const std::vector<std::string>& words) {
  std::size_t used = 0;
  for (std::size_t at = 0; at < argument_rows_.size(); ++at) {
    const auto& row = argument_rows_[at];
    const std::size_t count = row.is_repeatable ? words.size() - used : std::min<std::size_t>(1, words.size() - used);
    if (count == 0 && row.is_required) {
      return fail(ErrorCode::InvalidArgument, command + ": " + std::string(row.name) + " is missing", usage_hint(command));
    }
    LARDER_CHECK(with_context(check_choice(row.name, row.choices, std::span(words).subspan(used, count)), command));
    const auto first = words.begin() + static_cast<std::ptrdiff_t>(used);
    if (count > 0) std::visit(Put{{first, first + static_cast<std::ptrdiff_t>(count)}, count}, argument_targets_[at]);
    used += count;
  }
  if (used == words.size()) return {};
  return fail(ErrorCode::InvalidArgument, command + ": unexpected argument '" + escape_text(words[used]) + "'", usage_hint(command));
}

}  // namespace larder::cli
