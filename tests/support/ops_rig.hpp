// What a verb works with, on a cache in a temporary folder and without a network: every request fails.
#pragma once

#include "support/fake_transport.hpp"
#include "support/store_rig.hpp"

#include <larder/hub/hub_client.hpp>
#include <larder/net/client.hpp>
#include <larder/ops/services.hpp>

namespace larder::test {

/// `other`: a disk to use instead of the real one, to make some calls fail; borrowed. Thread: one.
struct OpsRig : StoreRig {
  OpsRig() : OpsRig(nullptr) {}
  explicit OpsRig(fs::Disk* other) : used(other != nullptr ? *other : *disk) {}

  fs::Disk& used;
  BufferPool pool{0};
  FakeTransport transport{[](const net::Request&) {
    FakeAnswer answer;
    answer.error = ErrorCode::ConnectFailed;
    return answer;
  }};
  NoProgress progress;
  net::Client client{transport, *clock, *random, progress, {.tries = 1}};
  hub::HubClient hub{client, hub_options()};
  store::Store own_store{store(used)};
  ops::Services services{*clock, *random, used, pool, transport, client, hub, own_store, progress};

 private:
  static hub::HubOptions hub_options() {
    hub::HubOptions options;
    options.endpoint = Url::parse("http://127.0.0.1:1").value();
    return options;
  }
};

}  // namespace larder::test
