// doctor: tries what can go wrong around larder and says what to do about it.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/base/result.hpp>
#include <larder/ops/services.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::ops {

enum class DoctorArea : std::uint8_t { Net, Fs, Auth };
std::string_view name(DoctorArea area);  ///< "net", "fs", "auth"

enum class CheckStatus : std::uint8_t { Ok, Warn, Fail, Skip };
std::string_view name(CheckStatus status);  ///< "ok", "warn", "fail", "skip"

/// One thing that was tried. `name` is one of docs/manual.md "larder doctor"; `detail` and `remedy` are escaped; `remedy` is empty when
/// there is none needed.
struct DoctorCheck {
  DoctorArea area = DoctorArea::Net;
  std::string name;
  CheckStatus status = CheckStatus::Ok;
  std::string detail;
  std::string remedy;
};

/// What the user's settings say, as far as a check is about it.
struct DoctorOptions {
  std::vector<DoctorArea> areas;  ///< empty: all
  bool offline = false;
  std::string proxy;     ///< for the endpoint's scheme, without password; empty: none
  std::string no_proxy;  ///< hosts that are asked without it
  std::string trust;     ///< certificates that replace the system's; empty: none do
  std::string token;     ///< where the token is from; empty: there is none
  bool is_from_file = false;
  std::string token_file;  ///< where it would be looked for
  std::vector<std::string> token_warnings;
  std::optional<Error> token_error;  ///< why there is none although one was asked for
};

struct DoctorReport {
  std::vector<DoctorCheck> checks;
};

/// Runs the checks; the network is asked once, without retries. A file system is only tried in a folder of its own in the cache's .locks/,
/// which is removed again. Errors: ConnectFailed, IoFailed, AccessDenied for failed checks of net, fs, auth; Partial for
/// several; Interrupted. The report is filled also on failure. Thread: the caller's; blocks.
Result<void> doctor(Services& services, const DoctorOptions& options, DoctorReport& report, const CancelToken& cancel);

}  // namespace larder::ops
