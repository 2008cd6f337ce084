// FailedItems: the things of one command that failed.
#pragma once

#include <larder/base/error.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace larder::cli {

/// One thing of several that failed.
struct FailedItem {
  std::string path;  ///< exact, not escaped
  Error error;
};

/// Either a few items, or a great many that are made one at a time when they are asked for (I9). Copies are cheap. Thread: one.
class FailedItems {
 public:
  using Make = std::function<FailedItem(std::size_t)>;

  FailedItems() = default;
  FailedItems(std::vector<FailedItem> items)  // NOLINT(google-explicit-constructor): a list of items is what it says
      : count_(items.size()), make_(keeping(std::move(items), [](const auto& kept, std::size_t at) { return kept[at]; })) {}
  /// `make(i)` for each i < `count`; it owns what it needs.
  FailedItems(std::size_t count, Make make) : count_(count), make_(std::move(make)) {}

  /// A `make` that owns `what`, once for all copies of it, and calls `item(what, i)`.
  template <typename What, typename Item>
  static Make keeping(What what, Item item) {
    return [kept = std::make_shared<const What>(std::move(what)), item](std::size_t at) { return item(*kept, at); };
  }

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] FailedItem at(std::size_t index) const { return make_(index); }

 private:
  std::size_t count_ = 0;
  Make make_;
};

}  // namespace larder::cli
