#include "support/loopback_server.hpp"

#include "support/stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <list>
#include <stdexcept>

namespace larder::test {
namespace {

constexpr std::size_t kLongestHead = 1U << 20U;
constexpr unsigned char kTlsHandshake = 0x16;  // first byte of a ClientHello; no method begins with it

int listen_on(const LoopbackOptions& options) {
  const int fd = ::socket(options.uses_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(options.port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(options.port);
  v6.sin6_addr = in6addr_loopback;
  const auto* address = options.uses_ipv6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
  const socklen_t length = options.uses_ipv6 ? sizeof v6 : sizeof v4;
  if (fd < 0 || ::bind(fd, address, length) != 0 || ::listen(fd, SOMAXCONN) != 0) throw std::runtime_error("can't listen on loopback");
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in6 address{};  // large enough for both families, whose ports lie at the same place
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin6_port);
}

std::string write_temporary(const std::string& text) {
  std::string name = "/tmp/larder-test-ca-XXXXXX";
  const int fd = ::mkstemp(name.data());
  if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw std::runtime_error("can't write " + name);
  ::close(fd);
  return name;
}

std::size_t content_length(const ReceivedRequest& request) {
  const std::string* field = request.header("content-length");
  std::size_t length = 0;
  if (field != nullptr) std::from_chars(field->data(), field->data() + field->size(), length);
  return length;
}

// SIGPIPE of OpenSSL's write() stays pending in this thread and does no harm.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

struct LoopbackServer::Connection {
  explicit Connection(int fd, int which) : stream(fd), number(which) {}
  Stream stream;
  int number;
  int requests = 0;
  bool is_done = false;
  std::jthread thread;  // last: it uses the others
};

struct LoopbackServer::Shared {
  mutable std::mutex lock;
  mutable std::condition_variable changed;
  Handler handler;
  std::vector<LogEntry> log;
  std::size_t cleared = 0;  // entries that clear_log() took away
  std::list<Connection> connections;
  int accepted = 0;
  int open = 0;
  int peak = 0;
  int resets_left = 0;
  bool is_stopping = false;
};

LoopbackServer::LoopbackServer(Handler handler, LoopbackOptions options) : options_(std::move(options)), shared_(new Shared) {
  shared_->handler = std::move(handler);
  shared_->resets_left = options_.resets_in_handshake;
  if (options_.certificate) {
    own_identity_ = make_tls_identity(*options_.certificate);
  }
  identity_ = options_.certificate ? &own_identity_ : options_.identity;
  if (identity_ != nullptr) ca_file_ = write_temporary(identity_->ca_pem);
  listener_ = listen_on(options_);
  port_ = port_of(listener_);
  acceptor_ = std::jthread([this] { accept_loop(); });
}

LoopbackServer::~LoopbackServer() {
  {
    const std::lock_guard guard(shared_->lock);
    shared_->is_stopping = true;
  }
  gate_.open_for_good();
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
  acceptor_.join();
  drop_connections();
  shared_->connections.clear();  // joins them
  ::close(listener_);
  if (!ca_file_.empty()) ::unlink(ca_file_.c_str());
}

void LoopbackServer::set_handler(Handler handler) {
  const std::lock_guard guard(shared_->lock);
  shared_->handler = std::move(handler);
}

std::string LoopbackServer::host() const { return (options_.uses_ipv6 ? "[::1]:" : "127.0.0.1:") + std::to_string(port_); }

void LoopbackServer::accept_loop() {
  block_sigpipe();
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    // EMFILE: a test takes the descriptors away for a moment, from its server, too.
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED || errno == EMFILE)) continue;
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard guard(shared_->lock);
    shared_->connections.remove_if([](const Connection& connection) { return connection.is_done; });
    Connection& connection = shared_->connections.emplace_back(fd, ++shared_->accepted);
    shared_->peak = std::max(shared_->peak, ++shared_->open);
    connection.thread = std::jthread([this, &connection] {
      block_sigpipe();
      serve(connection);
      connection.stream.close_clean();
      const std::lock_guard done(shared_->lock);
      --shared_->open;
      connection.is_done = true;
    });
  }
}

void LoopbackServer::serve(Connection& connection) {
  const auto first = connection.stream.peek();
  if (!first) return;
  if (*first == kTlsHandshake) {
    bool resets = false;
    {
      const std::lock_guard guard(shared_->lock);
      resets = shared_->resets_left > 0;
      if (resets) --shared_->resets_left;
    }
    if (resets || identity_ == nullptr) return connection.stream.close_reset();
    if (!connection.stream.accept_tls(identity_->context.get())) return;
  }
  std::string buffer;
  while (serve_one(connection, buffer)) {
  }
}

