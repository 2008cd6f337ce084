// LookBudget: how often a look at many things is worth repeating.
#pragma once

#include <cstddef>

namespace larder::store {

/// Each question pays for so many looks at a file, and a look at all of n files is made when it is paid for. So n questions about n things
/// cost n times a constant, and where there are few things, as nearly everywhere, each question looks at all of them. Thread: one at a
/// time.
class LookBudget {
 public:
  static constexpr std::size_t kLooksEach = 64;

  /// One question more. True: a look at `things` files is due.
  [[nodiscard]] bool is_due(std::size_t things) {
    saved_ += kLooksEach;
    if (saved_ < things) return false;
    saved_ = 0;
    return true;
  }

 private:
  std::size_t saved_ = 0;
};

}  // namespace larder::store
