// RemovalSteps: how far a removal has come, file by file: one item of its plan may be a million of them.
#pragma once

#include "store/work_notes.hpp"

#include <cstdint>

namespace larder::store {

/// Thread: one at a time.
class RemovalSteps {
 public:
  RemovalSteps(Clock& clock, ProgressSink& progress) : notes_(clock, progress) {}
  /// One more entry was looked at.
  void looked() {
    ++looked_;
    tell();
  }
  /// One more file or link is gone.
  void removed() {
    ++removed_;
    tell();
  }

 private:
  void tell();

  WorkNotes notes_;
  std::uint64_t looked_ = 0;
  std::uint64_t removed_ = 0;
};

}  // namespace larder::store
