// relay: a long path in front of a server on loopback: a delay, a rate for each connection, and one for the link they share.
// usage: relay ROUND_TRIP_MS CONNECTION_BYTES_A_SECOND LINK_BYTES_A_SECOND LISTEN_HOST:PORT=HOST:PORT …      (rate 0: none; runs until
// killed) Bytes only, so TLS passes as well. Rates count on the way to the client. The round trip of the TCP handshake is taken from the
// first bytes.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kChunk = 64 * 1024;
constexpr int kTickMs = 1;

/// Bytes that may go now, filled at a rate; 5 ms of it are kept at most, so that the flow stays even.
struct Bucket {
  double rate = 0;
  double level = 0;
  void refill(double seconds) { level = std::min(level + rate * seconds, std::max(rate * 0.005, static_cast<double>(kChunk))); }
  [[nodiscard]] std::size_t open() const { return rate == 0 ? kChunk : level > 0 ? static_cast<std::size_t>(level) : 0; }
  void take(std::size_t bytes) {
    if (rate != 0) level -= static_cast<double>(bytes);
  }
};

struct Chunk {
  Clock::time_point due;
  std::vector<char> bytes;
  std::size_t done = 0;
};

/// One direction of one connection.
struct Stream {
  int from = -1;
  int to = -1;
  std::deque<Chunk> chunks;
  std::size_t queued = 0;
  std::size_t most = 0;  // what the path holds
  bool has_ended = false;
  bool is_shut = false;
  Clock::duration extra{};  // of the handshake, for the first bytes
};

struct Connection {
  Stream up;
  Stream down;
  Bucket rate;
  [[nodiscard]] bool is_over() const { return up.is_shut && down.is_shut; }
};

struct Path {
  Clock::duration delay{};
  double connection_rate = 0;
  Bucket link;
};

sockaddr_in address_of(const std::string& text) {
  const auto colon = text.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr);
  return address;
}

void set_quick(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int listen_at(const std::string& where) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = address_of(where);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, 256) != 0) return -1;
  set_quick(fd);
  return fd;
}

std::unique_ptr<Connection> accept_from(int door, const sockaddr_in& server, const Path& path) {
  const int client = accept(door, nullptr, nullptr);
  if (client < 0) return nullptr;
  const int out = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(out, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
    close(client);
    close(out);
    return nullptr;
  }
  set_quick(client);
  set_quick(out);
  auto made = std::make_unique<Connection>();
  const double rate = path.connection_rate == 0 ? 1e9 : path.connection_rate;
  const auto held = static_cast<std::size_t>(rate * std::chrono::duration<double>(path.delay).count() * 2) + 4 * kChunk;
  made->up = {client, out, {}, 0, held, false, false, 2 * path.delay};
  made->down = {out, client, {}, 0, held, false, false, {}};
  made->rate.rate = path.connection_rate;
  return made;
}

void receive(Stream& stream, Clock::duration delay) {
  Chunk chunk;
  chunk.bytes.resize(kChunk);
  const ssize_t got = recv(stream.from, chunk.bytes.data(), chunk.bytes.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    stream.has_ended = true;
    return;
  }
  chunk.bytes.resize(static_cast<std::size_t>(got));
  chunk.due = Clock::now() + delay + stream.extra;
  stream.extra = {};
  stream.queued += chunk.bytes.size();
  stream.chunks.push_back(std::move(chunk));
}

/// Sends what is due and allowed. False: the other side is gone.
bool deliver(Stream& stream, Bucket* rate, Bucket* link, Clock::time_point now) {
  while (!stream.chunks.empty() && stream.chunks.front().due <= now) {
    Chunk& chunk = stream.chunks.front();
    std::size_t count = chunk.bytes.size() - chunk.done;
    if (rate != nullptr) count = std::min({count, rate->open(), link->open()});
    if (count == 0) return true;
    const ssize_t sent = send(stream.to, chunk.bytes.data() + chunk.done, count, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    if (rate != nullptr) {
      rate->take(static_cast<std::size_t>(sent));
      link->take(static_cast<std::size_t>(sent));
    }
    chunk.done += static_cast<std::size_t>(sent);
    stream.queued -= static_cast<std::size_t>(sent);
    if (chunk.done == chunk.bytes.size()) stream.chunks.pop_front();
    if (static_cast<std::size_t>(sent) < count) return true;
  }
  if (stream.chunks.empty() && stream.has_ended && !stream.is_shut) {
    shutdown(stream.to, SHUT_WR);
    stream.is_shut = true;
  }
  return true;
}

void close_both(Connection& connection) {
  close(connection.up.from);
  close(connection.up.to);
  connection.up.is_shut = connection.down.is_shut = true;
}

void move_all(std::vector<std::unique_ptr<Connection>>& connections, Path& path, double seconds) {
  const auto now = Clock::now();
  path.link.refill(seconds);
  for (auto& connection : connections) {
    connection->rate.refill(seconds);
    const bool is_up = deliver(connection->up, nullptr, nullptr, now);
    const bool is_down = deliver(connection->down, &connection->rate, &path.link, now);
    if (!is_up || !is_down || connection->is_over()) close_both(*connection);
  }
  std::erase_if(connections, [](const auto& connection) { return connection->is_over(); });
  // In turn, so that all share a full link.
  if (!connections.empty()) std::rotate(connections.begin(), connections.begin() + 1, connections.end());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: relay ROUND_TRIP_MS CONNECTION_BYTES_A_SECOND LINK_BYTES_A_SECOND LISTEN=SERVER …\n");
    return 2;
  }
  Path path{std::chrono::microseconds(static_cast<long>(std::atof(argv[1]) * 500)), std::atof(argv[2]), {std::atof(argv[3])}};
  std::vector<int> doors;
  std::vector<sockaddr_in> servers;
  for (int at = 4; at < argc; ++at) {
    const std::string pair = argv[at];
    doors.push_back(listen_at(pair.substr(0, pair.find('='))));
    servers.push_back(address_of(pair.substr(pair.find('=') + 1)));
    if (doors.back() < 0) {
      std::fprintf(stderr, "relay: can't listen for %s\n", argv[at]);
      return 5;
    }
  }
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<pollfd> polled;
  auto last = Clock::now();
  for (;;) {
    polled.clear();
    for (const int door : doors) polled.push_back({door, POLLIN, 0});
    for (const auto& connection : connections) {
      for (const Stream* stream : {&connection->up, &connection->down}) {
        const bool wants = !stream->has_ended && stream->queued < stream->most;
        polled.push_back({wants ? stream->from : -1, POLLIN, 0});
      }
    }
    poll(polled.data(), polled.size(), connections.empty() ? 1000 : kTickMs);
    std::size_t at = doors.size();
    for (auto& connection : connections) {
      for (Stream* stream : {&connection->up, &connection->down}) {
        if ((polled[at++].revents & (POLLIN | POLLHUP | POLLERR)) != 0) receive(*stream, path.delay);
      }
    }
    for (std::size_t door = 0; door < doors.size(); ++door) {
      if ((polled[door].revents & POLLIN) == 0) continue;
      if (auto made = accept_from(doors[door], servers[door], path)) connections.push_back(std::move(made));
    }
    const auto now = Clock::now();
    move_all(connections, path, std::chrono::duration<double>(now - last).count());
    last = now;
  }
}
