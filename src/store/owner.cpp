#include "store/owner.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>
#include <sstream>

namespace larder::store {
namespace {

constexpr std::uint64_t kProcLimit = 8192;

/// What /proc/PID/stat tells of a process that is there.
struct ProcessFacts {
  char state = '?';
  std::string started;
};

std::string read_proc(fs::Disk& disk, const std::string& path) {
  auto text = disk.read_small(path, kProcLimit);
  if (!text || !*text) return {};
  return **text;
}

// The second field is the program's name in brackets and may hold anything, so fields are counted from the last ')'.
std::optional<ProcessFacts> process_facts(fs::Disk& disk, std::int64_t pid) {
  const std::string stat = read_proc(disk, fmt::format("/proc/{}/stat", pid));
  const auto close = stat.rfind(')');
  if (close == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(close + 1));
  ProcessFacts facts;
  std::string field;
  for (int number = 3; number <= 22 && fields >> field; ++number) {
    if (number == 3) facts.state = field.front();
    if (number == 22) facts.started = field;
  }
  if (facts.started.empty()) return std::nullopt;
  return facts;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

std::string pid_namespace(fs::Disk& disk) {
  auto link = disk.read_link("/proc/self/ns/pid");
  if (!link || !*link) return {};
  return **link;
}

bool no_such_process(std::int64_t pid) {
  if (pid <= 0 || pid > std::numeric_limits<pid_t>::max()) return false;
  return kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;  // signal 0 only asks
}

Liveness liveness_of_pid(fs::Disk& disk, const Owner& owner) {
  const auto facts = process_facts(disk, owner.pid);
  // A /proc mounted with hidepid shows nothing of other users' processes: only the kernel's "no such process" is certain.
  if (!facts) return no_such_process(owner.pid) ? Liveness::Dead : Liveness::Unknown;
  if (facts->state == 'Z' || facts->state == 'X') return Liveness::Dead;  // killed, not yet reaped: it writes nothing any more
  if (owner.started.empty()) return Liveness::Unknown;
  return facts->started == owner.started ? Liveness::Alive : Liveness::Dead;
}

}  // namespace

std::string boot_id(fs::Disk& disk) { return std::string(trim(read_proc(disk, "/proc/sys/kernel/random/boot_id"))); }

Owner own_identity(fs::Disk& disk) {
  Owner owner;
  owner.host = host_name();
  owner.boot = boot_id(disk);
  owner.pid_namespace = pid_namespace(disk);
  owner.pid = getpid();
  if (const auto facts = process_facts(disk, owner.pid)) owner.started = facts->started;
  return owner;
}

Liveness liveness(fs::Disk& disk, const Owner& owner) {
  if (owner.host.empty() || owner.host != host_name()) return Liveness::Unknown;
  const std::string boot = boot_id(disk);
  if (boot.empty() || owner.boot.empty()) return Liveness::Unknown;
  if (owner.boot != boot) return Liveness::Dead;
  if (owner.pid_namespace.empty() || owner.pid_namespace != pid_namespace(disk)) return Liveness::Unknown;
  return liveness_of_pid(disk, owner);
}

}  // namespace larder::store
