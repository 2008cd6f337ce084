#include "store/file_digest.hpp"

#include "digest/hasher.hpp"

#include <algorithm>
#include <vector>

namespace larder::store {
namespace {

constexpr std::size_t kPiece = 256 * 1024;  // engine.md §3: larger pieces leave the cache of the CPU
constexpr std::uint64_t kReportEvery = 1024 * 1024;

/// Who hears of each piece and who may end the work.
struct Watchers {
  const BytesDone& done;
  const CancelToken& cancel;
  std::function<Result<void>(std::span<const std::byte>, std::uint64_t)> piece;
};

/// Hashes a file piece by piece.
Result<digest::Digest> run(fs::Disk& disk, int from, const HashedPart& part, const Watchers& watchers) {
  const std::uint64_t size = part.size;
  const BytesDone& done = watchers.done;
  const auto hasher = digest::make_hasher(part.algorithm, size);
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPiece)));
  std::uint64_t offset = 0;
  std::uint64_t reported = 0;
  while (offset < size) {
    if (watchers.cancel.is_cancelled()) return fail(watchers.cancel.error());
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size - offset, piece.size()));
    LARDER_TRY(const std::size_t got, disk.read_at(from, std::span(piece).first(want), offset));
    const std::span<const std::byte> bytes = std::span(piece).first(got);
    hasher->update(bytes);
    if (watchers.piece) LARDER_CHECK(watchers.piece(bytes, offset));
    offset += got;
    if (done && offset - reported >= kReportEvery) {
      done(offset);
      reported = offset;
    }
    if (got < want) break;
  }
  if (done && offset != reported) done(offset);
  return hasher->finish();
}

}  // namespace

Result<digest::Digest> digest_file(fs::Disk& disk, int fd, const HashedPart& part, const BytesDone& done, const CancelToken& cancel) {
  return run(disk, fd, part, {done, cancel, {}});
}

Result<digest::Digest> copy_file(fs::Disk& disk, CopyEnds ends, const HashedPart& part, const BytesDone& done, const CancelToken& cancel) {
  const auto write = [&](std::span<const std::byte> bytes, std::uint64_t offset) { return disk.write_at(ends.to, bytes, offset); };
  return run(disk, ends.from, part, {done, cancel, write});
}

}  // namespace larder::store
