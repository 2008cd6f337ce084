// Advice: the hint of last resort, for errors that came without one.
#pragma once

#include <larder/base/error.hpp>

#include <string_view>

namespace larder::cli {

/// `error` with a hint: its own, else the usual one of its code. `command`: as typed, e.g. "cache ls". Interrupted and Partial get none:
/// the first prints the command that goes on, the second what failed.
Error with_advice(Error error, std::string_view command);

}  // namespace larder::cli
