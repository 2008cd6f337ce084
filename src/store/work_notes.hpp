// WorkNotes: what long work that is not counted in bytes says of itself.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/base/progress.hpp>

#include <functional>
#include <string>

namespace larder::store {

/// A line now and then, none for work that takes less than a second. Thread: the one that runs the operation.
class WorkNotes {
 public:
  /// Both are borrowed.
  WorkNotes(Clock& clock, ProgressSink& progress) : clock_(clock), progress_(progress), said_(clock.now()) {}
  WorkNotes(const WorkNotes&) = delete;
  WorkNotes& operator=(const WorkNotes&) = delete;
  /// A question to the user may come next: the terminal's line is given back.
  ~WorkNotes() {
    if (has_said_) progress_.note({});
  }
  /// `text` is asked for only when a line is due, so this may be called for every file.
  void tell(const std::function<std::string()>& text) {
    if (clock_.now() - said_ < kEvery) return;
    said_ = clock_.now();
    has_said_ = true;
    progress_.note(text());
  }

  static constexpr std::chrono::milliseconds kEvery{500};

 private:
  Clock& clock_;
  ProgressSink& progress_;
  SteadyTime said_;
  bool has_said_ = false;
};

}  // namespace larder::store
