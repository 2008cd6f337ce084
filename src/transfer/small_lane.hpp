// SmallLane: files of up to 1 MiB: whole bodies in memory, digest at once, group commit (engine.md §4, §5.4).
#pragma once

#include "transfer/flow.hpp"
#include "transfer/run_state.hpp"
#include "transfer/scheduler.hpp"

#include <unordered_map>

namespace larder::transfer {

/// What the wait for one small file is worth in bytes: so two sources are compared, whatever the sizes they were asked for.
inline constexpr std::uint64_t kFileWork = 64 * 1024;

/// Touched by the caller's thread only. No heap memory a file: the queue holds positions, the rest exists while a file is under way.
class SmallLane {
 public:
  /// `positions`: in plan.files, of every small file to fetch.
  SmallLane(RunState& run, std::vector<std::uint32_t> positions);
  SmallLane(const SmallLane&) = delete;
  SmallLane& operator=(const SmallLane&) = delete;
  ~SmallLane();  ///< gives the memory that was set aside for the bodies back to the pool

  void describe(SchedulerState& state, SteadyTime now) const;
  /// Starts the next file that may start now.
  void start_next();
  [[nodiscard]] bool owns(net::RequestId id) const { return active_.find(id) != active_.end(); }
  void on_received(const net::ReceivedEvent& event);
  void on_end(net::EndEvent& event);
  /// Of bodies that are still on their way.
  [[nodiscard]] std::uint64_t coming_bytes() const { return coming_bytes_; }
  void on_batch(SmallBatchEvent& event);
  /// Hands over a batch that is old enough, in the way of further files, or the last one. Call before waiting.
  void flush_if_due(SteadyTime now);
  /// Drops requests that take too long, and leaves sources that are far slower than others.
  void pulse(SteadyTime now);
  /// When something waits for its time; nullopt: nothing does.
  [[nodiscard]] std::optional<SteadyTime> next_due(SteadyTime now) const;
  /// Every file is published or has failed.
  [[nodiscard]] bool is_done() const;
  /// Ends the run early: no new requests, what is not at the disk yet is forgotten.
  void stop();
  [[nodiscard]] bool is_at_disk() const { return batches_at_disk_ > 0; }

 private:
  /// One file on its way.
  struct Want {
    std::uint32_t position = 0;
    int failures = 0;
    int renewals = 0;    // T38
    int mismatches = 0;  // T20
    SourceSet excluded;
    SteadyTime not_before{};
  };
  struct Request {
    Want want;
    Route route;
    Flow flow{SteadyTime{}};     // since it was sent, as told
    bool has_timed_out = false;  // cancelled by us
  };

  [[nodiscard]] std::optional<std::size_t> ready_later(SteadyTime now) const;
  [[nodiscard]] bool has_room() const;
  /// When the source that would be asked first takes requests again (N19).
  [[nodiscard]] SteadyTime gate_opens(SteadyTime now) const;
  Want take_next(SteadyTime now);
  void store(std::uint32_t position, std::string body);
  void flush();
  /// It is no longer under way.
  void release(std::uint32_t position) { held_bytes_ -= run_.entry(position).size; }
  void give_up(const Want& want, Error error);
  /// Begins it when there is none yet.
  TaskId task_of(std::uint32_t position);
  void end_task(std::uint32_t position, TaskEnd how);

  // small_requests.cpp
  void start(Want want);
  void send(Want want, Route route);
  Request take(net::RequestId id);
  void on_answer(Request& request, net::Response& response);
  void refuse(Request& request, const net::Response& response, const std::string& why);
  void on_stale_address(Request& request, const net::Response& response);
  void on_body(Request& request, net::Response& response);
  void on_mismatch(Request& request, const digest::Digest& actual, const std::optional<Error>& page);
  [[nodiscard]] std::optional<Error> page_instead(const Request& request, const net::Response& response) const;
  void on_broken_body(Request& request, Error error);
  void set_back(Request& request, Error error);

  // small_pace.cpp
  [[nodiscard]] double work_left() const;
  [[nodiscard]] std::optional<std::size_t> source_to_probe(const Want& want, std::size_t chosen, SteadyTime now) const;
  void measure(Request& request, std::uint64_t files, SteadyTime now);
  void drop_late(SteadyTime now);
  void leave_slow_sources(SteadyTime now);
  void make_room_to_probe(SteadyTime now);
  void ask_elsewhere(net::RequestId id);
  [[nodiscard]] bool is_better_elsewhere(const Request& request, SteadyTime now) const;

  RunState& run_;
  std::vector<std::uint32_t> queue_;
  std::size_t next_ = 0;
  std::vector<Want> later_;  // failed once, with their own time; few
  std::unordered_map<net::RequestId, Request> active_;
  SmallBatchJob batch_;
  std::uint64_t batch_bytes_ = 0;
  std::optional<SteadyTime> batch_began_;
  int batches_at_disk_ = 0;
  std::unordered_map<std::uint32_t, TaskId> tasks_;  // by position: of files that take long enough to be watched
  std::uint64_t coming_bytes_ = 0;
  std::uint64_t held_bytes_ = 0;  // sizes of all files between start and publication
  std::uint64_t most_held_;
  double average_size_ = 0;  // of all files at the beginning
};

}  // namespace larder::transfer
