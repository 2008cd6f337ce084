// BulkLane: large files in parallel ranges over one pool of connections (engine.md §4, §5).
#pragma once

#include "transfer/file_task.hpp"
#include "transfer/range_answer.hpp"
#include "transfer/run_state.hpp"
#include "transfer/scheduler.hpp"

#include <unordered_map>

namespace larder::transfer {

/// Touched by the caller's thread only. Its files are opened a few at a time; the rest are 4 bytes each in the queue.
class BulkLane {
 public:
  /// `positions`: in plan.files, of every large file to fetch.
  BulkLane(RunState& run, std::vector<std::uint32_t> positions);
  BulkLane(const BulkLane&) = delete;
  BulkLane& operator=(const BulkLane&) = delete;
  ~BulkLane();

  void describe(SchedulerState& state, SteadyTime now);
  /// Opens the next file that waits.
  void open_next();
  /// Starts a segment of the file at `place` of the last `describe`.
  void start_segment(std::size_t place);
  [[nodiscard]] bool owns(net::RequestId id) const { return exchanges_.find(id) != exchanges_.end(); }

  void on_head(net::HeadEvent& event);
  void on_data(net::DataEvent& event);
  void on_end(net::EndEvent& event);
  void on_opened(OpenedEvent& event);
  void on_disk_failure(DiskFailedEvent& event);
  void on_digest(DigestEvent& event);
  void on_published(PublishedEvent& event);
  void on_abandoned(AbandonedEvent& event);

  /// Ten times a second: progress, lagging digests.
  void beat();
  /// Twice a second: rates, stalls, journal records, and near the end of a run (`is_tail`) a second try for the slowest.
  void pulse(SteadyTime now, bool is_tail);
  /// The network was held back by ourselves for so long.
  void forgive(SteadyTime::duration paused);
  [[nodiscard]] std::optional<SteadyTime> next_due(SteadyTime now) const;
  /// Every file is in place or has failed.
  [[nodiscard]] bool is_done() const { return tasks_.empty() && next_ >= queue_.size() && waiting_.empty(); }
  [[nodiscard]] bool is_idle() const { return tasks_.empty(); }
  [[nodiscard]] int active() const { return static_cast<int>(exchanges_.size()); }
  /// Ends the run early: cancels, keeps what is good of every partial.
  void stop();

 private:
  /// A file whose lock another process has, or which could not be opened yet.
  struct Waiting {
    std::uint32_t position = 0;
    SteadyTime not_before{};
    SteadyTime since{};
    SteadyTime said{};  // last told to the user
  };
  using Exchanges = std::unordered_map<net::RequestId, Exchange>;

  [[nodiscard]] FileTask* find(FileId id);
  [[nodiscard]] std::optional<std::size_t> source_for(const FileTask& task, SteadyTime now) const;
  [[nodiscard]] bool can_start(const FileTask& task, SteadyTime now) const;
  void wait_for_lock(FileTask& task, std::optional<int> holder);
  void close(FileTask& task);
  void fail_file(FileTask& task, Error error);
  void leave(FileTask& task, bool keep);

  // bulk_requests.cpp
  [[nodiscard]] Path path() const;
  [[nodiscard]] std::optional<std::size_t> source_to_probe(const FileTask& task, std::size_t chosen, SteadyTime now) const;
  [[nodiscard]] std::optional<Exchange> extra_request(FileTask& task, std::size_t source);
  void send(FileTask& task, Exchange exchange);
  [[nodiscard]] bool judge_head(FileTask& task, net::RequestId id, const net::ResponseHead& head);
  [[nodiscard]] Result<void> check_head(const FileTask& task, const Exchange& exchange, const net::ResponseHead& head,
                                        const Judgement& judgement) const;
  void refuse(FileTask& task, net::RequestId id, Error error);
  void on_changed(FileTask& task, net::RequestId id);
  [[nodiscard]] bool fit_segment(FileTask& task, net::RequestId id, const Judgement& judgement);
  void on_whole_body(FileTask& task, net::RequestId id);
  void on_bad_range(FileTask& task, net::RequestId id, const net::ResponseHead& head);
  [[nodiscard]] bool keeps_identity(FileTask& task, Exchange& exchange, const net::ResponseHead& head);
  void give_back(FileTask& task, const Exchange& exchange);
  void on_too_much(FileTask& task, const Exchange& exchange, Error error);
  void on_redirect(FileTask& task, Exchange exchange, const net::ResponseHead& head);
  void on_failed_answer(FileTask& task, const Exchange& exchange, const net::Response& response);
  void on_stale_address(FileTask& task, const Exchange& exchange, const net::Response& response);
  void set_back(FileTask& task, const Exchange& exchange, Error error);
  [[nodiscard]] Exchange take(net::RequestId id);
  void drop(net::RequestId id);
  void drop_all(FileTask& task);

  // bulk_bytes.cpp
  void begin(FileTask& task);
  void deliver(FileTask& task, ByteRange part, const Piece& piece);
  [[nodiscard]] bool may_hold(const Piece& piece) const;
  enum class CatchUp : std::uint8_t { Little, All };
  void catch_up(FileTask& task, CatchUp how);
  void complete_if_all_here(FileTask& task);
  void restart(FileTask& task, FileRanges::Shape shape);
  void on_mismatch(FileTask& task, const digest::Digest& actual);
  void name_the_liar(const FileTask& task);

  // bulk_pulse.cpp
  [[nodiscard]] double usual_rate() const;
  void measure(Exchange& exchange, SteadyTime now);
  void leave_slow_sources(SteadyTime now);
  void make_room_to_probe(SteadyTime now);
  void ask_elsewhere(net::RequestId id);
  void look_beside(FileTask& task, const Exchange& stream, std::size_t source, SteadyTime now);
  [[nodiscard]] bool is_better_elsewhere(const Exchange& exchange, const FileTask& task, SteadyTime now) const;
  void check_stalls(SteadyTime now, bool is_tail);
  void hedge_slowest(SteadyTime now);

  RunState& run_;
  std::vector<std::uint32_t> queue_;
  std::size_t next_ = 0;
  std::vector<Waiting> waiting_;
  std::vector<std::unique_ptr<FileTask>> tasks_;  // open ones: few
  std::vector<FileId> described_;                 // of the last describe
  Exchanges exchanges_;
  FileId last_id_ = 0;
  bool is_stopping_ = false;
  std::uint64_t hedge_bytes_ = 0;
  std::vector<double> usual_rates_;  // of the last segments that came in whole
};

}  // namespace larder::transfer
