// Result<T>: a value or an Error. The only header that names the library behind it.
#pragma once

#include <larder/base/error.hpp>

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace larder {

/// A value of T or an Error (docs/decisions/0001-errors-are-values.md).
template <class T>
using Result = tl::expected<T, Error>;

/// The failing half of a Result: `return fail(ErrorCode::IoFailed, "…");`
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return tl::unexpected<Error>(std::move(error));
}

/// The failing half for a system call that set `errno_value`.
inline tl::unexpected<Error> fail_os(int errno_value, std::string what) {
  return tl::unexpected<Error>(os_error(errno_value, std::move(what)));
}

/// Puts `context` in front of the error's context, if it is one. Use once per layer.
template <class T>
Result<T> with_context(Result<T> result, std::string context) {
  if (!result) result.error().context.insert(result.error().context.begin(), std::move(context));
  return result;
}

}  // namespace larder

#define LARDER_CONCAT_(a, b) a##b
#define LARDER_CONCAT(a, b) LARDER_CONCAT_(a, b)
#define LARDER_TRY_IMPL_(tmp, decl, expr)                  \
  auto tmp = (expr);                                       \
  if (!tmp) return ::larder::fail(std::move(tmp).error()); \
  decl = std::move(*tmp)
/// `LARDER_TRY(auto value, expression);` returns the error of a Result from this function, else binds its value.
#define LARDER_TRY(decl, expr) LARDER_TRY_IMPL_(LARDER_CONCAT(larder_try_, __LINE__), decl, expr)
/// The same for a Result<void>, or where the value is not needed.
#define LARDER_CHECK(expr)                                                                                    \
  do {                                                                                                        \
    if (auto larder_check_ = (expr); !larder_check_) return ::larder::fail(std::move(larder_check_).error()); \
  } while (false)
