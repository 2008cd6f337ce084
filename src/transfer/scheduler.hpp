// Scheduler: what runs next, as a pure function of the state (engine.md §4 "What runs next").
#pragma once

#include <cstdint>
#include <vector>

namespace larder::transfer {

/// One open large file, as the choice needs it.
struct OpenFileView {
  int active = 0;             ///< its running requests
  bool is_ready = false;      ///< a segment of it could start now
  bool is_opening = false;    ///< lock and partial are being got: it will be ready soon
  std::uint64_t missing = 0;  ///< bytes not here yet
};

struct SchedulerState {
  int cap = 0;          ///< most requests of both lanes
  int bulk_limit = 0;   ///< most requests for large files (adaptive)
  int small_limit = 0;  ///< most requests of the small lane
  int bulk_active = 0;
  int small_active = 0;
  bool small_ready = false;         ///< a small file could start now
  bool large_waiting = false;       ///< a large file could be opened now
  bool last_was_small = false;      ///< lane of the request started last
  std::vector<OpenFileView> files;  ///< every open large file
};

enum class Step : std::uint8_t { Wait, StartSmall, StartSegment, OpenFile };
struct NextStep {
  Step step = Step::Wait;
  std::size_t file = 0;  ///< for StartSegment: place in `files`
};

/// At most so many large files are open at once while each has segments to give out: little read-back, few partials after a break.
inline constexpr int kOpenFiles = 4;

/// Small files up to their share first; then segments: of the file with the fewest requests (so that two files can be hashed in lockstep,
/// and each frontier stays close to its bytes), of those the one nearest to its end. Another file is opened while fewer than four are
/// open, or when none that is open has a segment to give.
NextStep next_step(const SchedulerState& state);

}  // namespace larder::transfer
