#include "ops/adopt_commit.hpp"

#include "base/escape.hpp"
#include "store/adopt_blob.hpp"
#include "store/pin.hpp"
#include "store/presence.hpp"
#include "store/ref_store.hpp"
#include "store/repo_gate.hpp"
#include "store/tree_cache.hpp"

#include <larder/base/byte_size.hpp>

#include <fmt/format.h>

namespace larder::ops {
namespace {

constexpr std::chrono::minutes kPatience{10};  // with a removal under way

AdoptHow how_of(store::TakenBy taken) {
  switch (taken) {
    case store::TakenBy::Reflink:
      return AdoptHow::Reflink;
    case store::TakenBy::HardLink:
      return AdoptHow::HardLink;
    case store::TakenBy::Copy:
      return AdoptHow::Copy;
    case store::TakenBy::Reused:
      return AdoptHow::Reused;
  }
  return AdoptHow::Copy;
}

/// What is wrong with one file, and with none of the others.
bool is_of_one_file(ErrorCode code) {
  return code == ErrorCode::LockBusy || code == ErrorCode::DigestMismatch || code == ErrorCode::NotInCache;
}

}  // namespace

AdoptCommit::AdoptCommit(Adoption& run, const repo::RepoId& repo, const repo::CommitId& commit)
    : run_(run), store_(run.services.store), repo_(repo), layout_(store_.layout(repo)), commit_(commit) {}

Result<void> AdoptCommit::begin() {
  if (writer_) return {};
  LARDER_TRY(const auto gate, store::RepoGate::prepare(store_, layout_, kPatience, run_.cancel));
  LARDER_TRY(auto lease, store::Lease::take(store_, layout_, commit_));
  lease_.emplace(std::move(lease));
  writer_.emplace(store_, layout_, commit_);
  return {};
}

Result<AdoptHow> AdoptCommit::bring(const AdoptFile& file, const std::string& from) {
  const std::uint64_t size = file.facts.size;
  const auto copied = [&](std::uint64_t bytes) {
    run_.notes.tell([&] { return fmt::format("taking over {}: {} of {}", from, format_bytes_long(bytes), format_bytes_long(size)); });
  };
  copied(0);
  const auto hard_links = run_.options.hard_links ? store::HardLinks::Yes : store::HardLinks::No;
  LARDER_TRY(const auto taken,
             store::adopt_blob(store_, layout_, {file.file, file.digest, size, file.facts, copied}, hard_links, run_.cancel));
  LARDER_CHECK(writer_->place(file.path, file.digest.hex(), store::BlobOrigin::WasHere));
  return how_of(taken);
}

Result<bool> AdoptCommit::take(const AdoptFile& file) {
  LARDER_CHECK(begin());
  LARDER_CHECK(lease_->renew_if_due());
  std::string from = run_.below(file.file);
  const auto how = bring(file, from);
  if (!how && !is_of_one_file(how.error().code)) return fail(how.error());
  if (!how) {
    run_.leave(std::move(from), escape_text(how.error().message));
    return false;
  }
  run_.report.taken.push_back({std::move(from), repo_, commit_, file.path, file.digest, file.facts.size, *how});
  return true;
}

Result<bool> AdoptCommit::is_complete(const repo::Tree& tree) {
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const repo::FileEntry entry = tree.at(i);
    LARDER_TRY(const auto found, store::find_cached(store_.disk(), layout_, commit_, {entry.path, entry.digest(), entry.size}));
    if (found.state != store::CachedState::Complete) return false;
  }
  return true;
}

Result<bool> AdoptCommit::finish(const repo::Tree* tree, const std::optional<repo::Revision>& ref) {
  if (!writer_) return false;
  LARDER_CHECK(writer_->sync());
  bool is_whole = false;
  if (tree != nullptr) {
    LARDER_TRY(const auto known, store_.disk().look(layout_.tree(commit_)));
    if (!known) LARDER_CHECK(store::write_tree(store_, layout_.tmp(), layout_.tree(commit_), *tree));
    LARDER_TRY(is_whole, is_complete(*tree));
  }
  (void)store::mark_used(store_, layout_, commit_);  // not worth a failure
  if (is_whole && ref && ref->commit()) LARDER_CHECK(store::write_pin(store_, layout_, commit_, store::PinKind::Commit));
  if (is_whole && ref && !ref->commit()) LARDER_CHECK(store::write_ref(store_, layout_, *ref, commit_));
  LARDER_CHECK(lease_->release());
  return is_whole;
}

}  // namespace larder::ops
