// larder: the program.
#include "base/heap.hpp"
#include "cli/app.hpp"
#include "cli/choose.hpp"
#include "cli/output.hpp"

#include <larder/base/error.hpp>

#include <unistd.h>

#include <exception>
#include <string_view>
#include <system_error>

namespace {

void say(int fd, std::string_view text) { (void)!::write(fd, text.data(), text.size()); }

}  // namespace

int main(int argc, char** argv) {
  larder::cli::open_closed_streams();
  try {
    if (argc == 2 && larder::cli::is_version_flag(argv[1])) return larder::cli::print_version();  // asked by every script: kept cheap
    larder::set_up_heap();
    return larder::cli::run({argv + 1, argv + argc});
  } catch (const std::system_error& problem) {  // a thread or a descriptor that the system does not give
    say(STDERR_FILENO, "larder: error: the system refuses a thread or a file: ");
    say(STDERR_FILENO, problem.what());
    say(STDERR_FILENO, "\nhint: look at the limits: ulimit -a\n");
    return larder::exit_code(larder::ErrorCode::IoFailed);
  } catch (const std::exception& problem) {
    say(STDERR_FILENO, "larder: error: internal: ");
    say(STDERR_FILENO, problem.what());
    say(STDERR_FILENO, "\n");
  } catch (...) {
    say(STDERR_FILENO, "larder: error: internal: unknown\n");
  }
  return 1;
}
