// ProgressSink: what long operations tell about themselves; who listens decides how it looks.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder {

enum class TaskKind { Total, File };
enum class TaskEnd { Done, Failed };
using TaskId = std::uint64_t;

/// Hears of tasks and bytes. Calls come from one thread, the one that runs the operation; they never throw or block long.
class ProgressSink {
 public:
  ProgressSink() = default;
  ProgressSink(const ProgressSink&) = delete;
  ProgressSink& operator=(const ProgressSink&) = delete;
  virtual ~ProgressSink() = default;

  /// A task begins. `name`: path in the repository (escaped by the sink), or a verb for the total. `of`: bytes expected, 0: unknown.
  virtual TaskId begin(TaskKind kind, std::string_view name, std::uint64_t of) = 0;
  /// `done` bytes of the task are there now (absolute; may fall when a file is started again).
  virtual void advance(TaskId task, std::uint64_t done) = 0;
  /// The expected bytes became known.
  virtual void expect(TaskId task, std::uint64_t of) = 0;
  virtual void end(TaskId task, TaskEnd how) = 0;
  /// Nothing moves for `duration` because of `reason` ("rate limit", "lock held by process 4711").
  virtual void wait(std::string_view reason, std::chrono::seconds duration) = 0;
  /// A line a person should see between the bars ("listing: 12,000 files"). Empty: what was noted is over.
  virtual void note(std::string_view text) = 0;
};

/// Hears and forgets; who listens for one thing only begins here.
class NoProgress : public ProgressSink {
 public:
  TaskId begin(TaskKind, std::string_view, std::uint64_t) override { return 0; }
  void advance(TaskId, std::uint64_t) override {}
  void expect(TaskId, std::uint64_t) override {}
  void end(TaskId, TaskEnd) override {}
  void wait(std::string_view, std::chrono::seconds) override {}
  void note(std::string_view) override {}
};

}  // namespace larder
