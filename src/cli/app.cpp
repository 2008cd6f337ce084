#include "cli/app.hpp"

#include <larder/base/log.hpp>
#include <larder/config/load.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/escape.hpp"
#include "cli/advice.hpp"
#include "cli/choose.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/services.hpp"
#include "cli/signals.hpp"

namespace larder::cli {
namespace {

bool is_shell_safe(char c) {
  constexpr std::string_view kSafe = "@%+=:,./_-";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || kSafe.find(c) != std::string_view::npos;
}

std::string quoted_for_shell(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_shell_safe)) return word;
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

std::string_view signal_name(int signal) {
  switch (signal) {
    case SIGHUP:
      return "SIGHUP";
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    default:
      return "a signal";
  }
}

/// Was `--json` asked for? Looked up by hand, because the answer is needed for flags that don't parse, too.
bool asks_for_json(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find(words.begin(), end, "--json") != end;
}

Screen stderr_screen(const config::TerminalFacts& terminal) {
  Screen screen;
  screen.is_terminal = ::isatty(STDERR_FILENO) == 1;
  screen.has_color = screen.is_terminal && !terminal.no_color && !terminal.is_dumb;
  screen.columns = terminal.columns;
  return screen;
}

ProgressMode progress_mode(const config::Loaded& config, const Flags& flags, bool is_terminal) {
  ProgressSituation situation;
  situation.asked = config.settings.progress;
  situation.is_terminal = is_terminal;
  situation.is_dumb = config.terminal.is_dumb;
  situation.is_ci = config.terminal.is_ci;
  situation.is_quiet = flags.is_quiet();
  situation.is_verbose = flags.verbosity() > 0;
  situation.bars_disabled = config.settings.disable_progress_bars;
  return choose_progress_mode(situation);
}

log::Level log_level(int verbosity) {
  if (verbosity == 0) return log::Level::Warning;
  return verbosity == 1 ? log::Level::Info : log::Level::Debug;
}

void show_document(const Error& error, const std::vector<std::string>& words) {
  if (!asks_for_json(words)) return;
  Output out(STDOUT_FILENO);
  write_error_document(out, error, {});
  (void)out.finish();
}

int show(const Error& error) {
  StatusLine line(STDERR_FILENO, {});
  Report(line, Notes::Shown).error(error);
  return process_exit_code(error);
}

/// An error from before any command runs, or beside one.
int refuse(const Error& error, const std::vector<std::string>& words) {
  show_document(error, words);
  return show(error);
}

/// One invocation, after its command is known.
class Run {
 public:
  Run(const CommandRow& row, const std::vector<std::string>& all_words, std::vector<std::string> words)
      : row_(row), all_words_(all_words), words_(std::move(words)), command_(row.make()) {}

  int execute() {
    auto outcome = prepare_and_run();
    if (!outcome) return fail_with(outcome.error());
    if (auto finished = out_.finish(); !finished) return fail_with(finished.error());
    return 0;
  }

 private:
  Result<void> prepare_and_run() {
    command_->declare(flags_);
    LARDER_CHECK(flags_.parse(std::string(row_.name), words_));
    if (flags_.is_help()) {
      out_.write(command_help(row_, flags_));
      return {};
    }
    LARDER_TRY(const bool is_done, command_->run_alone(out_));
    if (is_done) return {};
    auto inputs = config::process_inputs();
    inputs.flags = flags_.setting_values();
    LARDER_TRY(const auto config, load_config(inputs));
    log::set_level(log_level(flags_.verbosity()));
    return run_with(config, inputs.environment);
  }

  /// A wrong flag is one of the command's, as any other; a wrong file or variable is no command's.
  [[nodiscard]] Result<config::Loaded> load_config(const config::LoadInputs& inputs) const {
    auto loaded = config::load(inputs);
    const bool is_of_flag = !loaded && loaded.error().code == ErrorCode::InvalidArgument;
    return is_of_flag ? with_context(std::move(loaded), std::string(row_.name)) : std::move(loaded);
  }

  Result<void> run_with(const config::Loaded& config, const config::Variables& variables) {
    const auto screen = stderr_screen(config.terminal);
    StatusLine line(STDERR_FILENO, screen);
    Report report(line, flags_.is_quiet() ? Notes::Hidden : Notes::Shown);
    for (const auto& warning : config.warnings) report.warning(warning);
    Workshop::Options options;
    options.progress = progress_mode(config, flags_, screen.is_terminal);
    if (config.settings.timeout.count() > 0) options.deadline = std::chrono::steady_clock::now() + config.settings.timeout;
    options.cancel = cancel_.token();
    SignalOptions watch;
    watch.deadline = options.deadline;
    watch.at_hard_end = [this](const Error& reason) { return say_stuck(reason); };
    signals_.emplace(cancel_, std::move(watch));
    Workshop workshop(config, variables, report, line, options);
    Session session{config, out_, report, workshop, cancel_.token(), false, false, false, {}, false};
    session.json = flags_.is_json();
    session.quiet = flags_.is_quiet();
    session.stdout_is_terminal = ::isatty(STDOUT_FILENO) == 1;
    auto outcome = command_->run(session);
    failures_ = std::move(session.failures);
    is_written_ = session.is_written;
    return outcome;
  }

