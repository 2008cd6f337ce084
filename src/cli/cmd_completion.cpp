// larder completion
#include "cli/command.hpp"
#include "cli/completion.hpp"

namespace larder::cli {
namespace {

class Completion final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.argument("SHELL", &shell_, "bash, zsh or fish", "bash|zsh|fish");
    flags.common();
  }

  Result<bool> run_alone(Output& out) override {
    if (shell_ == "bash") {
      out.write(bash_completion());
    } else if (shell_ == "zsh") {
      out.write(zsh_completion());
    } else {
      out.write(fish_completion());
    }
    return true;
  }

  Result<void> run(Session& /*session*/) override { return {}; }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion() { return std::make_unique<Completion>(); }

}  // namespace larder::cli
