// verify_local_dir: a --local-dir folder against its own metadata and listing.
#include "base/escape.hpp"
#include "fs/walk.hpp"
#include "store/entry_name.hpp"
#include "store/local_dir.hpp"
#include "store/tree_cache.hpp"
#include "store/verify_bytes.hpp"

#include <larder/store/verify.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace larder::store {
namespace {

constexpr std::string_view kMetadataEnd = ".metadata";

/// Every entry below `folder` that is no folder, path relative to it, links not followed. `skips`: folders not to enter.
Result<void> walk_files(const std::string& folder, const std::function<bool(const std::string&)>& skips,
                        const std::function<Result<void>(const std::string&, const fs::FileFacts&)>& visit, const CancelToken& cancel) {
  return fs::walk(folder, {}, [&](const fs::WalkEntry& entry) -> Result<fs::WalkStep> {
    if (cancel.is_cancelled()) return fail(cancel.error());
    if (entry.kind() == fs::FileKind::Folder) return skips(entry.path()) ? fs::WalkStep::Skip : fs::WalkStep::Continue;
    LARDER_TRY(const auto facts, entry.look());
    if (facts) LARDER_CHECK(visit(entry.path(), *facts));
    return fs::WalkStep::Continue;
  });
}

class LocalVerifier {
 public:
  LocalVerifier(Store& store, const std::string& folder, const VerifyOptions& options, ProgressSink& progress, const CancelToken& cancel)
      : store_(store), layout_(folder), options_(options), progress_(progress), cancel_(cancel) {}

  Result<VerifyReport> run() {
    LARDER_TRY(const auto facts, store_.disk().look_through(layout_.folder()));
    if (!facts || facts->kind != fs::FileKind::Folder) {
      return fail(ErrorCode::EntryNotFound, escape_text(layout_.folder()) + (facts ? ": is no folder" : ": no such folder"));
    }
    LARDER_CHECK(read_metadata());
    LARDER_CHECK(read_asked_tree());
    LARDER_CHECK(require_something_known());
    LARDER_CHECK(look_at_files());
    report_missing();
    LARDER_CHECK(hash());
    std::stable_sort(report_.findings.begin(), report_.findings.end(), [](const Finding& a, const Finding& b) { return a.path < b.path; });
    return std::move(report_);
  }

 private:
  Result<void> hash() {
    std::uint64_t bytes = 0;
    for (const BlobCheck& check : checks_) bytes += check.actual_size;
    const TaskId task = progress_.begin(TaskKind::Total, "verify", bytes);
    VerifyAsk ask;
    ask.threads = options_.threads;
    ask.wants = [this](const BlobCheck& check, const digest::Digest& digest) { return is_wanted(check, digest); };
    ask.bytes = [&](std::uint64_t done) { progress_.advance(task, done); };
    auto result = verify_bytes(store_, checks_, ask, report_, cancel_);
    progress_.end(task, result ? TaskEnd::Done : TaskEnd::Failed);
    return result;
  }

  struct Wanted {
    digest::Digest digest;
    std::optional<std::uint64_t> size;
    bool is_here = false;
    bool is_required = false;  // it was downloaded once: without it something is missing
  };

  /// what was put here, by whom ever; the metadata of a file the user changed since still says what it should be.
  Result<void> read_metadata() {
    const std::string folder = layout_.book() + "/download";
    const auto visit = [&](const std::string& path, const fs::FileFacts& facts) -> Result<void> {
      if (path.ends_with(".incomplete")) add(ProblemKind::Partial, ".cache/huggingface/download/" + path, "", "", "");
      if (!path.ends_with(kMetadataEnd) || facts.kind != fs::FileKind::Regular) return {};
      const auto metadata = store::read_metadata(store_.disk(), folder + "/" + path);
      if (!metadata || !is_digest_name(metadata->etag)) return {};
      const std::string file = path.substr(0, path.size() - kMetadataEnd.size());
      wanted_[file] = {*digest::Digest::from_hex(metadata->etag), size_of(metadata->commit, file), false, true};
      return {};
    };
    return walk_files(
        folder, [](const std::string&) { return false; }, visit, cancel_);
  }

  std::optional<std::uint64_t> size_of(const std::string& commit, const std::string& path) {
    const repo::Tree* tree = tree_of(commit);
    const auto index = tree != nullptr ? tree->find(path) : std::nullopt;
    return index ? std::optional(tree->at(*index).size) : std::nullopt;
  }

