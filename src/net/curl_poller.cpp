#include "net/curl_poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace larder::net {
namespace {

constexpr std::size_t kMostAtOnce = 64;

UniqueFd made(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return UniqueFd(fd);
}

extern "C" {

int larder_curl_watch(CURL*, curl_socket_t socket, int what, void* poller, void* known) noexcept {
  static_cast<CurlPoller*>(poller)->watch(socket, what, known != nullptr);
  return 0;
}

int larder_curl_come_back(CURLM*, long milliseconds, void* poller) noexcept {
  static_cast<CurlPoller*>(poller)->come_back_in(milliseconds);
  return 0;
}
}

int happened(std::uint32_t events) {
  int what = 0;
  if ((events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
  return what;
}

}  // namespace

CurlPoller::CurlPoller(CurlMulti& multi)
    : multi_(multi),
      epoll_(made(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(made(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_.value();
  if (::epoll_ctl(epoll_.value(), EPOLL_CTL_ADD, wake_.value(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  multi_.set_function<CURLMOPT_SOCKETFUNCTION>(larder_curl_watch);
  multi_.set_pointer<CURLMOPT_SOCKETDATA>(this);
  multi_.set_function<CURLMOPT_TIMERFUNCTION>(larder_curl_come_back);
  multi_.set_pointer<CURLMOPT_TIMERDATA>(this);
}

// The handle closes its connections later, and would call us then.
CurlPoller::~CurlPoller() {
  multi_.set_function<CURLMOPT_SOCKETFUNCTION, std::remove_pointer_t<curl_socket_callback>>(nullptr);
  multi_.set_function<CURLMOPT_TIMERFUNCTION, std::remove_pointer_t<curl_multi_timer_callback>>(nullptr);
}

void CurlPoller::wake() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(wake_.value(), &one, sizeof one);
}

void CurlPoller::watch(curl_socket_t socket, int what, bool is_known) noexcept {
  if (what == CURL_POLL_REMOVE) {
    (void)::epoll_ctl(epoll_.value(), EPOLL_CTL_DEL, socket, nullptr);
    multi_.mark(socket, nullptr);
    return;
  }
  epoll_event event{};
  event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  event.data.fd = socket;
  (void)::epoll_ctl(epoll_.value(), is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
  multi_.mark(socket, this);
}

void CurlPoller::come_back_in(long milliseconds) noexcept {
  due_.reset();
  if (milliseconds >= 0) due_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
}

void CurlPoller::turn(std::chrono::milliseconds longest) {
  if (due_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due_ - std::chrono::steady_clock::now());
    longest = std::clamp(left, std::chrono::milliseconds(0), longest);
  }
  std::array<epoll_event, kMostAtOnce> events{};
  const int count = ::epoll_wait(epoll_.value(), events.data(), static_cast<int>(events.size()), static_cast<int>(longest.count()));
  for (int at = 0; at < count; ++at) {
    const epoll_event& event = events[static_cast<std::size_t>(at)];
    if (event.data.fd != wake_.value()) {
      multi_.act(event.data.fd, happened(event.events));
      continue;
    }
    std::uint64_t calls = 0;
    (void)!::read(wake_.value(), &calls, sizeof calls);
  }
  if (!due_ || std::chrono::steady_clock::now() < *due_) return;
  due_.reset();
  multi_.act(CURL_SOCKET_TIMEOUT, 0);
}

}  // namespace larder::net