  int fail_with(Error error) {
    error = with_advice(with_shared_code(std::move(error), failures_), row_.name);
    if (error.code == ErrorCode::Interrupted && error.signal == SIGPIPE) return process_exit_code(error);  // silently (L24)
    if (error.code == ErrorCode::Interrupted && error.hint.empty()) error.hint = "to go on: " + command_line(all_words_);
    if (!is_written_) {
      out_.discard();
      if (asks_for_json(all_words_)) write_error_document(out_, error, failures_);
    }
    if (const auto finished = out_.finish(); !finished && finished.error().signal == SIGPIPE) return process_exit_code(finished.error());
    StatusLine line(STDERR_FILENO, {});
    Report report(line, Notes::Shown);
    if (error.code == ErrorCode::Interrupted) {
      say_interrupted(error.signal);
    } else {
      report.errors(error, failures_);
    }
    return process_exit_code(error);
  }

  /// Called by the signal thread when the rest is stuck, so it touches nothing that the main thread changes, and waits for nobody: what is
  /// stuck may be the reader of stdout or stderr.
  [[nodiscard]] int say_stuck(Error reason) const {
    const bool was_interrupted = reason.code == ErrorCode::Interrupted;
    reason.message = std::string(row_.name) + ": " + reason.message + (was_interrupted ? "" : ", and what was under way did not end");
    reason.hint = was_interrupted ? "to go on: " + command_line(all_words_)
                                  : "what is here is kept; `larder doctor fs` looks for a disk that does not answer";
    if (takes_text_now(STDOUT_FILENO)) show_document(reason, all_words_);
    if (!takes_text_now(STDERR_FILENO)) return process_exit_code(reason);
    if (!was_interrupted) return show(reason);
    say_interrupted(reason.signal);
    return process_exit_code(reason);
  }

  void say_interrupted(int signal) const {
    StatusLine line(STDERR_FILENO, {});
    line.print("larder: interrupted by " + std::string(signal_name(signal)) + "; what is here is kept");
    line.print("hint: to go on: " + shown(command_line(all_words_)));
  }

  const CommandRow& row_;
  const std::vector<std::string>& all_words_;
  std::vector<std::string> words_;
  std::unique_ptr<Command> command_;
  Flags flags_;
  Output out_{STDOUT_FILENO};
  FailedItems failures_;
  bool is_written_ = false;
  CancelSource cancel_;
  std::optional<SignalThread> signals_;  // to the end: it is the reader of stdout that may be stuck
};

/// Nothing was asked for, so the help is no result: it goes to stderr (R-1001 has 2 for it, too).
int complain_with_help(const std::string& text) {
  Output out(STDERR_FILENO);
  out.write(text);
  (void)out.finish();
  return exit_code(ErrorCode::InvalidArgument);
}

/// Text that depends on nothing.
int print(const std::string& text) {
  Output out(STDOUT_FILENO);
  out.write(text);
  const auto finished = out.finish();
  if (finished) return 0;
  if (finished.error().signal == SIGPIPE) return process_exit_code(finished.error());
  return refuse(finished.error(), {});
}

}  // namespace

int print_version() { return print("larder " LARDER_VERSION "\n"); }

std::string command_line(const std::vector<std::string>& words) {
  std::string line = "larder";
  for (const auto& word : words) line += " " + quoted_for_shell(word);
  return line;
}

int run(const std::vector<std::string>& words) {
  block_signals();
  auto chosen = choose(words);
  if (!chosen) return refuse(chosen.error(), words);
  switch (chosen->what) {
    case Choice::What::ProgramHelp:
      return print(program_help());
    case Choice::What::BareProgram:
      return complain_with_help(program_help());
    case Choice::What::GroupHelp:
      return print(group_help(*chosen->group));
    case Choice::What::BareGroup:
      return complain_with_help(group_help(*chosen->group));
    case Choice::What::Command:
      return Run(*chosen->command, words, std::move(chosen->words)).execute();
  }
  return exit_code(ErrorCode::Internal);
}

}  // namespace larder::cli
