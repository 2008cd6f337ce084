#include "net/outbox.hpp"

#include "support/catch.hpp"

#include <stdexcept>
#include <vector>

using namespace larder;
using namespace larder::net;

namespace {

class Ears final : public TransportListener {
 public:
  void on_event(TransportEvent event) override {
    const RequestId id = std::get<ReceivedEvent>(event).id;
    heard.push_back(id);
    if (id == throws_at) throw std::runtime_error("deaf");
  }
  std::vector<RequestId> heard;
  RequestId throws_at = 0;
};

}  // namespace

TEST_CASE("Outbox: nothing is told before the turn is over, then all of it in order, once", "[net][outbox]") {
  Outbox outbox;
  Ears one;
  Ears other;
  for (const RequestId id : {3U, 1U, 2U}) outbox.put(one, ReceivedEvent{id, 10});
  outbox.put(other, ReceivedEvent{4, 10});
  CHECK(one.heard.empty());
  outbox.deliver();
  outbox.deliver();
  CHECK(one.heard == std::vector<RequestId>{3, 1, 2});
  CHECK(other.heard == std::vector<RequestId>{4});
}

TEST_CASE("Outbox: what a listener threw at is not told again, the rest is not lost", "[net][outbox]") {
  Outbox outbox;
  Ears ears;
  ears.throws_at = 2;
  for (const RequestId id : {1U, 2U, 3U}) outbox.put(ears, ReceivedEvent{id, 10});
  CHECK_THROWS_AS(outbox.deliver(), std::runtime_error);
  outbox.deliver();
  CHECK(ears.heard == std::vector<RequestId>{1, 2, 3});
}
