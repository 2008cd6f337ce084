// Asking a person at the terminal.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace larder::cli {

enum class Echo { On, Off };

/// Writes `question` to stderr and reads one line of stdin, without its line end; nullopt: the input ended (^D) before there was one. With
/// Echo::Off the terminal shows nothing of it, and is set right again however this ends. Errors: Interrupted.
Result<std::optional<std::string>> ask(std::string_view question, Echo echo, const CancelToken& cancel);

/// All of stdin, at most 64 KiB. Errors: InvalidArgument (longer), IoFailed, Interrupted.
Result<std::string> read_stdin(const CancelToken& cancel);

}  // namespace larder::cli
