// measure: runs a command and writes what it cost. The peak of a child counts from its parent's fork, so the parent must be a small
// program. usage: measure FILE COMMAND…      FILE gets "wall_s cpu_s peak_KiB status" of the command and all that it waited for
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

extern char** environ;

namespace {

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: measure FILE COMMAND…\n");
    return 2;
  }
  const auto begun = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ) != 0) {
    std::perror(argv[2]);
    return 127;
  }
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child) return 1;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::FILE* out = std::fopen(argv[1], "w");
  if (out == nullptr) return 1;
  std::fprintf(out, "%.6f %.6f %ld %d\n", wall.count(), seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss, code);
  return std::fclose(out) == 0 ? 0 : 1;
}
