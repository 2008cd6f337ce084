// BulkLane's bytes: from the network to the disk and, in order, to the digest.
#include "transfer/bulk_lane.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::transfer {

namespace {

/// While more than this waits to be read back, hot pieces go to the disk only: behind a long read-back (a resumed file's first half) they
/// would hold the whole pool and the network would stand still.
constexpr std::uint64_t kReadBackQueue = 8 * kMiB;
/// Less than that in a piece is not worth its place in the pool.
constexpr std::size_t kWorthHolding = BufferPool::kPiece / 2;

}  // namespace

void BulkLane::begin(FileTask& task) {
  task.state = FileTask::State::Fetching;
  task.has_resumed = !task.partial->resumed().empty();
  task.ranges.begin(task.partial->resumed());
  run_.done_bytes += task.ranges.here().bytes();
  run_.digests->open(task.id, task.entry.digest().algorithm(), task.entry.size);
  catch_up(task, CatchUp::Little);  // what lies there is hashed again while the network fetches the rest
  complete_if_all_here(task);
}

void BulkLane::on_data(net::DataEvent& event) {
  Exchange& exchange = exchanges_.at(event.id);
  FileTask& task = *find(exchange.file);
  const std::uint64_t begin = exchange.segment.range.begin + event.offset;
  const ByteRange range{begin, begin + event.piece->used()};
  if (!exchange.has_head || range.end > exchange.segment.range.end) {
    Error error;
    error.code = ErrorCode::BadResponse;
    error.message = fmt::format("{}: body is longer than its headers say", exchange.route.url.origin().host_text());
    const Exchange refused = take(event.id);
    run_.cancel(event.id);
    return set_back(task, refused, std::move(error));  // T21
  }
  exchange.position = range.end;
  exchange.flow.on_bytes(range.size(), run_.now());
  run_.window_bytes += range.size();
  task.served.add(exchange.route.source);
  const Piece piece{event.piece, 0, event.piece->used()};
  for (const ByteRange part : task.ranges.arrive(range)) {
    exchange.fresh += part.size();
    task.fetched += part.size();
    run_.done_bytes += part.size();
    deliver(task, part, piece.part(static_cast<std::size_t>(part.begin - begin), static_cast<std::size_t>(part.size())));
  }
  complete_if_all_here(task);
}

// To the disk always; to the digest from memory when the bytes come in order or a little ahead. What is further ahead is read back later,
// so that it never holds the pool.
void BulkLane::deliver(FileTask& task, ByteRange part, const Piece& piece) {
  run_.disk->submit(WriteJob{task.id, task.partial.get(), part.begin, piece});
  const bool is_next = part.begin == task.ranges.frontier() && run_.digests->read_back_waiting(task.id) <= kReadBackQueue;
  if (is_next || may_hold(piece)) task.ahead.hold(part.begin, piece);
  catch_up(task, CatchUp::Little);
}

// Two pieces a running request are never held, so that the bytes at the frontier always find one.
bool BulkLane::may_hold(const Piece& piece) const {
  std::size_t held = 0;
  for (const auto& task : tasks_) held += task->ahead.count();
  return piece.size >= kWorthHolding && held + 2 * exchanges_.size() < run_.seams.pool.pieces();
}

void BulkLane::catch_up(FileTask& task, CatchUp how) {
  for (;;) {
    const ByteRange behind = task.ranges.behind();
    if (behind.empty() || (how == CatchUp::Little && run_.digests->read_back_waiting(task.id) > kReadBackQueue)) return;
    if (auto piece = task.ahead.take(behind.begin)) {
      task.ranges.move_frontier(behind.begin + piece->size);
      run_.digests->feed(task.id, std::move(*piece));
      continue;
    }
    const ByteRange cold{behind.begin, std::min(behind.end, task.ahead.first(behind.end))};
    task.ranges.move_frontier(cold.end);
    run_.digests->read_back(task.id, *task.partial, cold);
    run_.disk->submit(ReadBackJob{task.id});
  }
}

void BulkLane::complete_if_all_here(FileTask& task) {
  if (task.state != FileTask::State::Fetching || !task.ranges.is_complete()) return;
  const bool could_bring_more = std::any_of(exchanges_.begin(), exchanges_.end(), [&task](const auto& one) {
    return one.second.file == task.id && one.second.is_open_ended && one.second.left() == 0;
  });
  if (could_bring_more) return;  // its end says whether it did
  drop_all(task);                // a hedge that lost
  task.state = FileTask::State::Hashing;
  catch_up(task, CatchUp::All);
  run_.digests->finish(task.id);
}

void BulkLane::restart(FileTask& task, FileRanges::Shape shape) {
  drop_all(task);
  run_.digests->drop(task.id);
  task.ahead.clear();
  task.id = ++last_id_;  // what is still queued for the old one must not count for the new one
  run_.done_bytes -= task.ranges.here().bytes();
  task.ranges.restart(shape);
  task.served.clear();
  task.fetched = 0;
  task.has_resumed = false;
  task.state = FileTask::State::Fetching;
  run_.disk->submit(RestartJob{task.id, task.partial.get()});
  run_.digests->open(task.id, task.entry.digest().algorithm(), task.entry.size);
}

void BulkLane::on_digest(DigestEvent& event) {
  FileTask* task = find(event.id);
  if (task == nullptr || (task->state != FileTask::State::Hashing && task->state != FileTask::State::Fetching)) return;
  if (!event.result) {
    (void)run_.ends_run(event.result.error());
    return fail_file(*task, std::move(event.result).error());
  }
  if (*event.result != task->entry.digest()) return on_mismatch(*task, *event.result);
  task->state = FileTask::State::Publishing;
  run_.disk->submit(PublishJob{task->id, task->entry, std::move(task->partial)});
}

// T20, N31, N33: once more from zero; from another source if there is one; with several in the file, from one alone, so that the liar
// shows; if that one fails and the file gets mixed again, from the next.
void BulkLane::on_mismatch(FileTask& task, const digest::Digest& actual) {
  ++task.mismatches;
  const std::optional<std::size_t> culprit = task.has_resumed ? std::nullopt : task.served.only();
  const bool can_switch = culprit && run_.health.has_other(task.excluded, *culprit);
  const bool is_over = culprit ? task.mismatches > 1 && !can_switch : task.mismatches > static_cast<int>(task.sources.size());
  if (is_over) {
    Error error;
    error.code = ErrorCode::DigestMismatch;
    error.message = fmt::format("digest mismatch: expected {}, got {}", task.entry.digest().text(), actual.text());
    return fail_file(task, std::move(error));
  }
  if (culprit) {
    run_.blame(*culprit, task.position);
    if (can_switch) task.excluded.add(*culprit);
    task.only.reset();
  } else {
    task.suspects = task.served;
    task.only = source_for(task, run_.now());
    run_.report.warnings.push_back(fmt::format("{}: wrong bytes{}, fetched again", escape_text(task.entry.path),
                                               task.has_resumed ? " in what an earlier run left" : " from one of several sources"));
  }
  restart(task, task.ranges.shape());
}

// The file came right from one source alone: if just one other had part in the wrong one, that one lied.
void BulkLane::name_the_liar(const FileTask& task) {
  if (!task.only || task.suspects.empty()) return;
  SourceSet others = task.suspects;
  others.remove(*task.only);
  if (const auto liar = others.only()) run_.blame(*liar, task.position);
}

}  // namespace larder::transfer
