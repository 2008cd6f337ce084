// Settings: everything that can be configured, typed, with defaults; and where each value came from.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::config {

/// The layers a value may come from; a later one wins (docs/manual.md "Ground rules").
enum class Origin { Default, User, Project, Environment, Flag };
/// "default", "user", "project", "environment", "flag": as `larder env` says it.
std::string_view name(Origin origin);

/// Where one value came from.
struct Source {
  Origin origin = Origin::Default;
  std::string from;  ///< "LARDER_JOBS", "--jobs", or the file's path; empty for a plain default
  friend bool operator==(const Source&, const Source&) = default;
};

/// Typed values. The row of each field in table.hpp says its key, its unit and who may set it.
struct Settings {
  // The keys of both configuration files.
  std::string cache_dir;                            ///< absolute
  std::string endpoint = "https://huggingface.co";  ///< no trailing "/"
  std::string token_file;                           ///< absolute
  bool offline = false;
  int jobs = 0;                             ///< most connections at a time; 0: adaptive
  std::uint64_t limit_rate = 0;             ///< bytes a second; 0: none
  std::uint64_t max_memory = 32ULL << 20U;  ///< bytes
  std::chrono::seconds stall_timeout{20};   ///< a range that gets no byte this long is asked for again
  std::chrono::seconds timeout{0};          ///< the whole run; 0: none
  int retries = 8;                          ///< tries of one request in a row without progress
  std::chrono::seconds lock_timeout{600};
  std::vector<std::string> mirror;  ///< base URLs, in order
  std::string prefer = "any";       ///< safetensors, gguf, onnx, any
  bool no_pickle = false;
  bool require_pinned = false;
  std::string progress = "auto";  ///< auto, bar, plain, json, none
  bool no_fsync = false;

  // Of the environment only (docs/manual.md "Other variables").
  std::chrono::seconds header_timeout{30};  ///< wait for an answer's headers
  bool disable_symlinks = false;
  bool disable_shared_blobs = false;
  bool disable_xet = false;
  bool disable_implicit_token = false;
  bool disable_progress_bars = false;
  std::string user_agent_origin;
  std::string oauth_client_id = "26be6b09-91c5-47da-9861-d2d2bb7a7e36";  ///< of the device flow, as `hf` (R-411)
  std::string http_proxy;                                                ///< for http:// requests; may hold a password
  std::string https_proxy;                                               ///< for https:// requests; may hold a password
  std::string no_proxy;
  std::string ca_file;  ///< replaces the system's trust store
  std::string ca_folder;
};

/// What the environment says of the terminal; not settings, never in `larder env`.
struct TerminalFacts {
  bool no_color = false;  ///< NO_COLOR is set and not empty
  bool is_ci = false;     ///< CI is set, not empty and not a word for "no"
  bool is_dumb = false;   ///< TERM is "dumb" or unset
  int columns = 0;        ///< COLUMNS; 0: ask the terminal
};

}  // namespace larder::config
