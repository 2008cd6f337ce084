// Outbox: what the transfers have to tell, until a turn of the network thread is over.
#pragma once

#include <larder/net/transport.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace larder::net {

/// A turn may bring a piece or an end for each connection. Told one by one, each would wake the thread that listens, which for thousands of
/// small files cost a tenth of all CPU; told together, the first wakes it and it finds the others. Thread: the network thread.
class Outbox {
 public:
  void put(TransportListener& listener, TransportEvent event) { mail_.push_back({&listener, std::move(event)}); }

  /// In the order in which they were put. A listener may call start and cancel; no libcurl callback is running.
  void deliver() {
    while (next_ < mail_.size()) {
      Mail mail = std::move(mail_[next_++]);  // out of the way first: a listener that throws must not hear it twice
      mail.listener->on_event(std::move(mail.event));
    }
    mail_.clear();
    next_ = 0;
  }

 private:
  struct Mail {
    TransportListener* listener;
    TransportEvent event;
  };
  std::vector<Mail> mail_;
  std::size_t next_ = 0;
};

}  // namespace larder::net
