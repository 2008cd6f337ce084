#include "transfer/sim_network.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>

namespace larder::test {

namespace {

constexpr std::size_t kTable = 1'048'573;  // a prime: no alignment repeats it
constexpr std::chrono::seconds kLowSpeedWindow{60};
constexpr std::uint64_t kLowSpeed = 1024;
constexpr double kPieceSeconds = 0.1;

const std::vector<std::byte>& table() {
  static const std::vector<std::byte> bytes = [] {
    std::vector<std::byte> made(kTable);
    std::mt19937 engine(7);
    for (std::byte& one : made) one = static_cast<std::byte>(engine() & 0xFFU);
    return made;
  }();
  return bytes;
}

SteadyTime::duration in_time(double seconds) {
  return std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

WallTime SimClock::wall_now() { return wall_begin + std::chrono::duration_cast<WallTime::duration>(now_ - kBegin); }

double SimClock::seconds() const { return std::chrono::duration<double>(now_ - kBegin).count(); }

void SimClock::at(SteadyTime when, std::function<void()> what) { due_.emplace(std::max(when, now_), std::move(what)); }

void SimClock::run_next() {
  auto node = due_.extract(due_.begin());
  now_ = std::max(now_, node.key());
  node.mapped()();
}

bool SimClock::wait_until(SteadyTime when, const CancelToken& cancel) {
  return !run_until(when, [&] { return cancel.is_cancelled(); });
}

bool SimClock::await(Bell& bell, SteadyTime when) {
  return run_until(when, [&] { return bell.take(); });
}

bool SimClock::run_until(SteadyTime when, const std::function<bool()>& is_over) {
  while (!is_over()) {
    if (now_ - kBegin > give_up) throw std::runtime_error("this takes for ever");
    if (due_.empty() || due_.begin()->first > when) {
      idle_waits_ = when > now_ ? 0 : idle_waits_ + 1;
      if (idle_waits_ > 1000) throw std::runtime_error("somebody asks again and again, and does not wait");
      now_ = std::max(now_, when);
      return false;
    }
    run_next();
  }
  return true;
}

void SimFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (seed == 0) {
    std::fill(into.begin(), into.end(), std::byte{0});
    return;
  }
  auto at = static_cast<std::size_t>((offset + seed * 7919) % kTable);
  while (!into.empty()) {
    const std::size_t count = std::min(into.size(), kTable - at);
    std::memcpy(into.data(), table().data() + at, count);
    into = into.subspan(count);
    at = 0;
  }
}

SimAnswer refuse(int status) {
  SimAnswer answer;
  answer.status = status;
  return answer;
}

SimAnswer serve(const SimFile& file, const net::Request& request) {
  SimAnswer answer;
  answer.file = file;
  answer.range = {0, file.size};
  if (request.range && request.range->begin >= file.size) {
    answer.status = 416;
    answer.file.reset();
    answer.headers.emplace_back("Content-Range", "bytes */" + std::to_string(file.size));
    return answer;
  }
  if (request.range) {
    answer.status = 206;
    answer.range = {request.range->begin, std::min(request.range->end, file.size)};
    answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(answer.range.begin) + "-" +
                                                     std::to_string(answer.range.end - 1) + "/" + std::to_string(file.size));
  }
  answer.headers.emplace_back("Content-Length", std::to_string(answer.range.size()));
  return answer;
}

SimNetwork::SimNetwork(SimClock& clock, BufferPool& pool) : clock_(clock), pool_(pool) {
  pool_.on_free([this] { on_free(); });
}

SimNetwork::~SimNetwork() {
  *alive_ = false;
  pool_.on_free({});
}

void SimNetwork::forget_all() {
  open_.clear();
  starved_.clear();
}

std::size_t SimNetwork::asked(const std::string& host) const {
  return static_cast<std::size_t>(std::count_if(seen_.begin(), seen_.end(), [&](const Seen& one) { return one.host == host; }));
}

net::RequestId SimNetwork::start(net::Request request, net::TransportListener& listener) {
  auto transfer = std::make_unique<Transfer>();
  transfer->id = ++last_id_;
  transfer->listener = &listener;
  seen_.push_back({clock_.now(), request.url.origin().host_text(), request.url.path(), request.range,
                   request.credentials && net::may_send(*request.credentials, request.url), request.version});
  transfer->request = std::move(request);
  connect(*transfer);
  open_.emplace(transfer->id, std::move(transfer));
  most_open_ = std::max(most_open_, open_.size());
  return last_id_;
}

void SimNetwork::later(net::RequestId id, SteadyTime::duration wait, Turn turn) {
  clock_.after(wait, [this, alive = alive_, id, turn] {
    if (!*alive) return;
    const auto found = open_.find(id);
    if (found != open_.end()) (this->*turn)(*found->second);
  });
}

// A kept connection answers after one round trip; a new one needs a second for TCP and a third for TLS.
void SimNetwork::connect(Transfer& transfer) {
  const Origin& origin = transfer.request.url.origin();
  int trips = 1;
  if (int& kept = idle_[origin.text()]; kept > 0) {
    --kept;
  } else {
    trips = origin.scheme == "https" ? 3 : 2;
  }
  later(transfer.id, path.round_trip * trips, &SimNetwork::head);
}

bool SimNetwork::is_streamed(const Transfer& transfer) const {
  return transfer.request.mode == net::BodyMode::Stream && (transfer.answer.status == 200 || transfer.answer.status == 206);
}

std::uint64_t SimNetwork::length(const Transfer& transfer) const {
  return transfer.answer.file ? transfer.answer.range.size() : transfer.answer.text.size();
}

void SimNetwork::head(Transfer& transfer) {
  const auto server = servers_.find(transfer.request.url.origin().host_text());
  if (server == servers_.end()) return fail_transfer(transfer, ErrorCode::ConnectFailed, "connection refused");
  transfer.answer = server->second(transfer.request);
  if (transfer.answer.error) return fail_transfer(transfer, *transfer.answer.error, "scripted failure");
  if (transfer.answer.is_silent) {
    if (forgets_header_timeout) return;
    clock_.after(transfer.request.header_timeout, [this, alive = alive_, id = transfer.id] {
      if (const auto found = *alive ? open_.find(id) : open_.end(); *alive && found != open_.end()) {
        fail_transfer(*found->second, ErrorCode::TimedOut, "no answer");
      }
    });
    return;
  }
  if (is_streamed(transfer)) {
    net::ResponseHead head{transfer.answer.status, {}};
    for (const auto& [name, value] : transfer.answer.headers) (void)head.headers.add(name, value);
    transfer.listener->on_event(net::HeadEvent{transfer.id, std::move(head)});
  }
  later(transfer.id, kLowSpeedWindow, &SimNetwork::low_speed);
  plan_piece(transfer);
}

void SimNetwork::stalled(Transfer& transfer) { fail_transfer(transfer, ErrorCode::TimedOut, "no byte any more"); }

void SimNetwork::low_speed(Transfer& transfer) {
  if (transfer.window < kLowSpeed * static_cast<std::uint64_t>(kLowSpeedWindow.count())) {
    return fail_transfer(transfer, ErrorCode::TimedOut, "less than 1024 bytes a second for 60 s");
  }
  transfer.window = 0;
  later(transfer.id, kLowSpeedWindow, &SimNetwork::low_speed);
}

std::uint64_t SimNetwork::next_size(const Transfer& transfer) const {
  const SimAnswer& answer = transfer.answer;
  const double rate = answer.rate.value_or(path.connection_rate);
  const auto most = static_cast<std::uint64_t>(std::max(1.0, rate * kPieceSeconds));
  std::uint64_t size = std::min({static_cast<std::uint64_t>(BufferPool::kPiece), most, length(transfer) - transfer.sent});
  if (answer.cut) size = std::min(size, *answer.cut - std::min(*answer.cut, transfer.sent));
  if (answer.stall) size = std::min(size, *answer.stall - std::min(*answer.stall, transfer.sent));
  return size;
}

void SimNetwork::plan_piece(Transfer& transfer) {
  const std::uint64_t size = next_size(transfer);
  if (size == 0) return piece(transfer);
  const SteadyTime now = clock_.now();
  const SteadyTime by_connection = now + in_time(static_cast<double>(size) / transfer.answer.rate.value_or(path.connection_rate));
  const SteadyTime by_link = std::max(link_free_, now) + in_time(static_cast<double>(size) / path.link_rate);
  link_free_ = by_link;
  later(transfer.id, std::max(by_connection, by_link) - now, &SimNetwork::piece);
}

void SimNetwork::piece(Transfer& transfer) {
  const SimAnswer& answer = transfer.answer;
  if (answer.stall && transfer.sent >= *answer.stall) {
    const bool is_watched = transfer.request.mode == net::BodyMode::Collect && transfer.request.stall_timeout.count() > 0;
    if (is_watched) later(transfer.id, transfer.request.stall_timeout, &SimNetwork::stalled);
    return;
  }
  if (answer.cut && transfer.sent >= *answer.cut) return fail_transfer(transfer, ErrorCode::ConnectionLost, "reset");
  std::uint64_t size = next_size(transfer);
  const bool is_limited = answer.status >= 200 && answer.status < 300;
  const bool is_too_long = is_limited && transfer.sent + size > transfer.request.max_body;
  if (is_too_long) size = transfer.request.max_body - transfer.sent;
  if (size > 0 && !hand_on(transfer, size)) return;
  if (is_too_long) return fail_transfer(transfer, ErrorCode::BadResponse, "longer than asked for");  // T21
  if (transfer.sent < length(transfer)) return plan_piece(transfer);
  net::Response response{{answer.status, {}}, is_streamed(transfer) ? std::string() : transfer.text};
  for (const auto& [name, value] : answer.headers) (void)response.head.headers.add(name, value);
  ++idle_[transfer.request.url.origin().text()];
  end(transfer, std::move(response));
}

// False: no piece is free; the same bytes are offered again when one is.
bool SimNetwork::hand_on(Transfer& transfer, std::uint64_t size) {
  const SimAnswer& answer = transfer.answer;
  const BufferRef buffer = is_streamed(transfer) ? pool_.try_take() : std::make_shared<Buffer>(BufferPool::kPiece);
  if (!buffer) {
    starved_.push_back(transfer.id);
    return false;
  }
  const std::span<std::byte> space = buffer->space().first(static_cast<std::size_t>(size));
  const std::uint64_t offset = answer.range.begin + transfer.sent;
  if (answer.file) {
    answer.file->read(offset, space);
  } else {
    std::memcpy(space.data(), answer.text.data() + transfer.sent, space.size());
  }
  if (answer.flip && *answer.flip >= offset && *answer.flip < offset + size) space[*answer.flip - offset] ^= std::byte{0x40};
  buffer->grow(space.size());
  body_bytes_ += size;
  transfer.window += size;
  if (is_streamed(transfer)) {
    transfer.listener->on_event(net::DataEvent{transfer.id, transfer.sent, buffer});
  } else {
    transfer.text.append(reinterpret_cast<const char*>(buffer->data().data()), buffer->used());
    if (transfer.request.tells_bytes) transfer.listener->on_event(net::ReceivedEvent{transfer.id, transfer.text.size()});
  }
  transfer.sent += size;
  return true;
}

void SimNetwork::on_free() {
  clock_.after({}, [this, alive = alive_] {
    if (!*alive) return;
    std::vector<net::RequestId> waiting;
    waiting.swap(starved_);
    for (const net::RequestId id : waiting) {
      if (const auto found = open_.find(id); found != open_.end()) piece(*found->second);
    }
  });
}

void SimNetwork::cancel(net::RequestId id) {
  clock_.after({}, [this, alive = alive_, id] {
    if (const auto found = *alive ? open_.find(id) : open_.end(); *alive && found != open_.end()) {
      fail_transfer(*found->second, ErrorCode::Interrupted, "cancelled");
    }
  });
}

void SimNetwork::fail_transfer(Transfer& transfer, ErrorCode code, const std::string& why) {
  Error error;
  error.code = code;
  error.message = transfer.request.url.origin().host_text() + ": " + why;
  end(transfer, fail(std::move(error)));
}

void SimNetwork::end(Transfer& transfer, Result<net::Response> result) {
  net::EndEvent event{transfer.id, std::move(result), transfer.sent, transfer.request.url.origin().host_text()};
  net::TransportListener* listener = transfer.listener;
  open_.erase(transfer.id);
  listener->on_event(std::move(event));
}

}  // namespace larder::test
