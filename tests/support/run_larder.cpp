#include "support/run_larder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#ifndef LARDER_BINARY
#error "the build must say where the program is: tests/support/CMakeLists.txt"
#endif

namespace larder::test {
namespace {

// Files instead of pipes: nothing has to be read while the program runs, and nothing can block it.
std::string make_folder() {
  std::string name = "/tmp/larder-run-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("can't make " + name);
  return name;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<char*> as_pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What spawn does with the child's descriptors before exec.
class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() {
    posix_spawn_file_actions_destroy(&actions_);
    for (const int end : ends_) ::close(end);
  }

  void input(const std::string& path) { posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, path.c_str(), O_RDONLY, 0); }
  void folder(const std::string& path) { posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()); }
  void output(int fd, StreamTarget target, const std::string& capture) {
    switch (target) {
      case StreamTarget::Captured:
        posix_spawn_file_actions_addopen(&actions_, fd, capture.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        break;
      case StreamTarget::Closed:
        posix_spawn_file_actions_addclose(&actions_, fd);
        break;
      case StreamTarget::DevFull:
        posix_spawn_file_actions_addopen(&actions_, fd, "/dev/full", O_WRONLY, 0);
        break;
      case StreamTarget::ClosedPipe:
        posix_spawn_file_actions_adddup2(&actions_, broken_pipe(), fd);
        break;
      case StreamTarget::FullPipe:
        posix_spawn_file_actions_adddup2(&actions_, full_pipe(fd), fd);
        break;
    }
  }
  [[nodiscard]] const posix_spawn_file_actions_t* raw() const { return &actions_; }

 private:
  // The writing end of a pipe that nobody reads.
  int broken_pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("can't make a pipe");
    ::close(ends[0]);
    return ends_.emplace_back(ends[1]);
  }

  // The writing end of a pipe without room; its reader is the process that writes to it.
  int full_pipe(int fd) {
    constexpr int kOutOfTheWay = 100;
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("can't make a pipe");
    ends_.insert(ends_.end(), ends, ends + 2);
    while (::write(ends[1], "x", 1) == 1) {
    }
    ::fcntl(ends[1], F_SETFL, 0);
    posix_spawn_file_actions_adddup2(&actions_, ends[0], kOutOfTheWay + fd);
    return ends[1];
  }

  posix_spawn_file_actions_t actions_{};
  std::vector<int> ends_;
};

std::vector<std::string> environment_of(const RunOptions& options) {
  std::vector<std::string> words;
  for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD"}) {
    if (const char* value = std::getenv(name); value != nullptr && options.environment.count(name) == 0) {
      words.push_back(std::string(name) + "=" + value);
    }
  }
  for (const auto& [name, value] : options.environment) words.push_back(name + "=" + value);
  return words;
}

}  // namespace

std::string LarderProcess::larder_binary() {
  const char* given = std::getenv("LARDER_TEST_BINARY");
  return given != nullptr ? given : LARDER_BINARY;
}

LarderProcess::LarderProcess(const RunOptions& options, const std::string& program)
    : folder_(make_folder()), started_(std::chrono::steady_clock::now()) {
  std::string input = "/dev/null";
  if (!options.input.empty()) {
    input = folder_ + "/in";
    std::ofstream(input, std::ios::binary) << options.input;
  }
  FileActions actions;
  actions.input(input);
  actions.output(STDOUT_FILENO, options.out, folder_ + "/out");
  actions.output(STDERR_FILENO, options.err, folder_ + "/err");
  actions.folder(options.working_folder);
  std::vector<std::string> words{program};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = environment_of(options);
  // The child begins with the signals of a shell's child, whatever this thread blocks.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int failed =
      ::posix_spawn(&pid_, program.c_str(), actions.raw(), &attributes, as_pointers(words).data(), as_pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) throw std::runtime_error("can't start " + program);
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));  // glibc has a name for it only since 2.36
}

LarderProcess::~LarderProcess() {
  if (pid_ > 0) wait(std::chrono::milliseconds(0));
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void LarderProcess::send_signal(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

RunResult LarderProcess::wait(std::chrono::milliseconds at_most) {
  RunResult result;
  pollfd ended{pidfd_, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&ended, 1, static_cast<int>(at_most.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    result.timed_out = true;
    send_signal(SIGKILL);
  }
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  result.wall = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  if (WIFEXITED(status)) result.exit = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.peak_rss_kib = usage.ru_maxrss;
  result.out = read_file(folder_ + "/out");
  result.err = read_file(folder_ + "/err");
  ::close(pidfd_);
  pid_ = -1;
  return result;
}

RunResult run_larder(const RunOptions& options, std::chrono::milliseconds at_most) { return LarderProcess(options).wait(at_most); }

}  // namespace larder::test
