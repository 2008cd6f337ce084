// Running the real binary: its arguments, environment, exit, output, time and memory.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace larder::test {

/// Where a standard stream goes.
enum class StreamTarget {
  Captured,
  Closed,
  DevFull,
  ClosedPipe,  ///< its reader is gone
  FullPipe,    ///< its reader is there and does not read
};

struct RunOptions {
  std::vector<std::string> arguments;              ///< without the program's name
  std::map<std::string, std::string> environment;  ///< all of it: nothing is inherited but PATH and the sanitizers' options
  std::string working_folder = "/";
  std::string input;  ///< of stdin; empty: /dev/null
  StreamTarget out = StreamTarget::Captured;
  StreamTarget err = StreamTarget::Captured;
};

struct RunResult {
  int exit = -1;           ///< -1: it died by a signal
  int signal = 0;          ///< that signal
  bool timed_out = false;  ///< it was killed by the test
  std::string out;
  std::string err;
  long peak_rss_kib = 0;  ///< not below the starting process's own peak: the kernel carries it over exec
  std::chrono::milliseconds wall{0};
};

/// One process. Killed and reaped on destruction. Thread: one.
class LarderProcess {
 public:
  /// Starts `program` (by default the larder under test). Throws std::runtime_error when it can't.
  explicit LarderProcess(const RunOptions& options, const std::string& program = larder_binary());
  LarderProcess(const LarderProcess&) = delete;
  LarderProcess& operator=(const LarderProcess&) = delete;
  ~LarderProcess();

  void send_signal(int signal) const;
  /// Waits for its end; kills it after `at_most`.
  RunResult wait(std::chrono::milliseconds at_most = std::chrono::seconds(60));
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// The binary under test: $LARDER_TEST_BINARY, else the one this build made.
  static std::string larder_binary();

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::string folder_;  // holds what it writes to its streams
  std::chrono::steady_clock::time_point started_;
};

/// Starts it and waits.
RunResult run_larder(const RunOptions& options, std::chrono::milliseconds at_most = std::chrono::seconds(60));

}  // namespace larder::test
