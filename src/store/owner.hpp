// Owner: which process wrote something, and whether it can still be alive.
#pragma once

#include "fs/disk.hpp"

#include <cstdint>
#include <string>

namespace larder::store {

/// Host, boot, pid namespace, pid, start time of the process.
struct Owner {
  std::string host;
  std::string boot;
  std::string pid_namespace;
  std::int64_t pid = 0;
  std::string started;  ///< field 22 of /proc/PID/stat
  friend bool operator==(const Owner&, const Owner&) = default;
};

enum class Liveness { Alive, Dead, Unknown };
/// This process.
Owner own_identity(fs::Disk& disk);
/// Dead only for certain: same host and another boot, or same boot and pid namespace and no such process. Unknown counts as alive.
Liveness liveness(fs::Disk& disk, const Owner& owner);

/// The kernel's boot id; empty where there is none (then 'w' records of a journal never count).
std::string boot_id(fs::Disk& disk);

}  // namespace larder::store
