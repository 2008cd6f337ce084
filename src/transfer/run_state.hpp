// RunState: what the lanes of one run share. Touched by the caller's thread only.
#pragma once

#include "transfer/connection_control.hpp"
#include "transfer/digest_pool.hpp"
#include "transfer/disk_worker.hpp"
#include "transfer/rate_gate.hpp"
#include "transfer/route.hpp"
#include "transfer/source_health.hpp"
#include "transfer/source_pace.hpp"

#include <larder/transfer/engine.hpp>

namespace larder::transfer {

/// The seams a run works with; borrowed.
struct RunSeams {
  Clock& clock;
  Random& random;
  net::Transport& transport;
  BufferPool& pool;
  const std::vector<std::unique_ptr<BlobSource>>& sources;
  ProgressSink& progress;
};

/// One request that came to nothing.
struct Setback {
  Error error;
  std::size_t source = 0;
  std::string host;  ///< that was asked
  int failures = 1;  ///< in a row without progress, this one included
};

/// What to do about it.
struct Recovery {
  enum class Step : std::uint8_t { Again, NextSource, GiveUp };
  Step step = Step::GiveUp;
  SteadyTime not_before{};  ///< for Again
};

class RunState {
 public:
  RunState(const RunSeams& seams, const EngineOptions& options, const repo::Tree& tree, const TransferPlan& plan, EngineReport& report);

  RunSeams seams;
  const EngineOptions& options;
  const repo::Tree& tree;
  const TransferPlan& plan;
  EngineReport& report;
  DiskWorker* disk = nullptr;
  DigestPool* digests = nullptr;
  net::TransportListener* listener = nullptr;
  SourceHealth health;
  SourcePace pace;        ///< of ranges of large files: bytes a second
  SourcePace small_pace;  ///< of small files, whose waiting counts as bytes do (SmallLane)
  RateGate gate;
  ConnectionControl control;
  std::optional<std::chrono::nanoseconds> round_trip;  ///< shortest wait for a head so far
  std::optional<Error> ending;                         ///< ends the run: local errors, refusal of everything, too many failures
  std::optional<Error> trouble;                        ///< the last failure of a request, until something comes again
  std::uint64_t outstanding = 0;                       ///< requests whose End event has not come
  std::uint64_t window_bytes = 0;                      ///< body bytes since the last pulse
  std::uint64_t done_bytes = 0;                        ///< of the files, hedges and repeats not counted
  bool has_published = false;
  std::vector<std::string> hosts;       ///< host[:port] of each source's endpoint, as they become known
  std::vector<std::uint32_t> in_parts;  ///< positions of small files that never come in one piece: the large lane takes them over

  [[nodiscard]] SteadyTime now() const { return seams.clock.now(); }
  [[nodiscard]] repo::FileEntry entry(std::uint32_t position) const { return tree.at(plan.files[position].index); }
  /// Did the window that ends now bring what `--limit-rate` allows? Then more connections bring nothing.
  [[nodiscard]] bool is_at_limit() const;
  /// Starts a request; its End event will come.
  net::RequestId start(net::Request request);
  void cancel(net::RequestId id) { seams.transport.cancel(id); }
  /// A request for `file` over `route`, with what all body requests have in common.
  [[nodiscard]] net::Request request(const Route& route, net::BodyMode mode) const;

  /// The way to ask `source` for `file`. Errors: those of BlobSource::url.
  [[nodiscard]] Result<Route> route_to(std::size_t source, const repo::FileEntry& file);
  /// Who is asked next: the first source that is well and not far slower than another one that is (SourceHealth, SourcePace).
  [[nodiscard]] std::optional<std::size_t> choose(const SourceSet& excluded, SteadyTime now) const;
  /// The same for a small file: by the pace of small files, or while that is not known of two sources, by the other.
  [[nodiscard]] std::optional<std::size_t> choose_for_small(const SourceSet& excluded, SteadyTime now) const;
  void on_head_wait(SteadyTime::duration wait);
  void on_progress() {
    failures_in_a_row_ = 0;
    trouble.reset();
  }
  /// The one rule of what follows a failed request: same source later, another source, or nothing (engine.md §4, N15…N23).
  Recovery recover(const Setback& setback, const SourceSet& excluded);
  /// A source delivered wrong bytes for sure: dropped when there is another one, and named (N33).
  void blame(std::size_t source, std::uint32_t position);

  /// What an answer that refuses means, as the source of the route reads it.
  [[nodiscard]] Error refusal(const Route& route, const net::Response& response) const;
  /// Why one address after the other that a source gave out is refused.
  [[nodiscard]] Error refused_address(const Route& route, const net::Response& response) const;

  void finish_file(std::uint32_t position, FileStatus status) { report.statuses[position] = status; }
  void fail_file(std::uint32_t position, Error error);
  /// DiskFull, ReadOnly, IoFailed: nothing more can be stored; no retry storms. True: the run ends.
  bool ends_run(const Error& error);
  /// Why nothing can be asked for a file any more: the last error seen, or why its sources were dropped.
  [[nodiscard]] Error no_source_left(const std::optional<Error>& last) const;

 private:
  [[nodiscard]] std::optional<std::size_t> choose_by(const SourcePace& by, const SourceSet& excluded, SteadyTime now) const;
  void note_refusal(const Setback& setback);
  [[nodiscard]] Recovery look_again(const Setback& setback, bool has_other);
  void hold_back(const Setback& setback, const SourceSet& excluded, std::chrono::milliseconds wait);

  int failures_in_a_row_ = 0;
  int refusals_ = 0;
  std::optional<SteadyTime> said_waiting_;
};

/// An answer that breaks the rules, or can't be the listed file, may be that of one bad cache on the way: so many more tries, and the file
/// fails with it. Another source is asked at once where there is one.
inline constexpr int kSecondLooks = 2;

/// Did a request that came to nothing bring enough to count as progress? A connection that breaks off (N7): 1 KiB, or a sixteenth of what
/// was `asked`. Anything else: more than a trickle brings before the low-speed rule ends it, 60 s × 1 KiB/s (N13).
bool is_progress(ErrorCode code, std::uint64_t fresh, std::uint64_t asked);

}  // namespace larder::transfer
