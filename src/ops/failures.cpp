#include "ops/failures.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

namespace larder::ops {
namespace {

constexpr std::size_t kNamedFailures = 5;

}  // namespace

bool ends_run(ErrorCode code) {
  switch (code) {
    case ErrorCode::DiskFull:
    case ErrorCode::ReadOnly:
    case ErrorCode::IoFailed:
    case ErrorCode::Interrupted:
    case ErrorCode::Internal:
      return true;
    case ErrorCode::InvalidArgument:
    case ErrorCode::InvalidConfig:
    case ErrorCode::RepoNotFound:
    case ErrorCode::RevisionNotFound:
    case ErrorCode::EntryNotFound:
    case ErrorCode::NotInCache:
    case ErrorCode::AuthRequired:
    case ErrorCode::AccessDenied:
    case ErrorCode::GatedRepo:
    case ErrorCode::NameNotResolved:
    case ErrorCode::ConnectFailed:
    case ErrorCode::ProxyFailed:
    case ErrorCode::TlsFailed:
    case ErrorCode::TimedOut:
    case ErrorCode::ConnectionLost:
    case ErrorCode::ServerError:
    case ErrorCode::RateLimited:
    case ErrorCode::BadResponse:
    case ErrorCode::RangeIgnored:
    case ErrorCode::RemoteChanged:
    case ErrorCode::TooManyRedirects:
    case ErrorCode::Unsupported:
    case ErrorCode::DigestMismatch:
    case ErrorCode::SizeMismatch:
    case ErrorCode::StoreDamaged:
    case ErrorCode::PermissionDenied:
    case ErrorCode::LockBusy:
    case ErrorCode::Partial:
    case ErrorCode::RefusedByPolicy:
    case ErrorCode::LocalChanges:
    case ErrorCode::UnsafePath:
    case ErrorCode::UnsafeRedirect:
    case ErrorCode::UnsafeLink:
      return false;
  }
  return true;
}

Error summarise(const repo::Tree& tree, const FailureList& failures, std::size_t total) {
  const auto path = [&](std::size_t at) { return escape_text(tree.at(failures.index(at)).path); };
  if (failures.size() == 1) {
    Error error = failures.error(0);
    error.context.insert(error.context.begin(), path(0));
    return error;
  }
  Error error;
  error.code = failures.error(0).code;
  for (std::size_t at = 1; at < failures.size(); ++at) error.code = shared_code(error.code, failures.error(at).code);
  error.message = fmt::format("{} of {} files failed", failures.size(), total);
  for (std::size_t i = 0; i < failures.size() && i < kNamedFailures; ++i) {
    error.message += fmt::format("{}{}: {}", i == 0 ? ": " : "; ", path(i), failures.error(i).text());
  }
  if (failures.size() > kNamedFailures) error.message += fmt::format("; and {} more", failures.size() - kNamedFailures);
  error.hint = failures.error(0).hint;
  if (error.hint.empty()) error.hint = "the files that are right are kept: run it again to fetch only what is missing";
  return error;
}

}  // namespace larder::ops
