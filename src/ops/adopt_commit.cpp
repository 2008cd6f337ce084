#include "ops/adopt_commit.hpp"

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

}  // namespace

std::function<void(std::uint64_t)> note_of_copy(store::WorkNotes& notes, const std::string& path, std::uint64_t size) {
  return [&notes, &path, size](std::uint64_t bytes) {
    notes.tell([&] { return fmt::format("taking over {}: {} of {}", path, format_bytes_long(bytes), format_bytes_long(size)); });
  };
}

AdoptCommit::AdoptCommit(store::Store& store, const repo::RepoId& repo, const repo::CommitId& commit, store::HardLinks hard_links,
                         const CancelToken& cancel)
    : store_(store), layout_(store.layout(repo)), commit_(commit), hard_links_(hard_links), cancel_(cancel) {}

Result<void> AdoptCommit::begin() {
  if (writer_) return {};
  LARDER_TRY(const auto gate, store::RepoGate::prepare(store_, layout_, kPatience, cancel_));
  LARDER_TRY(auto lease, store::Lease::take(store_, layout_, commit_));
  lease_.emplace(std::move(lease));
  writer_.emplace(store_, layout_, commit_);
  return {};
}

Result<AdoptHow> AdoptCommit::take(const store::AdoptSource& source, std::string_view path) {
  LARDER_CHECK(begin());
  LARDER_CHECK(lease_->renew_if_due());
  LARDER_TRY(const auto taken, store::adopt_blob(store_, layout_, source, hard_links_, cancel_));
  LARDER_CHECK(writer_->place(path, source.digest.hex(), store::BlobOrigin::WasHere));
  return how_of(taken);
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
