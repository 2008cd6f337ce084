// What cache rm, prune and gc do once their plan is made: ask, carry out, tell.
#pragma once

#include "cli/flags.hpp"
#include "cli/session.hpp"

#include <larder/ops/cache_remove.hpp>

#include <string_view>

namespace larder::cli {

/// The flags they share.
struct RemovalFlags {
  bool yes = false;
  bool dry_run = false;

  void declare(Flags& flags);
};

/// `command`: "rm", "prune", "gc". Nothing to remove: exit 0 without a question. Without a terminal and without --yes: InvalidArgument,
/// nothing removed.
Result<void> finish_removal(Session& session, ops::Services& services, const store::RemovalPlan& plan, const RemovalFlags& flags,
                            std::string_view command);

}  // namespace larder::cli
