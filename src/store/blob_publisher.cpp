#include "store/blob_publisher.hpp"

#include "base/escape.hpp"
#include "base/text.hpp"
#include "fs/atomic_file.hpp"
#include "store/file_digest.hpp"
#include "store/presence.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <optional>

namespace larder::store {
namespace {

constexpr std::string_view kRunAgain = "run the same command again";

/// another program may remove the whole repository at any time; the descriptor still works, but there is nothing to rename.
Result<void> still_there(fs::Disk& disk, int fd, const std::string& path, std::uint64_t size) {
  LARDER_TRY(const auto facts, disk.look_at(fd));
  if (facts.links == 0) {
    return fail(ErrorCode::IoFailed, fmt::format("{}: removed by another program during the download", escape_text(path)),
                std::string(kRunAgain));
  }
  if (facts.size != size) {
    return fail(ErrorCode::SizeMismatch, fmt::format("{}: size mismatch: expected {}, got {}", escape_text(path), size, facts.size));
  }
  return {};
}

bool is_folder_in_the_way(const Error& error) {
  return error.os_error == EISDIR || error.os_error == ENOTEMPTY || error.os_error == EEXIST;
}

}  // namespace

/// One file of a group on its way.
struct BlobPublisher::Item {
  std::size_t index = 0;
  std::string temp;  // empty: it could not be made
  UniqueFd fd;       // open until it is synced; where one sync serves all, only the first item's stays open (L15)
};

Result<void> seal(fs::Disk& disk, PartialBlob& partial) {
  LARDER_CHECK(still_there(disk, partial.fd(), partial.data_path(), partial.size()));
  // I1: the digest is taken while the bytes are in memory, so it may be there, and right, before a write that failed is heard of.
  if (!partial.is_whole()) {
    return fail(ErrorCode::IoFailed, fmt::format("{}: not all of its bytes were written", escape_text(partial.data_path())),
                std::string(kRunAgain));
  }
  auto synced = disk.sync_file(partial.fd());
  if (!synced) (void)partial.remove();  // what an fsync has failed for is lost, whatever a second one says
  return synced;
}

// The only place on the target's file system is beside it; the name is one that prunes of all clients know.
Result<void> move_across(Store& store, const std::string& temp, const std::string& target, const FileIdentity& what) {
  fs::Disk& disk = store.disk();
  const auto slash = target.rfind('/');
  const std::string beside = fmt::format("{}/.{}.{}.new", target.substr(0, slash), target.substr(slash + 1), store.random().hex8());
  LARDER_TRY(const UniqueFd from, disk.open_read(temp));
  LARDER_TRY(auto to, fs::AtomicFile::create(disk, beside));
  LARDER_TRY(const auto copied, copy_file(disk, {from.value(), to.fd()}, {what.digest.algorithm(), what.size}, {}, {}));
  if (copied != what.digest) {
    return fail(ErrorCode::DigestMismatch,
                fmt::format("{}: digest mismatch: expected {}, got {}", escape_text(temp), what.digest.text(), copied.text()));
  }
  LARDER_CHECK(to.sync());
  LARDER_CHECK(to.rename_to(target));
  LARDER_CHECK(disk.remove_file(temp));
  return {};
}

Result<void> BlobPublisher::publish(const digest::Digest& digest, PartialBlob& partial) {
  LARDER_CHECK(seal(store_.disk(), partial));
  LARDER_CHECK(install(partial.data_path(), {digest, partial.size()}));
  LARDER_CHECK(store_.disk().sync_folder(layout_.blobs()));
  (void)partial.remove();  // the blob is published: what is left of the folder is only untidy
  return {};
}

Result<void> BlobPublisher::install(const std::string& temp, const FileIdentity& what) {
  if (existing_ == Existing::Keep) {
    auto renamed = store_.disk().rename_new(temp, layout_.blob(what.digest.hex()));
    if (renamed && *renamed) return {};
    LARDER_TRY(const auto found, find_blob(store_.disk(), layout_, what.digest.hex(), what.size));
    // One that everybody may write is replaced by ours, which is known to be right (T50).
    if (found.state == BlobState::Good) {
      LARDER_CHECK(store_.disk().remove_file(temp));
      return {};
    }
  }
  return replace(temp, what);
}

Result<void> BlobPublisher::replace(const std::string& temp, const FileIdentity& what) {
  const std::string blob = layout_.blob(what.digest.hex());
  auto renamed = store_.disk().rename(temp, blob);
  if (renamed) return renamed;
  if (is_folder_in_the_way(renamed.error())) {  // C17
    LARDER_TRY(const bool was_empty, store_.disk().remove_folder(blob));
    if (was_empty) return store_.disk().rename(temp, blob);
    renamed.error().message = fmt::format("{}: is a folder where a blob belongs", escape_text(blob));
    renamed.error().hint = "move it away";
    return renamed;
  }
  if (renamed.error().os_error == EXDEV) return move_across(store_, temp, blob, what);  // L35: blobs/ is a mount of its own
  if (renamed.error().os_error == ENOENT) renamed.error().hint = std::string(kRunAgain);
  return renamed;
}

Result<void> BlobPublisher::write_temp(Item& item, const SmallBlob& blob) {
  const std::string temp = fmt::format("{}/{}.{}", layout_.tmp(), blob.digest.hex(), store_.run());
  auto created = store_.disk().create_new(temp);
  if (!created && created.error().os_error == EEXIST) {  // of an earlier try of this run
    LARDER_CHECK(store_.disk().remove_file(temp));
    created = store_.disk().create_new(temp);
  }
  LARDER_TRY(item.fd, std::move(created));
  item.temp = temp;
  return store_.disk().write_at(item.fd.value(), bytes_of(blob.content), 0);
}

Result<void> BlobPublisher::sync_temps(const std::vector<Item>& items, std::size_t group) {
  if (items.empty()) return {};
  if (one_sync_is_cheaper(group)) return store_.disk().sync_filesystem(items.front().fd.value());
  for (const auto& item : items) LARDER_CHECK(store_.disk().sync_file(item.fd.value()));
  return {};
}

void BlobPublisher::discard(const Item& item) {
  if (!item.temp.empty()) (void)store_.disk().remove_file(item.temp);
}

/// The items that have a temp now. `writers`: who writes a digest; the same one twice is written once.
std::vector<BlobPublisher::Item> BlobPublisher::write_temps(std::span<const SmallBlob> blobs, const Writers& writers,
                                                            std::vector<Result<void>>& results) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    if (writers.at(blobs[i].digest) != i) continue;
    Item item{i, {}, {}};
    results[i] = write_temp(item, blobs[i]);
    if (!results[i]) discard(item);
    if (!results[i] || item.temp.empty()) continue;
    if (!items.empty() && one_sync_is_cheaper(blobs.size())) item.fd.reset();
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<Result<void>> BlobPublisher::publish_small(std::span<const SmallBlob> blobs) {
  std::vector<Result<void>> results(blobs.size());
  Writers writers;
  for (std::size_t i = 0; i < blobs.size(); ++i) writers.emplace(blobs[i].digest, i);
  const std::vector<Item> items = write_temps(blobs, writers, results);
  const auto synced = sync_temps(items, blobs.size());
  for (const auto& item : items) {
    results[item.index] = synced ? install(item.temp, {blobs[item.index].digest, blobs[item.index].content.size()}) : synced;
    if (!results[item.index]) discard(item);
  }
  const auto named = items.empty() ? Result<void>{} : store_.disk().sync_folder(layout_.blobs());
  for (const auto& item : items) {
    if (results[item.index] && !named) results[item.index] = named;
  }
  for (std::size_t i = 0; i < blobs.size(); ++i) results[i] = results[writers.at(blobs[i].digest)];
  return results;
}

}  // namespace larder::store
