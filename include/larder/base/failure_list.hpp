// FailureList: what failed out of many numbered things, and why, in memory that a million failures do not fill (I9).
#pragma once

#include <larder/base/error.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace larder {

/// Eight bytes a failure. Reasons that read alike are kept once, the facts of HTTP those of the first; of different ones the first
/// kMostReasons are kept whole, of what fails later in yet another way the code only. Thread: one.
class FailureList {
 public:
  static constexpr std::size_t kMostReasons = 500;

  void add(std::uint32_t index, Error error);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// The same reason as that of `other`, which was there at the last `sort`; Internal when it was not.
  void add_like(std::uint32_t index, std::uint32_t other);
  /// In the order they were added, or by index after `sort`. `at` < size().
  [[nodiscard]] std::uint32_t index(std::size_t at) const { return entries_[at].index; }
  [[nodiscard]] const Error& error(std::size_t at) const { return reasons_[entries_[at].reason]; }
  /// Adds all of `other`.
  void append(const FailureList& other);
  /// By index: then results do not depend on which failed first.
  void sort();

 private:
  struct Entry {
    std::uint32_t index;
    std::uint32_t reason;
  };
  std::uint32_t keep(Error error);
  std::uint32_t keep_code(ErrorCode code);

  std::vector<Entry> entries_;
  std::size_t sorted_ = 0;  ///< so many at the beginning are by index
  std::vector<Error> reasons_;
  std::unordered_map<std::string, std::uint32_t> known_;  ///< code, text and hint → in reasons_
  std::unordered_map<int, std::uint32_t> codes_;          ///< those that stand for many
};

}  // namespace larder
