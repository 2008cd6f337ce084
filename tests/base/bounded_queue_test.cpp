#include "base/bounded_queue.hpp"

#include "support/catch.hpp"

#include <csignal>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using larder::BoundedQueue;
using larder::CancelSource;
using larder::PopEnd;
using larder::Pushed;

namespace {

const larder::CancelToken kNever;

}  // namespace

TEST_CASE("BoundedQueue: first in, first out; items that can only move", "[base][bounded_queue]") {
  BoundedQueue<std::unique_ptr<int>> queue;
  CHECK(queue.push(std::make_unique<int>(1), kNever) == Pushed::Done);
  CHECK(queue.try_push(std::make_unique<int>(2)) == Pushed::Done);
  CHECK(queue.size() == 2);
  CHECK(**queue.pop(kNever).item == 1);
  CHECK(**queue.try_pop().item == 2);
  CHECK(queue.try_pop().end == PopEnd::TimedOut);
}

TEST_CASE("BoundedQueue: bounds by items and by weight; a heavy item passes alone", "[base][bounded_queue]") {
  BoundedQueue<std::string> queue({2, 100});
  CHECK(queue.try_push("heavy", 500) == Pushed::Done);
  std::string kept = "kept";
  CHECK(queue.try_push(std::move(kept), 1) == Pushed::Full);
  CHECK(kept == "kept");  // NOLINT(bugprone-use-after-move): moved from only when Done
  CHECK(queue.weight() == 500);
  CHECK(queue.try_pop());
  CHECK(queue.weight() == 0);
  CHECK(queue.try_push("a", 60) == Pushed::Done);
  CHECK(queue.try_push("b", 41) == Pushed::Full);
  CHECK(queue.try_push("b", 40) == Pushed::Done);
  CHECK(queue.try_push("c", 0) == Pushed::Full);
}

TEST_CASE("BoundedQueue: closing lets the rest out, then ends", "[base][bounded_queue]") {
  BoundedQueue<int> queue;
  CHECK(queue.try_push(7) == Pushed::Done);
  queue.close();
  CHECK(queue.try_push(8) == Pushed::Closed);
  CHECK(queue.push(8, kNever) == Pushed::Closed);
  CHECK(queue.pop(kNever).item == 7);
  CHECK(queue.pop(kNever).end == PopEnd::Closed);
  CHECK(queue.pop_until(larder::SteadyTime::max(), kNever).end == PopEnd::Closed);
}

TEST_CASE("BoundedQueue: a time limit ends a pop, an item comes first", "[base][bounded_queue]") {
  BoundedQueue<int> queue;
  const auto past = std::chrono::steady_clock::now() - 1s;
  CHECK(queue.pop_until(past, kNever).end == PopEnd::TimedOut);
  CHECK(queue.try_push(1) == Pushed::Done);
  CHECK(queue.pop_until(past, kNever).item == 1);
}

TEST_CASE("BoundedQueue: cancelling wakes who waits to pop and who waits to push", "[base][bounded_queue]") {
  BoundedQueue<int> empty;
  BoundedQueue<int> full({1, 100});
  CHECK(full.try_push(1) == Pushed::Done);
  CancelSource source;
  auto popped = PopEnd::Item;
  auto popped_until = PopEnd::Item;
  auto pushed = Pushed::Done;
  {
    const std::jthread popper([&] { popped = empty.pop(source.token()).end; });
    const std::jthread patient([&] { popped_until = empty.pop_until(std::chrono::steady_clock::now() + 1h, source.token()).end; });
    const std::jthread pusher([&] { pushed = full.push(2, source.token()); });
    source.interrupt(SIGINT);
  }
  CHECK(popped == PopEnd::Cancelled);
  CHECK(popped_until == PopEnd::Cancelled);
  CHECK(pushed == Pushed::Cancelled);
}

TEST_CASE("BoundedQueue: many producers and consumers lose nothing", "[base][bounded_queue]") {
  BoundedQueue<int> queue({3, 1000});
  larder::Guarded<long> sum(0);
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 3; ++i) {
      consumers.emplace_back([&] {
        while (auto popped = queue.pop(kNever)) sum.with([&](long& all) { all += *popped.item; });
      });
    }
    {
      std::vector<std::jthread> producers;
      for (int i = 0; i < 3; ++i) {
        producers.emplace_back([&] {
          for (int j = 1; j <= 500; ++j) queue.push(int{j}, kNever);
        });
      }
    }
    queue.close();
  }
  CHECK(*sum.lock() == 3L * 500 * 501 / 2);
}
