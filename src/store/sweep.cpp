// sweep: carries out a removal plan.
#include "base/escape.hpp"
#include "store/payload_sweep.hpp"
#include "store/repo_gate.hpp"
#include "store/repo_sweep.hpp"
#include "store/scan_leftovers.hpp"
#include "store/scan_shared.hpp"

#include <larder/store/gc.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <set>

namespace larder::store {
namespace {

// With a download that begins: it is inside from its plan to its lease, or to its ref when there is nothing to do.
constexpr std::chrono::seconds kPatience{5};
// Blobs wait so long for a client that is about to link them: the Python client looks for a lock's end each 50 ms. Meanwhile others go.
constexpr std::chrono::milliseconds kWaitAside{250};
// What was wanted is back after this long: until then the link leads nowhere.
constexpr std::chrono::milliseconds kLookAgain{20};

KeptReason kept_reason(SweepOutcome outcome) {
  if (outcome == SweepOutcome::Recent) return KeptReason::Recent;
  return outcome == SweepOutcome::Pinned ? KeptReason::Pinned : KeptReason::InUse;
}

class Sweep {
 public:
  Sweep(Store& store, const RemovalPlan& plan, SweepReport& report, ProgressSink& progress, const CancelToken& cancel)
      : store_(store), plan_(plan), report_(report), progress_(progress), cancel_(cancel), steps_(store.clock(), progress) {}

  Result<void> run() {
    task_ = progress_.begin(TaskKind::Total, "remove", plan_.bytes_freed);
    Result<void> result;
    for (std::size_t begin = 0; begin < plan_.items.size() && result;) {
      const std::size_t end = end_of_repo(begin);
      result = plan_.items[begin].repo ? sweep_repo(begin, end) : sweep_root(begin, end);
      begin = end;
      if (result) result = look_after_waiting();
    }
    while (result && !waiting_.empty()) result = wait_a_moment();
    if (result) result = sweep_payloads();
    progress_.end(task_, result && report_.failures.empty() ? TaskEnd::Done : TaskEnd::Failed);
    return result;
  }

 private:
  /// Items of one repository stand together.
  std::size_t end_of_repo(std::size_t begin) const {
    std::size_t end = begin + 1;
    while (end < plan_.items.size() && plan_.items[end].repo == plan_.items[begin].repo) ++end;
    return end;
  }

  /// Books what became of an item. True: go on; false: interrupted.
  bool book(const RemovalItem& item, const Result<SweepOutcome>& outcome) {
    if (!outcome) {
      if (cancel_.is_cancelled()) return false;
      report_.failures.push_back({item, outcome.error()});
      return true;
    }
    if (*outcome == SweepOutcome::Removed) {
      report_.removed.push_back(item);
      report_.bytes_freed += item.bytes;
      progress_.advance(task_, report_.bytes_freed);
    } else if (item.repo) {
      report_.kept.push_back({*item.repo, item.commit, kept_reason(*outcome)});
    }
    return !cancel_.is_cancelled();
  }

  static Result<SweepOutcome> remove_item(RepoSweep& repo, const RemovalItem& item, const std::string& folder) {
    const std::string below = item.path.size() > folder.size() ? item.path.substr(folder.size() + 1) : std::string();
    switch (item.kind) {
      case ItemKind::Repo:
        return repo.remove_everything();
      case ItemKind::Revision:
        return repo.remove_revision(item.commit, item.reason);
      case ItemKind::File:
        return repo.remove_file(below, item.seen);
      case ItemKind::Blob:
        repo.add_blob(below.substr(below.rfind('/') + 1));
        return SweepOutcome::Removed;
      case ItemKind::Partial:
      case ItemKind::Temp:
        return repo.remove_leftover(item.path);
      case ItemKind::Payload:
        break;
    }
    return SweepOutcome::Removed;
  }

  /// T49: a link in place of a layout folder may have come since the plan was made.
  Result<void> refuse_links(const std::string& folder) {
    for (const char* name : {"", "/blobs", "/refs", "/snapshots", "/trees", "/.larder", "/.no_exist"}) {
      const std::string path = store_.root() + "/" + folder + name;
      LARDER_TRY(const auto facts, store_.disk().look(path));
      if (facts && facts->kind == fs::FileKind::Symlink) {
        return fail(ErrorCode::UnsafeLink, fmt::format("{}: is a link where a folder of the cache belongs", escape_text(path)));
      }
    }
    return {};
  }

