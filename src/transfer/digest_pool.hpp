// DigestPool: the threads that hash large files while their bytes are hot (engine.md §5.1).
#pragma once

#include "digest/hasher.hpp"
#include "transfer/piece.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/base/result.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <variant>
#include <vector>

namespace larder::store {
class PartialBlob;
}
namespace larder::digest {
class Sha256Lane;
}

namespace larder::transfer {

/// The digest of a file that was finished, or why it could not be read back.
struct DigestEvent {
  FileId id = 0;
  Result<digest::Digest> result;
};

/// Each file is a stream of its bytes in order: pieces from memory, and ranges to be read back from the partial. A worker owns whole files;
/// where two lanes are worth it, it takes a second file before another worker gets one, and feeds both in lockstep (half the cost).
/// Thread: one caller for all but `release`; `report` is called on a worker's thread.
class DigestPool {
 public:
  using Report = std::function<void(DigestEvent)>;
  DigestPool(int workers, WorkerMode mode, Report report);
  DigestPool(const DigestPool&) = delete;
  DigestPool& operator=(const DigestPool&) = delete;
  ~DigestPool();

  void open(FileId id, digest::Algorithm algorithm, std::uint64_t size);
  /// The next bytes of the file.
  void feed(FileId id, Piece piece);
  /// The next bytes are `range` of `partial`. They wait for one `release`; `partial` lives until the digest or `drop`.
  void read_back(FileId id, const store::PartialBlob& partial, ByteRange range);
  /// What the oldest unreleased read-back wants is in the file now. Thread: any.
  void release(FileId id);
  /// No more bytes come: the digest will be reported, the file is forgotten.
  void finish(FileId id);
  /// Forgets the file; when it returns nobody reads from its partial any more. Blocks for one piece at most.
  void drop(FileId id);
  /// Bytes that wait to be read back. While there are many, hot pieces should not queue behind them and hold the pool.
  [[nodiscard]] std::uint64_t read_back_waiting(FileId id) const;

 private:
  struct ReadBack {
    const store::PartialBlob* partial = nullptr;
    ByteRange range;
    std::uint64_t ticket = 0;
  };
  struct Finish {};
  using Item = std::variant<Piece, ReadBack, Finish>;
  struct Stream {
    FileId id = 0;
    std::size_t worker = 0;
    std::unique_ptr<digest::Hasher> hasher;
    digest::Sha256Lane* lane = nullptr;  // the hasher, where lockstep is possible
    std::deque<Item> items;
    std::uint64_t tickets = 0;   // read-backs asked for
    std::uint64_t released = 0;  // of them, allowed to start
    std::uint64_t waiting = 0;   // bytes to be read back
    bool is_busy = false;        // a worker is at its front item, outside the lock
    bool is_dead = false;        // takes no more steps: a read failed, or it is being dropped
  };
  struct Worker {
    std::condition_variable_any changed;
    std::vector<std::byte> scratch_a;
    std::vector<std::byte> scratch_b;
    std::jthread thread;
  };
  using Lock = std::unique_lock<std::mutex>;

  void push(FileId id, Item item);
  void loop(std::size_t worker, const std::stop_token& stop);
  /// One step of one stream, or of two in lockstep. False: nothing to do for this worker.
  bool step(std::size_t worker, Lock& lock);
  void step_alone(Stream& stream, Worker& worker, Lock& lock);
  void step_pair(Stream& a, Stream& b, Worker& worker, Lock& lock);
  void close(Stream& stream, Lock& lock);
  static void advance(Stream& stream, std::size_t count);
  static void settle(Stream& stream, std::optional<Error> error, std::size_t count, std::vector<DigestEvent>& failures);
  void report_failures(std::vector<DigestEvent>& failures, Lock& lock);
  [[nodiscard]] Stream* find(FileId id) const;
  [[nodiscard]] std::size_t choose_worker(bool has_lane) const;
  [[nodiscard]] static bool is_runnable(const Stream& stream);
  [[nodiscard]] static std::size_t available(const Stream& stream);
  static Result<std::span<const std::byte>> bytes_of(const Item& item, std::size_t count, std::vector<std::byte>& scratch);
  void erase(FileId id);

  Report report_;
  WorkerMode mode_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;  // a stream is not busy any more
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Worker>> workers_;  // last: joined first
};

}  // namespace larder::transfer
