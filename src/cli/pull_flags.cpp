#include "cli/pull_flags.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "cli/services.hpp"
#include "config/expand.hpp"

namespace larder::cli {

Result<std::string> absolute_path(const Session& session, const std::string& path, std::string_view flag) {
  if (path.empty()) return fail(ErrorCode::InvalidArgument, std::string(flag) + ": it is empty");
  const std::string expanded = config::expand_home(path, session.config.places.home);
  if (expanded.front() == '/') return config::make_absolute(expanded, "/");
  std::array<char, PATH_MAX> here{};
  if (::getcwd(here.data(), here.size()) == nullptr) return fail_os(errno, "working folder");
  return config::make_absolute(expanded, here.data());
}

void PullFlags::declare(Flags& flags) {
  reference.declare(flags);
  flags.arguments("FILE", &files, "only these files, or folders with all below them");
  flags.texts("--include", "GLOB", &include, "only files that match; repeatable");
  flags.texts("--exclude", "GLOB", &exclude, "no files that match; repeatable");
  flags.text("--local-dir", "DIR", &local_dir, "real files in DIR instead of the cache");
  flags.toggle("--link", &link, "with --local-dir: hard links where the cache has the file");
  flags.toggle("--overwrite", &overwrite, "with --local-dir: replace files that were edited there");
  flags.settings({"cache_dir", "endpoint", "token_file", "offline"});
  flags.toggle("--force", &force, "fetch again what is here, the listing too");
  flags.settings({"prefer", "no_pickle", "require_pinned", "mirror", "jobs", "limit_rate", "max_memory", "stall_timeout", "timeout",
                  "retries", "lock_timeout", "no_fsync"});
}

Result<void> PullFlags::check() const {
  if (std::find(files.begin(), files.end(), "") != files.end()) return fail(ErrorCode::InvalidArgument, "a FILE is empty");
  if (!local_dir && link) return fail(ErrorCode::InvalidArgument, "--link needs --local-dir");
  if (!local_dir && overwrite) return fail(ErrorCode::InvalidArgument, "--overwrite needs --local-dir");
  return {};
}

Result<ops::PullOptions> PullFlags::options(Session& session) const {
  const auto& settings = session.config.settings;
  ops::PullOptions options;
  LARDER_TRY(options.reference, reference.parse_beside(session, {include || !exclude.empty(), !files.empty()}));
  LARDER_CHECK(check());
  if (force && settings.offline) {
    return fail(ErrorCode::InvalidArgument, "--force does not go with --offline: nothing can be fetched again",
                "leave one of the two out; HF_HUB_OFFLINE counts as --offline");
  }
  options.files = files;
  options.include = include;
  options.exclude = exclude;
  if (local_dir) {
    LARDER_TRY(options.local_dir, absolute_path(session, *local_dir, "--local-dir"));
  }
  options.hard_links = link;
  options.force = force;
  options.overwrite = overwrite;
  options.offline = settings.offline;
  options.require_pinned = settings.require_pinned;
  options.no_pickle = settings.no_pickle;
  LARDER_TRY(options.preference, repo::parse_preference(settings.prefer));
  options.mirrors = settings.mirror;
  options.engine = engine_options(session);
  return options;
}

transfer::EngineOptions engine_options(const Session& session) {
  const auto& settings = session.config.settings;
  transfer::EngineOptions options;
  options.jobs = settings.jobs;
  options.limit_rate = settings.limit_rate;
  options.stall_timeout = settings.stall_timeout;
  options.header_timeout = settings.header_timeout;
  options.lock_timeout = settings.lock_timeout;
  options.deadline = session.workshop.deadline();
  options.retry.tries = std::max(1, settings.retries);
  return options;
}

}  // namespace larder::cli
