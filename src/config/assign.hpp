// From one written value to one typed field.
#pragma once

#include <larder/base/result.hpp>
#include <larder/config/table.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace larder::config {

/// A value as a file, a variable or a flag has it.
using Value = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

/// Whose rules a written switch or number follows.
enum class Dialect {
  Larder,  ///< yes/no words only, anything else is an error
  Hub,     ///< R-901: 1, ON, YES, TRUE in any case are true, all else false; a duration of 0 means the default (R-344)
};

/// Checks `value` by the row's kind and writes it to its field. False: the value means "the default", nothing was written.
/// Errors: InvalidConfig; the message holds the reason only ("'abc' is not a whole number").
Result<bool> assign(Settings& settings, const Row& row, const Value& value, Dialect dialect);

/// 1, ON, YES, TRUE in any case.
bool is_true_word(std::string_view text);

}  // namespace larder::config
