// The engine with its threads: a network that outruns the digest, and hardly any memory between them.
#include "net/body_sink.hpp"
#include "transfer/engine_rig.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

using namespace larder;
using namespace larder::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kOffer = 100'000;  // bytes at a time: pieces are half full between two turns, as libcurl's are

/// Serves SimFiles from memory on one thread, in turn, as fast as the pool has pieces for the transport's own BodySink.
class MemoryNetwork final : public net::Transport {
 public:
  using Files = std::map<std::string, SimFile>;

  MemoryNetwork(const Files& files, BufferPool& pool, Clock& clock) : files_(files), pool_(pool), clock_(clock) {
    pool_.on_free([this] { wake(); });
    thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
  }
  ~MemoryNetwork() override { pool_.on_free({}); }

  net::RequestId start(net::Request request, net::TransportListener& listener) override {
    const std::scoped_lock lock(mutex_);
    orders_.push_back({++last_id_, std::move(request), &listener});
    changed_.notify_one();
    return last_id_;
  }
  void cancel(net::RequestId id) override {
    const std::scoped_lock lock(mutex_);
    cancelled_.push_back(id);
    changed_.notify_one();
  }
  [[nodiscard]] std::uint64_t requests() const override { return last_id_; }

 private:
  struct Open {
    net::RequestId id = 0;
    net::Request request;
    net::TransportListener* listener = nullptr;
    SimAnswer answer{};
    std::unique_ptr<net::BodySink> sink{};
    std::uint64_t sent = 0;
    bool is_over = false;
  };

  void wake() {
    const std::scoped_lock lock(mutex_);
    is_woken_ = true;
    changed_.notify_one();
  }

  void loop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const bool has_moved = turn();
      std::unique_lock lock(mutex_);
      if (!has_moved) changed_.wait(lock, stop, [this] { return is_woken_ || !orders_.empty() || !cancelled_.empty(); });
      is_woken_ = false;
      for (; !orders_.empty(); orders_.pop_front()) open_.push_back(std::move(orders_.front()));
      const std::vector<net::RequestId> cancelled = std::exchange(cancelled_, {});
      lock.unlock();
      for (Open& open : open_) {
        if (std::find(cancelled.begin(), cancelled.end(), open.id) != cancelled.end()) end(open, fail(ErrorCode::Interrupted, "cancelled"));
      }
    }
  }

  /// One piece of each. False: nothing could move.
  bool turn() {
    bool has_moved = false;
    for (Open& open : open_) has_moved = step(open) || has_moved;
    std::erase_if(open_, [](const Open& open) { return open.is_over; });
    return has_moved;
  }

  bool step(Open& open) {
    if (open.is_over) return false;
    if (!open.answer.file) begin(open);
    const std::uint64_t left = open.answer.range.size() - open.sent;
    if (open.request.mode == net::BodyMode::Collect || left == 0) {
      end(open, net::Response{{open.answer.status, {}}, open.request.mode == net::BodyMode::Collect ? body(open) : std::string()});
      return true;
    }
    std::array<char, kOffer> bytes;
    const auto offer = std::span(bytes).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, kOffer)));
    open.answer.file->read(open.answer.range.begin + open.sent, std::as_writable_bytes(offer));
    if (!open.sink->prepare() || open.sink->take(offer) != net::BodySink::Verdict::Taken) return false;
    open.sent += offer.size();
    return true;
  }

  void begin(Open& open) {
    const std::string& path = open.request.url.path();
    open.answer = serve(files_.at(path.substr(path.rfind('/') + 1)), open.request);
    if (open.request.mode == net::BodyMode::Collect) return;
    net::ResponseHead head{open.answer.status, {}};
    for (const auto& [name, value] : open.answer.headers) (void)head.headers.add(name, value);
    open.listener->on_event(net::HeadEvent{open.id, std::move(head)});
    const auto on_piece = [id = open.id, listener = open.listener](std::uint64_t offset, BufferRef piece) {
      listener->on_event(net::DataEvent{id, offset, std::move(piece)});
    };
    open.sink = std::make_unique<net::BodySink>(pool_, clock_, on_piece);
    open.sink->open(net::BodyUse::Stream, open.request.max_body);
  }

  static std::string body(const Open& open) {
    std::string text(static_cast<std::size_t>(open.answer.file->size), '\0');
    open.answer.file->read(0, std::as_writable_bytes(std::span(text)));
    return text;
  }

  static void end(Open& open, Result<net::Response> result) {
    if (std::exchange(open.is_over, true)) return;
    if (open.sink) open.sink->flush();
    open.listener->on_event(net::EndEvent{open.id, std::move(result), open.sent, "hub.test"});
  }

  const Files& files_;
  BufferPool& pool_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Open> orders_;
  std::vector<net::RequestId> cancelled_;
  std::atomic<net::RequestId> last_id_{0};
  bool is_woken_ = false;
  std::vector<Open> open_;  // the thread's
  std::jthread thread_;     // last: joined first
};

/// Everything as in EngineRig, but for time and network, which are real threads'.
Result<void> run_threads(EngineRig& rig, std::uint64_t memory) {
  const auto clock = make_system_clock();
  BufferPool pool(memory);
  MemoryNetwork net(rig.files, pool, *clock);
  store::Store store(*rig.disk, *clock, rig.random, {rig.temp.path() + "/hub"});
  transfer::CacheDestination destination(store, rig.layout, commit_of('1'), {});
  const repo::Tree listing = rig.tree();
  std::vector<std::uint32_t> chosen(listing.size());
  for (std::size_t at = 0; at < chosen.size(); ++at) chosen[at] = static_cast<std::uint32_t>(at);
  const auto look = [&](const repo::FileEntry& file) { return destination.look(file); };
  LARDER_TRY(const auto plan, transfer::make_plan(listing, chosen, look, false, false));
  const auto sources = rig.make_sources();
  rig.options.uses_threads = true;
  rig.options.deadline = clock->now() + 120s;  // a hang is a failure, not a test that never ends
  transfer::Engine engine(*clock, rig.random, net, pool, destination, sources, rig.progress, rig.options);
  return engine.run(listing, plan, rig.report, {});
}

}  // namespace

TEST_CASE("Engine, threads: several files come through a pool near its minimum", "[transfer][engine][threads]") {  // I9
  const std::uint64_t pieces = GENERATE(2U, 3U, 5U, 9U);
  const int cores = GENERATE(2, 4);
  CAPTURE(pieces, cores);
  EngineRig rig;
  rig.options.cores = cores;
  rig.options.jobs = 8;
  for (std::uint64_t at = 1; at <= 5; ++at) rig.add("model-" + std::to_string(at), {(2 + at) * kMiB + at, at});
  rig.add("large", {20 * kMiB + 7, 6});
  rig.add("of-git", {3 * kMiB, 7}, digest::Algorithm::GitSha1);
  for (std::uint64_t at = 10; at < 30; ++at) rig.add("small-" + std::to_string(at), {at * 1000, at}, digest::Algorithm::GitSha1);
  const auto done = run_threads(rig, pieces * BufferPool::kPiece);
  INFO((done ? std::string("ended") : done.error().text()));
  REQUIRE(done);
  CHECK(rig.report.failures.empty());
  rig.check_complete();
}