  const repo::Tree* tree_of(const std::string& hex) {
    const auto commit = repo::CommitId::parse(hex);
    if (!commit) return nullptr;
    const auto [place, is_new] = trees_.try_emplace(hex);
    if (is_new) {
      if (auto tree = read_tree(store_.disk(), layout_.tree(*commit)); tree && *tree) place->second = std::move(**tree);
    }
    return place->second ? &*place->second : nullptr;
  }

  /// The folder's own listing, else that of the cache.
  const repo::Tree* asked_tree(const VerifyScope& scope) {
    if (const repo::Tree* own = tree_of(scope.commit); own != nullptr) return own;
    const auto commit = repo::CommitId::parse(scope.commit);
    if (!commit) return nullptr;
    if (auto tree = read_tree(store_.disk(), store_.layout(scope.repo).tree(*commit)); tree && *tree)
      trees_[scope.commit] = std::move(**tree);
    return tree_of(scope.commit);
  }

  /// Nothing to hold the files against is no proof that they are right.
  Result<void> require_something_known() {
    if (!wanted_.empty()) return {};
    LARDER_TRY(const auto listings, store_.disk().list(layout_.trees()));
    if (!listings.empty()) return {};  // a pull that chose no file
    return fail(ErrorCode::NotInCache,
                fmt::format("{}: nothing was checked: neither larder nor hf keeps metadata here", escape_text(layout_.folder())),
                "name the revision that it should be, with the listing in the cache: larder cache verify ORG/NAME@COMMIT --local-dir DIR");
  }

  /// A revision was asked for: its listing decides for every file it names.
  Result<void> read_asked_tree() {
    if (options_.scopes.empty() || options_.scopes.front().commit.empty()) return {};
    const repo::Tree* tree = asked_tree(options_.scopes.front());
    if (tree == nullptr) {
      return fail(ErrorCode::NotInCache,
                  fmt::format("{}: no listing of {} here, nor in the cache", escape_text(layout_.folder()),
                              escape_text(options_.scopes.front().commit)),
                  "`larder plan` shows what a pull would change there");
    }
    for (std::size_t i = 0; i < tree->size(); ++i) {
      const repo::FileEntry entry = tree->at(i);
      Wanted& wanted = wanted_[std::string(entry.path)];
      wanted.digest = entry.digest();
      wanted.size = entry.size;
    }
    return {};
  }

  Result<void> look_at_files() {
    const auto skips = [](const std::string& path) { return path == ".cache/huggingface" || path == ".git"; };
    const auto visit = [&](const std::string& path, const fs::FileFacts& facts) -> Result<void> {
      const auto wanted = wanted_.find(path);
      if (wanted == wanted_.end()) {
        add(ProblemKind::Foreign, path, "", "", "");
        return {};
      }
      wanted->second.is_here = true;
      ++report_.checked.links;
      if (facts.kind != fs::FileKind::Regular) {  // never a link
        add(ProblemKind::Link, path, "a file", facts.kind == fs::FileKind::Symlink ? "a link" : "a special file",
            wanted->second.digest.hex());
        return {};
      }
      BlobCheck check;
      check.path = path;
      check.file = layout_.file(path);
      check.blob = wanted->second.digest.hex();
      check.expected = wanted->second.digest;
      check.size = wanted->second.size;
      check.actual_size = facts.size;
      checks_.push_back(std::move(check));
      return {};
    };
    return walk_files(layout_.folder(), skips, visit, cancel_);
  }

  void report_missing() {
    for (const auto& [path, wanted] : wanted_) {
      if (!wanted.is_here && wanted.is_required) add(ProblemKind::Missing, path, wanted.digest.text(), "", wanted.digest.hex());
    }
  }

  bool is_wanted(const BlobCheck& check, const digest::Digest& digest) const {
    return std::any_of(wanted_.begin(), wanted_.end(),
                       [&](const auto& one) { return one.first != check.path && one.second.digest == digest && !one.second.is_here; });
  }

  void add(ProblemKind kind, const std::string& path, std::string expected, std::string actual, std::string blob) {
    report_.findings.push_back(finding_of({kind, path, std::move(expected), std::move(actual)}, std::move(blob)));
  }

  Store& store_;
  LocalDirLayout layout_;
  const VerifyOptions& options_;
  ProgressSink& progress_;
  const CancelToken& cancel_;
  std::map<std::string, Wanted> wanted_;  // by path
  std::map<std::string, std::optional<repo::Tree>> trees_;
  std::vector<BlobCheck> checks_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify_local_dir(Store& store, const std::string& folder, const VerifyOptions& options, ProgressSink& progress,
                                      const CancelToken& cancel) {
  return LocalVerifier(store, folder, options, progress, cancel).run();
}

}  // namespace larder::store
