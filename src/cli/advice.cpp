#include "cli/advice.hpp"

#include "base/shortage.hpp"

#include <larder/ops/offline_advice.hpp>
#include <larder/ops/room_advice.hpp>

#include <cerrno>
#include <string>

namespace larder::cli {
namespace {

/// For what goes wrong outside of larder and of how it was called.
std::string_view outer_hint(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidConfig:
      return "correct it there, or take it away";
    case ErrorCode::RepoNotFound:
    case ErrorCode::RevisionNotFound:
    case ErrorCode::EntryNotFound:
      return "check the spelling, letter case included";
    case ErrorCode::NotInCache:
      return ops::kGoOnline;
    case ErrorCode::AuthRequired:
    case ErrorCode::AccessDenied:
    case ErrorCode::GatedRepo:
      return "`larder auth whoami` says who you are to the Hub, `larder auth login` logs in";
    case ErrorCode::NameNotResolved:
    case ErrorCode::ConnectFailed:
    case ErrorCode::ProxyFailed:
    case ErrorCode::TlsFailed:
    case ErrorCode::TimedOut:
    case ErrorCode::ConnectionLost:
    case ErrorCode::BadResponse:
    case ErrorCode::RangeIgnored:
    case ErrorCode::TooManyRedirects:
      return "`larder doctor net` looks for the cause";
    case ErrorCode::ServerError:
    case ErrorCode::RateLimited:
      return "try again later: what is here is kept";
    case ErrorCode::RemoteChanged:
      return "it changed on the server: run it again";
    case ErrorCode::Unsupported:
      return "see docs/manual.md for what larder can do";
    case ErrorCode::DigestMismatch:
    case ErrorCode::SizeMismatch:
      return "no wrong byte was kept: run it again, or take another source with --endpoint or --mirror";
    case ErrorCode::StoreDamaged:
      return "`larder cache verify` says what is damaged, with --repair it is fetched again";
    case ErrorCode::DiskFull:
      return ops::kMakeRoom;
    case ErrorCode::PermissionDenied:
      return "check who owns it and its mode, or use a folder of your own";
    case ErrorCode::ReadOnly:
      return "use a folder that can be written";
    case ErrorCode::IoFailed:
      return "`larder doctor fs` looks for the cause";
    case ErrorCode::LockBusy:
      return "another process is at work there: try again when it has ended";
    case ErrorCode::RefusedByPolicy:
    case ErrorCode::LocalChanges:
      return "a rule of yours forbids it: `larder env` shows the settings and where they come from";
    case ErrorCode::UnsafePath:
    case ErrorCode::UnsafeRedirect:
    case ErrorCode::UnsafeLink:
      return "refused on purpose, nothing was touched: tell whoever runs the repository or the endpoint";
    case ErrorCode::Internal:
    case ErrorCode::InvalidArgument:
    case ErrorCode::Partial:
    case ErrorCode::Interrupted:
      return {};
  }
  return {};
}

std::string usual_hint(ErrorCode code, std::string_view command) {
  if (code == ErrorCode::Internal) return "this is a bug of larder: please report it, with what -vv prints";
  if (code == ErrorCode::InvalidArgument) return "see `larder " + std::string(command) + " --help`";
  return std::string(outer_hint(code));
}

}  // namespace

Error with_advice(Error error, std::string_view command) {
  const bool is_shortage = lacks_descriptors(error) || error.os_error == EAGAIN;  // descriptors, threads
  if (error.hint.empty() && is_shortage) error.hint = "look at the limits of this shell or job: ulimit -a";
  if (error.hint.empty()) error.hint = usual_hint(error.code, command);
  return error;
}

}  // namespace larder::cli
