// Services: what every verb works with; made by cli, borrowed by ops.
#pragma once

#include <larder/base/buffer_pool.hpp>
#include <larder/base/clock.hpp>
#include <larder/base/progress.hpp>
#include <larder/base/random.hpp>

namespace larder::fs {
class Disk;
}
namespace larder::net {
class Transport;
class Client;
}  // namespace larder::net
namespace larder::hub {
class HubClient;
}
namespace larder::store {
class Store;
}

namespace larder::ops {

/// References only: the program's services outlive every verb. Nothing here opens a connection or makes a file by being built.
struct Services {
  Clock& clock;
  Random& random;
  fs::Disk& disk;
  BufferPool& pool;
  net::Transport& transport;
  net::Client& client;
  hub::HubClient& hub;
  store::Store& store;
  ProgressSink& progress;
};

}  // namespace larder::ops
