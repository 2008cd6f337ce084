#include "transfer/digest_pool.hpp"

#include "digest/sha256_lane.hpp"
#include "store/partial_blob.hpp"

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr std::size_t kStep = BufferPool::kPiece;  // bytes hashed between two looks at the queues

}  // namespace

DigestPool::DigestPool(int workers, WorkerMode mode, Report report) : report_(std::move(report)), mode_(mode) {
  const int count = mode == WorkerMode::Inline ? 1 : std::max(workers, 1);
  for (int at = 0; at < count; ++at) workers_.push_back(std::make_unique<Worker>());
  if (mode == WorkerMode::Inline) return;
  for (std::size_t at = 0; at < workers_.size(); ++at) {
    workers_[at]->thread = std::jthread([this, at](const std::stop_token& stop) { loop(at, stop); });
  }
}

DigestPool::~DigestPool() {
  for (const auto& worker : workers_) worker->thread.request_stop();
}

DigestPool::Stream* DigestPool::find(FileId id) const {
  const auto found = std::find_if(streams_.begin(), streams_.end(), [id](const auto& stream) { return stream->id == id; });
  return found == streams_.end() ? nullptr : found->get();
}

// A worker with one lane-able file gets the second one, then an idle worker, then the one with the fewest files.
std::size_t DigestPool::choose_worker(bool has_lane) const {
  std::vector<std::size_t> files(workers_.size(), 0);
  std::vector<std::size_t> lanes(workers_.size(), 0);
  for (const auto& stream : streams_) {
    ++files[stream->worker];
    if (stream->lane != nullptr) ++lanes[stream->worker];
  }
  for (std::size_t at = 0; has_lane && at < files.size(); ++at) {
    if (files[at] == 1 && lanes[at] == 1) return at;
  }
  return static_cast<std::size_t>(std::min_element(files.begin(), files.end()) - files.begin());
}

void DigestPool::open(FileId id, digest::Algorithm algorithm, std::uint64_t size) {
  auto stream = std::make_unique<Stream>();
  stream->id = id;
  if (algorithm == digest::Algorithm::Sha256 && digest::two_lanes_available()) {
    auto lane = std::make_unique<digest::Sha256Lane>();
    stream->lane = lane.get();
    stream->hasher = std::move(lane);
  } else {
    stream->hasher = digest::make_hasher(algorithm, size);
  }
  const Lock lock(mutex_);
  stream->worker = choose_worker(stream->lane != nullptr);
  streams_.push_back(std::move(stream));
}

void DigestPool::push(FileId id, Item item) {
  Lock lock(mutex_);
  Stream* stream = find(id);
  if (stream == nullptr || stream->is_dead) return;
  if (auto* back = std::get_if<ReadBack>(&item)) {
    back->ticket = ++stream->tickets;
    stream->waiting += back->range.size();
  }
  stream->items.push_back(std::move(item));
  const std::size_t worker = stream->worker;
  if (mode_ == WorkerMode::Inline) {
    while (step(worker, lock)) {
    }
    return;
  }
  lock.unlock();
  workers_[worker]->changed.notify_one();
}

void DigestPool::feed(FileId id, Piece piece) { push(id, std::move(piece)); }
void DigestPool::read_back(FileId id, const store::PartialBlob& partial, ByteRange range) { push(id, ReadBack{&partial, range, 0}); }
void DigestPool::finish(FileId id) { push(id, Finish{}); }

void DigestPool::release(FileId id) {
  Lock lock(mutex_);
  Stream* stream = find(id);
  if (stream == nullptr) return;
  ++stream->released;
  const std::size_t worker = stream->worker;
  if (mode_ == WorkerMode::Inline) {
    while (step(worker, lock)) {
    }
    return;
  }
  lock.unlock();
  workers_[worker]->changed.notify_one();
}

void DigestPool::drop(FileId id) {
  Lock lock(mutex_);
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->is_dead = true;  // takes no new step
  idle_.wait(lock, [&] { return !stream->is_busy; });
  erase(id);
}

std::uint64_t DigestPool::read_back_waiting(FileId id) const {
  const Lock lock(mutex_);
  const Stream* stream = find(id);
  return stream == nullptr ? 0 : stream->waiting;
}

void DigestPool::erase(FileId id) {
  std::erase_if(streams_, [id](const auto& stream) { return stream->id == id; });
}

bool DigestPool::is_runnable(const Stream& stream) {
  if (stream.items.empty() || stream.is_busy || stream.is_dead) return false;
  const auto* back = std::get_if<ReadBack>(&stream.items.front());
  return back == nullptr || back->ticket <= stream.released;
}

std::size_t DigestPool::available(const Stream& stream) {
  if (stream.items.empty()) return 0;
  if (const auto* piece = std::get_if<Piece>(&stream.items.front())) return piece->size;
  if (const auto* back = std::get_if<ReadBack>(&stream.items.front())) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(back->range.size(), kStep));
  }
  return 0;
}

