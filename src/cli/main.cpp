// larder: the program.
#include "base/heap.hpp"
#include "cli/app.hpp"
#include "cli/choose.hpp"
#include "cli/output.hpp"

#include <unistd.h>

#include <exception>
#include <string_view>

namespace {

void say(int fd, std::string_view text) { (void)!::write(fd, text.data(), text.size()); }

}  // namespace

int main(int argc, char** argv) {
  larder::cli::open_closed_streams();
  try {
    if (argc == 2 && larder::cli::is_version_flag(argv[1])) return larder::cli::print_version();  // asked by every script: kept cheap
    larder::set_up_heap();
    return larder::cli::run({argv + 1, argv + argc});
  } catch (const std::exception& problem) {
    say(STDERR_FILENO, "larder: error: internal: ");
    say(STDERR_FILENO, problem.what());
    say(STDERR_FILENO, "\n");
  } catch (...) {
    say(STDERR_FILENO, "larder: error: internal: unknown\n");
  }
  return 1;
}