std::optional<LoopbackServer::RawRequest> LoopbackServer::read_request(Connection& connection, std::string& buffer) {
  const auto read_more = [&] {
    char piece[16384];
    const std::size_t got = connection.stream.read_some(piece);
    buffer.append(piece, got);
    return got > 0;
  };
  std::size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (buffer.size() > kLongestHead || !read_more()) return std::nullopt;
  }
  auto request = parse_request_head(std::string_view(buffer).substr(0, end));
  if (!request) return std::nullopt;
  const std::size_t whole = end + 4 + content_length(*request);
  while (buffer.size() < whole) {
    if (!read_more()) return std::nullopt;
  }
  request->connection = connection.number;
  request->sequence = ++connection.requests;
  request->is_tls = connection.stream.is_tls();
  request->body = buffer.substr(end + 4, whole - end - 4);
  RawRequest raw{std::move(*request), buffer.substr(0, whole)};
  buffer.erase(0, whole);
  return raw;
}

// Reads one request, has it answered. False: the connection ends.
bool LoopbackServer::serve_one(Connection& connection, std::string& buffer) {
  const auto received = read_request(connection, buffer);
  if (!received) return false;
  const std::size_t serial = record(*received);
  Handler handler;
  {
    const std::lock_guard guard(shared_->lock);
    handler = shared_->handler;
  }
  Reply reply(connection.stream, gate_, received->request);
  if (received->request.wants_close()) reply.close_after();
  if (handler) {
    handler(received->request, reply);
  } else {
    reply.send(404);
  }
  {
    const std::lock_guard guard(shared_->lock);
    if (serial >= shared_->cleared) {
      LogEntry& entry = shared_->log[serial - shared_->cleared];
      entry.status = reply.status();
      entry.body_bytes = reply.body_bytes();
      entry.is_answered = true;
    }
  }
  shared_->changed.notify_all();
  return !reply.closes();
}

std::size_t LoopbackServer::record(const RawRequest& received) {
  LogEntry entry;
  entry.request = received.request;
  for (const std::string& canary : options_.canaries) {
    if (received.bytes.find(canary) != std::string::npos) entry.canaries.push_back(canary);
  }
  const std::lock_guard guard(shared_->lock);
  shared_->log.push_back(std::move(entry));
  shared_->changed.notify_all();
  return shared_->cleared + shared_->log.size() - 1;
}

std::vector<LogEntry> LoopbackServer::log() const {
  const std::lock_guard guard(shared_->lock);
  return shared_->log;
}

void LoopbackServer::clear_log() {
  const std::lock_guard guard(shared_->lock);
  shared_->cleared += shared_->log.size();
  shared_->log.clear();
}

std::size_t LoopbackServer::count(const std::function<bool(const LogEntry&)>& matches) const {
  const auto entries = log();
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [&](const LogEntry& entry) { return !matches || matches(entry); }));
}

std::size_t LoopbackServer::count_path(const std::string& path) const {
  return count([&](const LogEntry& entry) { return entry.request.path() == path; });
}

std::uint64_t LoopbackServer::body_bytes(const std::string& path) const {
  std::uint64_t sum = 0;
  for (const LogEntry& entry : log()) {
    if (path.empty() || entry.request.path() == path) sum += entry.body_bytes;
  }
  return sum;
}

int LoopbackServer::connections() const {
  const std::lock_guard guard(shared_->lock);
  return shared_->accepted;
}

int LoopbackServer::peak_connections() const {
  const std::lock_guard guard(shared_->lock);
  return shared_->peak;
}

std::vector<std::string> LoopbackServer::canaries_seen() const {
  std::vector<std::string> seen;
  for (const LogEntry& entry : log()) seen.insert(seen.end(), entry.canaries.begin(), entry.canaries.end());
  return seen;
}

bool LoopbackServer::await(const std::function<bool(const std::vector<LogEntry>&)>& matches, std::chrono::milliseconds at_most) const {
  std::unique_lock guard(shared_->lock);
  return shared_->changed.wait_for(guard, at_most, [&] { return matches(shared_->log); });
}

void LoopbackServer::drop_connections() {
  const std::lock_guard guard(shared_->lock);
  for (Connection& connection : shared_->connections) connection.stream.interrupt();
}

}  // namespace larder::test
