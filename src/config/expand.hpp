// `~` and `$VAR` in paths, as Python's expanduser and expandvars do it.
#pragma once

#include <larder/config/load.hpp>

#include <string>
#include <string_view>

namespace larder::config {

/// A leading `~` (alone or before "/") becomes `home`; `~user` stays as typed.
std::string expand_home(std::string_view path, const std::string& home);
/// `$NAME` and `${NAME}` become their values, once, not again inside a value; unset variables stay as typed.
std::string expand_variables(std::string_view path, const Variables& environment);
/// Absolute and without trailing "/": relative paths are below `folder`, "./" parts go, ".." parts stay (links may lie before them).
std::string make_absolute(std::string_view path, const std::string& folder);

}  // namespace larder::config
