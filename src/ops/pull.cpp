#include <larder/ops/pull.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/disk.hpp"
#include "ops/failures.hpp"
#include "ops/folding.hpp"
#include "ops/prepare.hpp"
#include "ops/pull_state.hpp"
#include "ops/sources.hpp"

#include <larder/base/log.hpp>
#include <larder/hub/hub_client.hpp>
#include <larder/net/transport.hpp>
#include <larder/ops/room_advice.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace larder::ops {
namespace {

using transfer::Action;
using transfer::FileStatus;

/// One pull on its way: the prepared plan, and what became of each planned file. The steps are run() in order; docs/architecture.md draws
/// them.
class Pull {
 public:
  Pull(Services& services, const PullOptions& options, PullReport& report, const CancelToken& cancel)
      : services_(services), options_(options), report_(report), cancel_(cancel) {}

  Result<void> run();
  /// After a failed run: the listing was not the Hub's, as a failure had made one think, and now is. Another run is worth it.
  bool renew_listing();
  /// After the run: nothing here needs the listing any more, and the report points into it.
  void hand_over_tree() {
    if (prepared_.target.tree) report_.tree = std::move(*prepared_.target.tree);
  }

 private:
  Result<void> prepare_all();
  Result<void> check_space() const;
  [[nodiscard]] bool needs_work() const;
  [[nodiscard]] std::string scratch() const;
  Result<void> settle_present();
  Result<void> fetch();
  Result<void> settle_twins();
  Result<void> settle_one(std::size_t slot, FileStatus good);
  Result<void> conclude();
  void fill_report();
  [[nodiscard]] Error with_missing_bytes(Error error) const;
  [[nodiscard]] bool is_listing_doubtful() const;

