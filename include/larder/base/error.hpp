// The one error type of larder: a stable code, a message, the context it passed through.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

/// What went wrong, as callers branch on it. The exit code of each is in `exit_code(ErrorCode)`.
/// Source: docs/manual.md "Exit codes".
enum class ErrorCode {
  Internal,
  InvalidArgument,
  InvalidConfig,
  RepoNotFound,
  RevisionNotFound,
  EntryNotFound,
  NotInCache,
  AuthRequired,
  AccessDenied,
  GatedRepo,
  NameNotResolved,
  ConnectFailed,
  ProxyFailed,
  TlsFailed,
  TimedOut,
  ConnectionLost,
  ServerError,
  RateLimited,
  BadResponse,
  RangeIgnored,
  RemoteChanged,
  TooManyRedirects,
  Unsupported,
  DigestMismatch,
  SizeMismatch,
  StoreDamaged,
  DiskFull,
  PermissionDenied,
  ReadOnly,
  IoFailed,
  LockBusy,
  Partial,
  RefusedByPolicy,
  LocalChanges,
  UnsafePath,
  UnsafeRedirect,
  UnsafeLink,
  Interrupted,
};

/// The code's name as JSON shows it, e.g. "DigestMismatch". Thread: any.
std::string_view name(ErrorCode code);

/// The process exit code of `code` (1…12; `Interrupted` is 130 here, the signal decides in the end).
int exit_code(ErrorCode code);

/// What two failures of one command are called together: by the first, if both end in the same exit code, which is what scripts see; else
/// Partial. Several: one after the other.
ErrorCode shared_code(ErrorCode first, ErrorCode other);

/// True where another try may cure it (connection lost, 5xx, rate limit …). TLS failures are not.
bool is_transient(ErrorCode code);

/// DiskFull, ReadOnly, IoFailed: what this machine stores to is at its end, whatever is tried next.
bool is_of_disk(ErrorCode code);

/// What an HTTP answer told about a failure. Never holds a query, a token or a whole body.
struct HttpFacts {
  int status = 0;              ///< 0: no answer came
  std::string host;            ///< host[:port] that answered
  std::string request_id;      ///< x-request-id or its stand-ins (R-347)
  std::string hub_code;        ///< X-Error-Code
  std::string server_message;  ///< escaped, at most 500 characters (T35)
};

/// A failure as a value. Messages are lower case, have no full stop and name the object before the reason.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  std::vector<std::string> context;  ///< outermost first: "pull org/name@main", "model.safetensors"
  std::string hint;                  ///< what to do next; may be empty
  std::optional<HttpFacts> http;
  std::optional<std::chrono::seconds> retry_after;  ///< how long the server asked to wait
  int os_error = 0;                                 ///< errno, 0: none
  int signal = 0;                                   ///< for Interrupted: SIGINT, SIGTERM, SIGHUP or SIGPIPE

  /// "context: context: message", one line. Names from outside must have been escaped already.
  [[nodiscard]] std::string text() const;
};

/// An Error for a failed system call: the code by `errno_value` (ENOSPC → DiskFull, EACCES → PermissionDenied,
/// EROFS → ReadOnly, EDQUOT → DiskFull with the word "quota", else IoFailed), the message "WHAT: strerror".
Error os_error(int errno_value, std::string what);

}  // namespace larder