void DigestPool::loop(std::size_t worker, const std::stop_token& stop) {
  Lock lock(mutex_);
  const auto has_work = [this, worker] {
    return std::any_of(streams_.begin(), streams_.end(),
                       [worker](const auto& stream) { return stream->worker == worker && is_runnable(*stream); });
  };
  while (workers_[worker]->changed.wait(lock, stop, has_work)) {
    if (stop.stop_requested()) return;
    (void)step(worker, lock);
  }
}

bool DigestPool::step(std::size_t worker, Lock& lock) {
  Stream* first = nullptr;
  Stream* second = nullptr;
  for (const auto& stream : streams_) {
    if (stream->worker != worker || !is_runnable(*stream)) continue;
    if (first == nullptr) {
      first = stream.get();
    } else if (first->lane != nullptr && stream->lane != nullptr && available(*first) > 0 && available(*stream) > 0) {
      second = stream.get();
      break;
    }
  }
  if (first == nullptr) return false;
  if (std::holds_alternative<Finish>(first->items.front())) {
    close(*first, lock);
  } else if (second != nullptr) {
    step_pair(*first, *second, *workers_[worker], lock);
  } else {
    step_alone(*first, *workers_[worker], lock);
  }
  return true;
}

Result<std::span<const std::byte>> DigestPool::bytes_of(const Item& item, std::size_t count, std::vector<std::byte>& scratch) {
  if (const auto* piece = std::get_if<Piece>(&item)) return piece->bytes().first(count);
  const auto& back = std::get<ReadBack>(item);
  try {
    scratch.resize(kStep);
  } catch (const std::bad_alloc&) {  // one file's failure, not the end of the thread and with it of the process
    return fail(ErrorCode::Internal, "no memory to read back what was written");
  }
  const std::span<std::byte> space = std::span(scratch).first(count);
  LARDER_CHECK(back.partial->read_at(back.range.begin, space));
  return std::span<const std::byte>(space);
}

// Takes `count` hashed bytes off the front.
void DigestPool::advance(Stream& stream, std::size_t count) {
  if (auto* piece = std::get_if<Piece>(&stream.items.front())) {
    piece->begin += count;
    piece->size -= count;
    if (piece->size == 0) stream.items.pop_front();
    return;
  }
  auto& back = std::get<ReadBack>(stream.items.front());
  back.range.begin += count;
  stream.waiting -= count;
  if (back.range.empty()) stream.items.pop_front();
}

// While a stream is busy only its worker touches the front item, through a pointer taken under the lock; others may append behind it, which
// leaves a deque's elements where they are.
void DigestPool::step_alone(Stream& stream, Worker& worker, Lock& lock) {
  const std::size_t count = available(stream);
  const Item& front = stream.items.front();
  stream.is_busy = true;
  lock.unlock();
  const auto bytes = bytes_of(front, count, worker.scratch_a);
  if (bytes) stream.hasher->update(*bytes);
  lock.lock();
  std::vector<DigestEvent> failures;
  settle(stream, bytes ? std::nullopt : std::optional(bytes.error()), count, failures);
  report_failures(failures, lock);
}

void DigestPool::step_pair(Stream& a, Stream& b, Worker& worker, Lock& lock) {
  const std::size_t count = std::min(available(a), available(b));
  const Item& a_front = a.items.front();
  const Item& b_front = b.items.front();
  a.is_busy = b.is_busy = true;
  lock.unlock();
  const auto a_bytes = bytes_of(a_front, count, worker.scratch_a);
  const auto b_bytes = bytes_of(b_front, count, worker.scratch_b);
  const bool both = a_bytes && b_bytes;
  if (both) digest::Sha256Lane::update_pair(*a.lane, *a_bytes, *b.lane, *b_bytes);
  lock.lock();
  std::vector<DigestEvent> failures;
  settle(a, a_bytes ? std::nullopt : std::optional(a_bytes.error()), both ? count : 0, failures);
  settle(b, b_bytes ? std::nullopt : std::optional(b_bytes.error()), both ? count : 0, failures);
  report_failures(failures, lock);
}

// The step is over: takes the hashed bytes off, or marks the stream dead. Afterwards `drop` may erase it.
void DigestPool::settle(Stream& stream, std::optional<Error> error, std::size_t count, std::vector<DigestEvent>& failures) {
  stream.is_busy = false;
  if (stream.is_dead) return;  // dropped meanwhile
  if (error) {
    stream.is_dead = true;
    stream.items.clear();
    stream.waiting = 0;
    failures.push_back({stream.id, fail(std::move(*error))});
  } else if (count > 0) {
    advance(stream, count);
  }
}

void DigestPool::report_failures(std::vector<DigestEvent>& failures, Lock& lock) {
  idle_.notify_all();
  if (failures.empty()) return;
  lock.unlock();
  for (DigestEvent& failure : failures) report_(std::move(failure));
  lock.lock();
}

void DigestPool::close(Stream& stream, Lock& lock) {
  DigestEvent event{stream.id, stream.hasher->finish()};
  erase(stream.id);
  lock.unlock();
  report_(std::move(event));
  lock.lock();
}

}  // namespace larder::transfer