  Services& services_;
  const PullOptions& options_;
  PullReport& report_;
  const CancelToken& cancel_;
  Prepared prepared_;
  std::unique_ptr<PullState> state_;
  transfer::EngineReport engine_;
};

Result<void> Pull::prepare_all() {
  state_ = std::make_unique<PullState>(services_, options_, prepared_, cancel_);
  prepared_.purpose = Purpose::Pull;
  auto prepared = prepare(services_, options_, cancel_, prepared_);
  if (!prepared) {
    if (prepared.error().code == ErrorCode::EntryNotFound && prepared_.target.tree) {
      state_->mark_missing(missing_files(*prepared_.target.tree, options_));
    }
    return prepared;
  }
  begin_report(options_, prepared_, report_);
  const auto& plan = prepared_.plan;
  log::info(fmt::format("commit {}: {} chosen, {} to fetch, {} here", report_.commit.hex(), counted(plan.files.size(), "file"),
                        counted(plan.fetch_bytes, "byte"), plan.reuse_bytes));
  return {};
}

/// Enough room for the whole plan before the first byte (L8).
Result<void> Pull::check_space() const {
  const auto& space = prepared_.space;
  if (!space.is_known || space.needed <= space.present || prepared_.plan.needed_space == 0) return {};
  return fail(ErrorCode::DiskFull,
              fmt::format("{}: {} bytes are needed, {} are free, {} are missing", escape_text(prepared_.folder), space.needed,
                          space.present, space.needed - space.present),
              kMakeRoom);
}

bool Pull::needs_work() const {
  if (prepared_.plan.files.empty()) return true;  // the folder itself
  for (const auto& file : prepared_.plan.files) {
    if (file.presence != transfer::Presence::Complete || file.action != Action::Reuse) return true;
  }
  return false;
}

/// A folder of ours on the destination's file system.
std::string Pull::scratch() const {
  if (options_.local_dir) return *options_.local_dir + "/.cache/huggingface/larder/tmp";
  return services_.store.root() + "/.locks/.larder-new." + services_.store.run();  // scans ignore it, prune removes it
}

/// What can be made complete without the network; wrong bytes turn into a fetch.
Result<void> Pull::settle_present() {
  for (std::size_t slot = 0; slot < prepared_.plan.files.size(); ++slot) {
    const auto& file = prepared_.plan.files[slot];
    if (file.same_as != transfer::PlannedFile::kNone) continue;
    if (file.action == Action::Reuse || file.action == Action::Share) {
      LARDER_CHECK(settle_one(slot, file.action == Action::Share ? FileStatus::Shared : FileStatus::Reused));
    }
  }
  return {};
}

Result<void> Pull::settle_one(std::size_t slot, FileStatus good) {
  auto& file = prepared_.plan.files[slot];
  if (cancel_.is_cancelled()) return fail(cancel_.error());
  if (file.presence == transfer::Presence::Complete) {
    engine_.statuses[slot] = good;
    return {};
  }
  const auto entry = prepared_.target.tree->at(file.index);
  auto settled = prepared_.destination->settle(entry, file.presence, services_.progress, cancel_);
  if (!settled) {
    if (ends_run(settled.error().code)) return fail(std::move(settled.error()));
    engine_.statuses[slot] = FileStatus::Failed;
    engine_.failures.add(file.index, std::move(settled.error()));
    return {};
  }
  if (*settled) {
    engine_.statuses[slot] = good;
    return {};
  }
  if (options_.offline) {
    engine_.statuses[slot] = FileStatus::Failed;
    engine_.failures.add(file.index, fail(ErrorCode::NotInCache, "what is here has wrong bytes").value());
    return {};
  }
  file.action = Action::Fetch;
  file.presence = transfer::Presence::Missing;
  return {};
}

Result<void> Pull::fetch() {
  bool any = false;
  for (const auto& file : prepared_.plan.files) any = any || file.action == Action::Fetch || file.action == Action::Resume;
  if (!any) return {};
  LARDER_CHECK(prepared_.destination->prepare());
  const auto sources = make_sources(services_, options_.mirrors, options_.reference.repo, prepared_.target.resolved.commit, {});
  if (!sources) return fail(sources.error());
  transfer::Engine engine(services_.clock, services_.random, services_.transport, services_.pool, *prepared_.destination, *sources,
                          services_.progress, options_.engine);
  transfer::EngineReport fetched;
  auto outcome = engine.run(*prepared_.target.tree, prepared_.plan, fetched, cancel_);
  for (std::size_t slot = 0; slot < fetched.statuses.size(); ++slot) {
    if (fetched.statuses[slot] != FileStatus::Pending) engine_.statuses[slot] = fetched.statuses[slot];
  }
  engine_.failures.append(fetched.failures);
  for (auto& warning : fetched.warnings) report_.warnings.push_back(std::move(warning));
  engine_.body_bytes += fetched.body_bytes;
  return outcome;
}

/// Files with the bytes of another one: fetched once, linked now.
Result<void> Pull::settle_twins() {
  bool is_any_left = false;
  engine_.failures.sort();
  const auto& files = prepared_.plan.files;  // in tree order: found by binary search
  const auto slot_of = [&](std::uint32_t index) {
    const auto found = std::lower_bound(files.begin(), files.end(), index,
                                        [](const transfer::PlannedFile& file, std::uint32_t wanted) { return file.index < wanted; });
    return static_cast<std::size_t>(found - files.begin());
  };
  for (std::size_t slot = 0; slot < prepared_.plan.files.size(); ++slot) {
    auto& file = prepared_.plan.files[slot];
    if (file.same_as == transfer::PlannedFile::kNone) continue;
    const auto first = slot_of(file.same_as);
    if (engine_.statuses[first] == FileStatus::Failed || engine_.statuses[first] == FileStatus::Pending) {
      engine_.statuses[slot] = FileStatus::Failed;
      engine_.failures.add_like(file.index, file.same_as);
      continue;
    }
    if (file.presence != transfer::Presence::Complete) file.presence = transfer::Presence::BlobHere;
    LARDER_CHECK(settle_one(slot, FileStatus::Reused));
    // Without links the first file took the blob with it: this one is fetched like any other.
    if (engine_.statuses[slot] == FileStatus::Pending) {
      file.same_as = transfer::PlannedFile::kNone;
      is_any_left = true;
    } else {
      file.action = Action::Reuse;
    }
  }
  if (!is_any_left) return {};
  for (std::size_t slot = 0; slot < prepared_.plan.files.size(); ++slot) {
    if (engine_.statuses[slot] != FileStatus::Pending) prepared_.plan.files[slot].action = Action::Reuse;
  }
  return fetch();
}

void Pull::fill_report() {
  const auto& tree = *prepared_.target.tree;
  report_.files.reserve(prepared_.plan.files.size());
  for (std::size_t slot = 0; slot < prepared_.plan.files.size(); ++slot) {
    const auto size = tree.at(prepared_.plan.files[slot].index).size;
    const auto status = engine_.statuses[slot];
    report_.files.push_back({prepared_.plan.files[slot].index, status});
    if (status == FileStatus::Reused || status == FileStatus::Shared) report_.reused_bytes += size;
  }
  engine_.failures.sort();
  report_.failures = std::move(engine_.failures);
  report_.fetched_bytes = engine_.body_bytes;
}

/// A disk that filled up on the way: how much is not here yet (L7).
Error Pull::with_missing_bytes(Error error) const {
  if (error.code != ErrorCode::DiskFull) return error;
  std::uint64_t missing = 0;
  for (std::size_t slot = 0; slot < prepared_.plan.files.size(); ++slot) {
    const auto& file = prepared_.plan.files[slot];
    const bool is_here = engine_.statuses[slot] != FileStatus::Failed && engine_.statuses[slot] != FileStatus::Pending;
    if (!is_here && file.same_as == transfer::PlannedFile::kNone) missing += prepared_.target.tree->at(file.index).size;
  }
  error.hint = fmt::format("files of {} are not here yet: {}; what is here is kept", counted(missing, "byte"), kMakeRoom);
  return error;
}

/// Listing, marks and the ref, in this order, and the ref only for a whole selection (I2).
Result<void> Pull::conclude() {
  LARDER_CHECK(prepared_.destination->finish());
  LARDER_CHECK(state_->write_tree());
  if (!report_.failures.empty()) return fail(summarise(*prepared_.target.tree, report_.failures, report_.files.size()));
  return state_->write_marks_and_ref(report_);
}

/// A listing from the cache was kept because a commit never changes, but whoever wrote it may have been lied to: a size or a digest in it
/// that the Hub contradicts would fail every run from then on.
bool Pull::is_listing_doubtful() const {
  if (options_.offline || !prepared_.target.tree || prepared_.target.tree_is_new) return false;
  const auto contradicts = [](ErrorCode code) {
    return code == ErrorCode::EntryNotFound || code == ErrorCode::BadResponse || code == ErrorCode::RemoteChanged ||
           code == ErrorCode::DigestMismatch || code == ErrorCode::SizeMismatch;
  };
  for (std::size_t at = 0; at < report_.failures.size(); ++at) {
    if (contradicts(report_.failures.error(at).code)) return true;
  }
  return false;
}

bool Pull::renew_listing() {
  if (cancel_.is_cancelled() || !is_listing_doubtful()) return false;
  auto listed = services_.hub.list_tree(options_.reference.repo, prepared_.target.resolved.commit, cancel_, {});
  if (!listed || repo::is_same_listing(*listed, *prepared_.target.tree)) return false;
  prepared_.target.tree = std::move(*listed);
  prepared_.target.tree_is_new = true;
  return state_->write_tree().has_value();
}

Result<void> Pull::run() {
  LARDER_CHECK(prepare_all());
  LARDER_TRY(auto unlisted, unlisted_snapshot(services_, options_, prepared_));
  if (unlisted) {
    report_ = std::move(*unlisted);
    return {};
  }
  engine_.statuses.assign(prepared_.plan.files.size(), FileStatus::Pending);
  LARDER_CHECK(refuse_folded_names(services_, *prepared_.target.tree, prepared_.selection.chosen, scratch()));
  LARDER_CHECK(check_space());
  if (needs_work()) LARDER_CHECK(state_->begin());
  auto moved = settle_present();
  if (moved) moved = fetch();
  if (moved) moved = settle_twins();
  fill_report();
  if (!moved) {
    state_->abandon();
    return fail(with_missing_bytes(std::move(moved.error())));
  }
  return conclude();
}

}  // namespace

Result<void> pull(Services& services, const PullOptions& options, PullReport& report, const CancelToken& cancel) {
  const auto begun = services.clock.now();
  const auto requests_before = services.transport.requests();
  auto one = std::make_unique<Pull>(services, options, report, cancel);
  auto outcome = one->run();
  if (!outcome && one->renew_listing()) {
    const auto fetched = report.fetched_bytes;
    report = {};
    one = std::make_unique<Pull>(services, options, report, cancel);
    outcome = one->run();
    report.fetched_bytes += fetched;
    report.warnings.emplace_back("the cached listing of this commit was not the Hub's: it was asked for again");
  }
  one->hand_over_tree();
  report.requests = services.transport.requests() - requests_before;
  report.seconds = in_seconds(services.clock.now() - begun);
  return with_context(std::move(outcome), "pull " + object_name(options.reference.repo, asked_revision(options)));
}

}  // namespace larder::ops
