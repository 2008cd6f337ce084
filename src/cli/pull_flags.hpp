// What pull and plan take alike.
#pragma once

#include "cli/reference_flags.hpp"

#include <larder/ops/pull.hpp>

#include <optional>
#include <string>
#include <vector>

namespace larder::cli {

/// All of pull's flags.
struct PullFlags {
  ReferenceFlags reference;
  std::vector<std::string> files;
  std::optional<std::vector<std::string>> include;
  std::vector<std::string> exclude;
  std::optional<std::string> local_dir;
  bool link = false;
  bool overwrite = false;
  bool force = false;

  void declare(Flags& flags);
  /// Errors: InvalidArgument for words that do not go together.
  [[nodiscard]] Result<ops::PullOptions> options(Session& session) const;

 private:
  [[nodiscard]] Result<void> check() const;
};

/// `path` below the working folder when it is relative, without "./" and trailing "/", a leading `~` expanded: `--local-dir=~/x` comes here
/// as it was typed. Errors: InvalidArgument, naming `flag`, when it is empty.
Result<std::string> absolute_path(const Session& session, const std::string& path, std::string_view flag);

/// What the settings say about a transfer; of pull, plan and `cache verify --repair`.
transfer::EngineOptions engine_options(const Session& session);

}  // namespace larder::cli
