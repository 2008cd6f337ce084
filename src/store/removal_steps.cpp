#include "store/removal_steps.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace larder::store {

void RemovalSteps::tell() {
  notes_.tell([&] { return fmt::format("removing: {} looked at, {} removed", counted(looked_, "file"), removed_); });
}

}  // namespace larder::store
