#include "net/curl_loop.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace larder::net {
namespace {

constexpr std::chrono::milliseconds kTick{50};  // how exact time limits and the handing on of half-full pieces are
constexpr std::chrono::minutes kIdleWait{1};    // nothing to do: only a wake-up counts
constexpr std::size_t kMostIdle = 128;          // handles kept for later requests

Trust find_trust(const NetworkSettings& settings) {
  const curl_version_info_data* built = curl_version_info(CURLVERSION_NOW);
  const auto text = [](const char* name) { return std::string(name == nullptr ? "" : name); };
  return choose_trust(settings, {text(built->cainfo), text(built->capath)}, [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  });
}

Error cancelled(ErrorCode code, std::string message) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  return error;
}

}  // namespace

NetworkLoop::NetworkLoop(const TransportOptions& options, BufferPool& pool, Clock& clock, Inbox& inbox)
    : inbox_(inbox),
      clock_(clock),
      trust_(find_trust(options.network)),
      around_{options, pool, clock, nullptr, share_, trust_, refused_, outbox_},
      poller_(multi_),
      next_tick_(clock.now()) {
  if (options.limit_rate != 0) around_.limiter = &limiter_.emplace(options.limit_rate, clock);
  multi_.set_long<CURLMOPT_MAX_TOTAL_CONNECTIONS>(options.max_connections);
  multi_.set_long<CURLMOPT_MAXCONNECTS>(options.max_connections);
  inbox_.attach(poller_);
}

NetworkLoop::~NetworkLoop() {
  inbox_.detach();
  end_all(cancelled(ErrorCode::Interrupted, "transport closed"));
}

void NetworkLoop::run() {
  while (take_orders()) {
    reap();
    resume_paused();
    tick();
    outbox_.deliver();
    poller_.turn(longest_wait());
  }
}

bool NetworkLoop::take_orders() {
  Inbox::Mail mail = inbox_.take();
  for (Order& order : mail.orders) begin(std::move(order));
  for (const RequestId id : mail.cancels) {
    const auto found = std::find_if(active_.begin(), active_.end(), [id](const auto& transfer) { return transfer->id() == id; });
    if (found == active_.end()) continue;  // it ended before the wish arrived
    const auto transfer = take_out(static_cast<std::size_t>(found - active_.begin()));
    transfer->end_with(cancelled(ErrorCode::Interrupted, "cancelled"));
    keep(transfer->release());
  }
  return !mail.is_closed;
}

void NetworkLoop::begin(Order order) {
  auto transfer = std::make_unique<CurlTransfer>(std::move(order), idle_handle(), around_);
  if (auto prepared = transfer->prepare(); !prepared) return transfer->end_with(std::move(prepared.error()));
  if (!multi_.add(transfer->easy())) return transfer->end_with(cancelled(ErrorCode::Internal, "libcurl took no further transfer"));
  active_.push_back(std::move(transfer));
}

CurlEasy NetworkLoop::idle_handle() {
  if (idle_.empty()) return {};
  CurlEasy easy = std::move(idle_.back());
  idle_.pop_back();
  return easy;
}

void NetworkLoop::keep(CurlEasy easy) {
  // A handle whose request libcurl (7.88) repeated after an HTTP/2 GOAWAY still holds its receive buffer and refuses any other size for it.
  easy.set_long<CURLOPT_BUFFERSIZE>(CURL_MAX_WRITE_SIZE);
  if (easy.refused() == CURLE_OK && idle_.size() < kMostIdle) idle_.push_back(std::move(easy));
}

std::unique_ptr<CurlTransfer> NetworkLoop::take_out(std::size_t index) {
  std::unique_ptr<CurlTransfer> transfer = std::move(active_[index]);
  active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(index));
  multi_.remove(transfer->easy());
  return transfer;
}

void NetworkLoop::finish(std::size_t index, CURLcode code) {
  const auto transfer = take_out(index);
  transfer->end(code);
  keep(transfer->release());
}

void NetworkLoop::reap() {
  while (const CURLMsg* message = multi_.next_message()) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;  // the message dies with the removal
    const auto found =
        std::find_if(active_.begin(), active_.end(), [easy](const auto& transfer) { return transfer->easy().raw() == easy; });
    if (found != active_.end()) finish(static_cast<std::size_t>(found - active_.begin()), code);
  }
}

// In turn, so that under a rate limit, or with few pieces, every transfer moves. libcurl may call a transfer's body callback inside
// resume().
void NetworkLoop::resume_paused() {
  bool is_buffer_out = false;
  const std::size_t count = active_.size();
  std::vector<CurlTransfer*> broken;
  for (std::size_t step = 0; step < count; ++step) {
    CurlTransfer& transfer = *active_[(turn_ + step) % count];
    const auto pause = transfer.pause();
    if (pause == CurlTransfer::Pause::None || (pause == CurlTransfer::Pause::Buffer && is_buffer_out)) continue;
    if (!transfer.resume()) {
      is_buffer_out = is_buffer_out || pause == CurlTransfer::Pause::Buffer;
      continue;
    }
    if (transfer.is_broken()) broken.push_back(&transfer);
  }
  if (count > 0) turn_ = (turn_ + 1) % count;
  for (const CurlTransfer* transfer : broken) {
    const auto found = std::find_if(active_.begin(), active_.end(), [&](const auto& other) { return other.get() == transfer; });
    finish(static_cast<std::size_t>(found - active_.begin()), CURLE_OK);
  }
}

void NetworkLoop::tick() {
  const SteadyTime now = clock_.now();
  if (now < next_tick_) return;
  next_tick_ = now + kTick;
  for (std::size_t index = active_.size(); index-- > 0;) {
    if (!active_[index]->tick(now)) finish(index, CURLE_OK);
  }
}

std::chrono::milliseconds NetworkLoop::longest_wait() const {
  if (active_.empty()) return kIdleWait;
  std::chrono::milliseconds wait = kTick;
  const bool is_rated = std::any_of(active_.begin(), active_.end(), [](const auto& t) { return t->pause() == CurlTransfer::Pause::Rate; });
  if (is_rated) {
    const auto until_open = std::chrono::ceil<std::chrono::milliseconds>(limiter_->open_at() - clock_.now());
    wait = std::clamp(until_open, std::chrono::milliseconds(0), wait);
  }
  return wait;
}

void NetworkLoop::end_all(const Error& error) {
  while (!active_.empty()) take_out(active_.size() - 1)->end_with(error);
  for (Order& order : inbox_.take().orders) CurlTransfer(std::move(order), CurlEasy(), around_).end_with(error);
  outbox_.deliver();
}

}  // namespace larder::net
