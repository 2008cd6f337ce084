#include "transfer/scheduler.hpp"

#include <algorithm>
#include <optional>

namespace larder::transfer {

namespace {

std::optional<std::size_t> best_file(const std::vector<OpenFileView>& files) {
  std::optional<std::size_t> best;
  for (std::size_t at = 0; at < files.size(); ++at) {
    if (!files[at].is_ready) continue;
    if (!best || files[at].active < files[*best].active ||
        (files[at].active == files[*best].active && files[at].missing < files[*best].missing)) {
      best = at;
    }
  }
  return best;
}

bool small_may_start(const SchedulerState& state, bool has_bulk_work) {
  if (!state.small_ready || state.small_active >= state.small_limit) return false;
  if (!has_bulk_work) return true;
  // One connection: the lanes take turns. More: half of them stay for large files, so that one always moves too.
  if (state.cap == 1) return !state.last_was_small;
  return state.small_active < std::max(state.cap - std::min(state.bulk_limit, state.cap / 2), 1);
}

bool may_open(const SchedulerState& state, bool has_ready) {
  if (!state.large_waiting) return false;
  const auto unfinished =
      std::count_if(state.files.begin(), state.files.end(), [](const OpenFileView& file) { return file.is_opening || file.missing > 0; });
  if (static_cast<int>(state.files.size()) >= state.bulk_limit + 2 * kOpenFiles) return false;  // publishing can't keep up
  return unfinished < kOpenFiles || (!has_ready && unfinished < state.bulk_limit);
}

}  // namespace

NextStep next_step(const SchedulerState& state) {
  const std::optional<std::size_t> ready = best_file(state.files);
  if (may_open(state, ready.has_value())) return {Step::OpenFile, 0};
  if (state.bulk_active + state.small_active >= state.cap) return {};
  if (small_may_start(state, ready.has_value())) return {Step::StartSmall, 0};
  if (ready && state.bulk_active < state.bulk_limit) return {Step::StartSegment, *ready};
  return {};
}

}  // namespace larder::transfer