  Result<void> sweep_repo(std::size_t begin, std::size_t end) {
    const std::string folder = plan_.items[begin].path.substr(0, plan_.items[begin].path.find('/'));
    const RepoLayout layout(store_.root(), folder);
    if (const auto safe = refuse_links(folder); !safe) return book_all(begin, end, fail(safe.error()));
    LARDER_TRY(const auto gate, RepoGate::close(store_, layout, kPatience, cancel_));
    if (!gate) return book_all(begin, end, SweepOutcome::InUse);  // a download begins in it right now
    RepoSweep repo(store_, layout, steps_, cancel_);
    const std::size_t failures = report_.failures.size();
    LARDER_CHECK(begin_files(repo, begin, end));
    for (std::size_t i = begin; i < end; ++i) {
      if (!book(plan_.items[i], remove_item(repo, plan_.items[i], folder))) return fail(cancel_.error());
    }
    if (const auto blobs = repo.remove_blobs(); !blobs && !book_rest(plan_.items[begin], blobs.error())) return fail(cancel_.error());
    if (report_.failures.size() == failures) {  // else the notes stay, and the next run finds what is left
      if (const auto rest = repo.finish(); !rest && !book_rest(plan_.items[begin], rest.error())) return fail(cancel_.error());
    }
    touched_payloads_.insert(repo.payloads().begin(), repo.payloads().end());
    if (repo.has_aside()) waiting_.push_back({repo.take_blobs(), &plan_.items[begin], store_.clock().now() + kWaitAside});
    report_.warnings.insert(report_.warnings.end(), repo.warnings().begin(), repo.warnings().end());
    return {};
  }

  /// Blobs that were put aside, of one repository.
  struct Waiting {
    BlobSweep blobs;
    const RemovalItem* item;  // one of the repository's
    SteadyTime until;
  };

  Result<void> wait_a_moment() {
    const SteadyTime next = std::min(next_look_, waiting_.front().until);
    return store_.clock().wait_until(next, cancel_) ? look_after_waiting() : Result<void>(fail(cancel_.error()));
  }

  /// Gives back what is wanted after all, lets go of what has waited long enough. Looks no more often than it has to.
  Result<void> look_after_waiting() {
    const SteadyTime now = store_.clock().now();
    if (waiting_.empty() || now < std::min(next_look_, waiting_.front().until)) return {};
    next_look_ = now + kLookAgain;
    for (Waiting& one : waiting_) {
      auto looked = one.blobs.look_again();
      if (looked && one.until <= now) looked = one.blobs.let_go();
      if (!looked && !book_rest(*one.item, looked.error())) return fail(cancel_.error());
    }
    std::erase_if(waiting_, [&](const Waiting& one) { return one.until <= now || !one.blobs.has_aside(); });
    return {};
  }

  Result<void> book_all(std::size_t begin, std::size_t end, const Result<SweepOutcome>& outcome) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!book(plan_.items[i], outcome)) return fail(cancel_.error());
    }
    return {};
  }

  Result<void> begin_files(RepoSweep& repo, std::size_t begin, std::size_t end) {
    std::vector<std::string> paths;
    for (std::size_t i = begin; i < end; ++i) {
      const RemovalItem& item = plan_.items[i];
      if (item.kind == ItemKind::File) paths.push_back(item.path.substr(item.path.find('/') + 1));
    }
    const auto noted = repo.begin_files(paths);
    return noted || book_rest(plan_.items[begin], noted.error()) ? Result<void>{} : Result<void>(fail(cancel_.error()));
  }

  bool book_rest(const RemovalItem& item, const Error& error) {
    if (cancel_.is_cancelled()) return false;
    report_.failures.push_back({item, error});
    return true;
  }

  Result<SweepOutcome> remove_of_root(const std::string& path, const std::string& name) {
    if (is_manifest(path)) return outcome_of(remove_orphan_manifest(store_, path));
    if (!is_store_temp(path)) return remove_unfinished_repo(store_, name);
    return outcome_of(remove_store_temp(store_, path));
  }

  static Result<SweepOutcome> outcome_of(const Result<PayloadSweep>& swept) {
    if (!swept) return fail(swept.error());
    return *swept == PayloadSweep::Removed ? SweepOutcome::Removed : SweepOutcome::InUse;
  }

  Result<void> sweep_root(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const RemovalItem& item = plan_.items[i];
      const std::string name = item.path.substr(item.path.rfind('/') + 1);
      if (item.kind == ItemKind::Payload) {
        planned_payloads_.emplace(name, &item);
      } else if (!book(item, remove_of_root(item.path, name))) {
        return fail(cancel_.error());
      }
    }
    return {};
  }

  /// Planned ones, and those that lost an entry and stay: their manifests are put right.
  Result<void> sweep_payloads() {
    for (const auto& [name, item] : planned_payloads_) {
      if (!book(*item, outcome_of(sweep_payload(store_, name, PayloadWish::Remove)))) return fail(cancel_.error());
    }
    for (const std::string& name : touched_payloads_) {
      if (planned_payloads_.contains(name)) continue;
      const auto swept = sweep_payload(store_, name, PayloadWish::PutRight);
      if (!swept) report_.warnings.push_back(fmt::format("{}: {}", payload_entry(name), swept.error().text()));
    }
    return {};
  }

  Store& store_;
  const RemovalPlan& plan_;
  SweepReport& report_;
  ProgressSink& progress_;
  const CancelToken& cancel_;
  RemovalSteps steps_;
  TaskId task_ = 0;
  std::list<Waiting> waiting_;  // oldest first
  SteadyTime next_look_;
  std::map<std::string, const RemovalItem*> planned_payloads_;
  std::set<std::string> touched_payloads_;
};

}  // namespace

Result<void> sweep(Store& store, const RemovalPlan& plan, SweepReport& report, ProgressSink& progress, const CancelToken& cancel) {
  return Sweep(store, plan, report, progress, cancel).run();
}

}  // namespace larder::store
