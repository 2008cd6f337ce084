// larder cache rm, cache prune, cache gc
#include "cli/command.hpp"
#include "cli/reference_flags.hpp"
#include "cli/removal.hpp"
#include "cli/services.hpp"

#include <larder/base/byte_size.hpp>

namespace larder::cli {
namespace {

void declare_rest(Flags& flags, RemovalFlags& removal) {
  removal.declare(flags);
  flags.settings({"cache_dir"});
  flags.json();
  flags.quiet("print the removed paths only");
  flags.settings({"progress"});
  flags.common();
}

class CacheRm final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.some_arguments("TARGET", &targets_, "model/org/name, hf://org/name, hf://org/name/FILE or a revision of 7 digits or more");
    declare_rest(flags, removal_);
  }

  Result<void> run(Session& session) override { return with_context(remove(session), "cache rm"); }

 private:
  Result<void> remove(Session& session) {
    LARDER_TRY(const auto context, plain_context(session));
    LARDER_TRY(auto* services, session.workshop.local_services());
    LARDER_TRY(const auto plan, ops::plan_cache_rm(*services, targets_, context, session.cancel));
    return finish_removal(session, *services, plan, removal_, "rm");
  }

  std::vector<std::string> targets_;
  RemovalFlags removal_;
};

class CachePrune final : public Command {
 public:
  void declare(Flags& flags) override { declare_rest(flags, removal_); }

  Result<void> run(Session& session) override { return with_context(prune(session), "cache prune"); }

 private:
  Result<void> prune(Session& session) {
    LARDER_TRY(auto* services, session.workshop.local_services());
    LARDER_TRY(const auto plan, ops::plan_cache_prune(*services, session.cancel));
    return finish_removal(session, *services, plan, removal_, "prune");
  }

  RemovalFlags removal_;
};

class CacheGc final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.text("--max-size", "SIZE", &max_size_, "bring the whole cache under this size");
    flags.text("--older-than", "DURATION", &older_than_, "remove what was not used for so long, e.g. 30d");
    flags.text("--keep-last", "N", &keep_last_, "remove all but the N last used revisions of each repository");
    flags.texts("--pins", "FILE", &pins_, "keep what this file lists: references with full commits, or a larder.lock; repeatable");
    declare_rest(flags, removal_);
  }

  Result<void> run(Session& session) override { return with_context(collect(session), "cache gc"); }

 private:
  [[nodiscard]] Result<ops::CacheGcOptions> options() const {
    ops::CacheGcOptions options;
    options.pin_files = pins_;
    if (max_size_) {
      LARDER_TRY(options.policy.max_size, with_context(parse_byte_size(*max_size_), "--max-size"));
    }
    if (older_than_) {
      LARDER_TRY(options.policy.older_than, with_context(parse_duration(*older_than_), "--older-than"));
    }
    if (keep_last_) {
      LARDER_TRY(options.policy.keep_last, whole_number("--keep-last", *keep_last_));
    }
    if (!max_size_ && !older_than_ && !keep_last_) {
      return fail(ErrorCode::InvalidArgument, "no rule was given", "give at least one of --max-size, --older-than, --keep-last");
    }
    return options;
  }

  Result<void> collect(Session& session) {
    LARDER_TRY(const auto chosen, options());
    LARDER_TRY(const auto context, plain_context(session));
    LARDER_TRY(auto* services, session.workshop.local_services());
    LARDER_TRY(const auto plan, ops::plan_cache_gc(*services, chosen, context, session.cancel));
    return finish_removal(session, *services, plan, removal_, "gc");
  }

  std::optional<std::string> max_size_;
  std::optional<std::string> older_than_;
  std::optional<std::string> keep_last_;
  std::vector<std::string> pins_;
  RemovalFlags removal_;
};

}  // namespace

std::unique_ptr<Command> make_cache_rm() { return std::make_unique<CacheRm>(); }
std::unique_ptr<Command> make_cache_prune() { return std::make_unique<CachePrune>(); }
std::unique_ptr<Command> make_cache_gc() { return std::make_unique<CacheGc>(); }

}  // namespace larder::cli
