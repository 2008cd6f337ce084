#include <larder/config/table.hpp>

#include "base/text.hpp"

#include <algorithm>

namespace larder::config {
namespace {

constexpr std::int64_t kLongestSeconds = 10LL * 365 * 24 * 3600;  // ten years: sums of durations stay far from overflow
constexpr std::int64_t kMostConnections = 256;
constexpr std::int64_t kMostMemory = 1LL << 40U;   // more is a slip of the pen; buffers are counted in advance
constexpr std::int64_t kLeastMemory = 2LL << 20U;  // below it not even one connection has its buffers

constexpr std::array kTable{
    Row{.key = "cache_dir",
        .field = &Settings::cache_dir,
        .kind = Kind::Path,
        .variable = "LARDER_CACHE_DIR",
        .hub_names = {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"},
        .flag = "--cache-dir",
        .metavar = "DIR",
        .help = "the cache folder",
        .default_text = "~/.cache/huggingface/hub"},
    Row{.key = "endpoint",
        .field = &Settings::endpoint,
        .kind = Kind::Endpoint,
        .variable = "LARDER_ENDPOINT",
        .hub_names = {"HF_ENDPOINT"},
        .flag = "--endpoint",
        .metavar = "URL",
        .help = "the Hub to ask",
        .default_text = "https://huggingface.co"},
    Row{.key = "token_file",
        .field = &Settings::token_file,
        .kind = Kind::Path,
        .set_by = SetBy::UserFile,
        .variable = "LARDER_TOKEN_FILE",
        .hub_names = {"HF_TOKEN_PATH"},
        .flag = "--token-file",
        .metavar = "FILE",
        .help = "read the token from this file",
        .default_text = "~/.cache/huggingface/token"},
    Row{.key = "offline",
        .field = &Settings::offline,
        .kind = Kind::Switch,
        .variable = "LARDER_OFFLINE",
        .hub_names = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"},
        .flag = "--offline",
        .help = "make no request at all; what the cache has, or exit 3",
        .default_text = "no"},
    Row{.key = "jobs",
        .field = &Settings::jobs,
        .kind = Kind::Count,
        .variable = "LARDER_JOBS",
        .flag = "--jobs",
        .metavar = "N",
        .help = "most connections at a time",
        .default_text = "adaptive, at most 32",
        .least = 1,
        .most = kMostConnections},
    Row{.key = "limit_rate",
        .field = &Settings::limit_rate,
        .kind = Kind::Size,
        .variable = "LARDER_LIMIT_RATE",
        .flag = "--limit-rate",
        .metavar = "RATE",
        .help = "bytes a second over the whole run, e.g. 50M; 0 is no limit",
        .default_text = "no limit"},
    Row{.key = "max_memory",
        .field = &Settings::max_memory,
        .kind = Kind::Size,
        .variable = "LARDER_MAX_MEMORY",
        .flag = "--max-memory",
        .metavar = "SIZE",
        .help = "hard ceiling for buffers, those of libcurl among them",
        .default_text = "32MiB",
        .least = kLeastMemory,
        .most = kMostMemory},
    Row{.key = "stall_timeout",
        .field = &Settings::stall_timeout,
        .kind = Kind::Duration,
        .variable = "LARDER_STALL_TIMEOUT",
        .hub_names = {"HF_HUB_DOWNLOAD_TIMEOUT"},
        .flag = "--stall-timeout",
        .metavar = "SECONDS",
        .help = "a range that gets no byte this long is dropped and asked for again",
        .default_text = "20",
        .least = 1,
        .most = kLongestSeconds},
    Row{.key = "timeout",
        .field = &Settings::timeout,
        .kind = Kind::Duration,
        .variable = "LARDER_TIMEOUT",
        .flag = "--timeout",
        .metavar = "SECONDS",
        .help = "the whole run; then exit 5 with the cause; 0 is no limit",
        .default_text = "no limit",
        .most = kLongestSeconds},
    Row{.key = "retries",
        .field = &Settings::retries,
        .kind = Kind::Count,
        .variable = "LARDER_RETRIES",
        .flag = "--retries",
        .metavar = "N",
        .help = "tries of one request in a row without progress",
        .default_text = "8",
        .most = 1000},
    Row{.key = "lock_timeout",
        .field = &Settings::lock_timeout,
        .kind = Kind::Duration,
        .variable = "LARDER_LOCK_TIMEOUT",
        .flag = "--lock-timeout",
        .metavar = "SECONDS",
        .help = "wait this long for another process on the same file, then exit 9",
        .default_text = "600",
        .most = kLongestSeconds},
    Row{.key = "mirror",
        .field = &Settings::mirror,
        .kind = Kind::Urls,
        .variable = "LARDER_MIRROR",
        .flag = "--mirror",
        .metavar = "URL",
        .help = "a further source of the same bytes, with the Hub's resolve route; repeatable, in order",
        .default_text = "none"},
    Row{.key = "prefer",
        .field = &Settings::prefer,
        .kind = Kind::Choice,
        .variable = "LARDER_PREFER",
        .flag = "--prefer",
        .metavar = "FORMAT",
        .help = "leave out duplicates of the same weights in other formats",
        .default_text = "any",
        .choices = "safetensors|gguf|onnx|any"},
    Row{.key = "no_pickle",
        .field = &Settings::no_pickle,
        .kind = Kind::Switch,
        .variable = "LARDER_NO_PICKLE",
        .flag = "--no-pickle",
        .help = "refuse files that can run code when loaded (exit 11)",
        .default_text = "no"},
    Row{.key = "require_pinned",
        .field = &Settings::require_pinned,
        .kind = Kind::Switch,
        .variable = "LARDER_REQUIRE_PINNED",
        .flag = "--require-pinned",
        .help = "refuse a revision that is not a commit (exit 11)",
        .default_text = "no"},
    Row{.key = "progress",
        .field = &Settings::progress,
        .kind = Kind::Choice,
        .variable = "LARDER_PROGRESS",
        .flag = "--progress",
        .metavar = "MODE",
        .help = "how to show progress on stderr",
        .default_text = "auto",
        .choices = "auto|bar|plain|json|none"},
    Row{.key = "no_fsync",
        .field = &Settings::no_fsync,
        .kind = Kind::Switch,
        .variable = "LARDER_NO_FSYNC",
        .flag = "--no-fsync",
        .help = "for machines that are thrown away: success may not survive a power cut",
        .default_text = "no"},
    Row{.key = "header_timeout",
        .field = &Settings::header_timeout,
        .kind = Kind::Duration,
        .set_by = SetBy::Environment,
        .hub_names = {"HF_HUB_ETAG_TIMEOUT"},
        .help = "wait for the headers of an answer, in seconds",
        .default_text = "30",
        .least = 1,
        .most = kLongestSeconds},
    Row{.key = "disable_symlinks",
        .field = &Settings::disable_symlinks,
        .kind = Kind::Switch,
        .set_by = SetBy::Environment,
        .hub_names = {"HF_HUB_DISABLE_SYMLINKS"},
        .help = "snapshots hold files instead of links",
        .default_text = "no"},
    Row{.key = "disable_shared_blobs",
        .field = &Settings::disable_shared_blobs,
        .kind = Kind::Switch,
        .set_by = SetBy::Environment,
        .hub_names = {"HF_HUB_DISABLE_SHARED_BLOBS"},
        .help = "the shared blob store of the cache is not used",
        .default_text = "no"},
    Row{.key = "disable_xet",
        .field = &Settings::disable_xet,
        .kind = Kind::Switch,
        .set_by = SetBy::Environment,
        .hub_names = {"HF_HUB_DISABLE_XET"},
        .help = "no Xet, and no shared blob store",
        .default_text = "no"},
    Row{.key = "disable_implicit_token",
        .field = &Settings::disable_implicit_token,
        .kind = Kind::Switch,
        .set_by = SetBy::Environment,
        .hub_names = {"HF_HUB_DISABLE_IMPLICIT_TOKEN"},
        .help = "no token is sent unless a file with one is named by flag or LARDER_TOKEN_FILE",
        .default_text = "no"},
    Row{.key = "disable_progress_bars",
        .field = &Settings::disable_progress_bars,
        .kind = Kind::Switch,
        .set_by = SetBy::Environment,
        .hub_names = {"HF_HUB_DISABLE_PROGRESS_BARS"},
        .help = "no progress unless --progress asks for it",
        .default_text = "no"},
    Row{.key = "user_agent_origin",
        .field = &Settings::user_agent_origin,
        .set_by = SetBy::Environment,
        .hub_names = {"HF_HUB_USER_AGENT_ORIGIN"},
        .help = "added to the user agent as origin/…",
        .default_text = "none"},
    Row{.key = "oauth_client_id",
        .field = &Settings::oauth_client_id,
        .set_by = SetBy::Environment,
        .hub_names = {"HF_DEVICE_CODE_OAUTH_CLIENT_ID"},
        .help = "the client id of a login with a browser",
        .default_text = "that of hf"},
    Row{.key = "http_proxy",
        .field = &Settings::http_proxy,
        .kind = Kind::Proxy,
        .set_by = SetBy::Environment,
        .hub_names = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"},
        .help = "proxy for http:// requests",
        .default_text = "none"},
    Row{.key = "https_proxy",
        .field = &Settings::https_proxy,
        .kind = Kind::Proxy,
        .set_by = SetBy::Environment,
        .hub_names = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"},
        .help = "proxy for https:// requests",
        .default_text = "none"},
    Row{.key = "no_proxy",
        .field = &Settings::no_proxy,
        .set_by = SetBy::Environment,
        .hub_names = {"no_proxy", "NO_PROXY"},
        .help = "hosts that are asked without proxy",
        .default_text = "none"},
    Row{.key = "ca_file",
        .field = &Settings::ca_file,
        .kind = Kind::Place,
        .set_by = SetBy::Environment,
        .hub_names = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"},
        .help = "certificates trusted instead of the system's, one file",
        .default_text = "the system's"},
    Row{.key = "ca_folder",
        .field = &Settings::ca_folder,
        .kind = Kind::Place,
        .set_by = SetBy::Environment,
        .hub_names = {"SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"},
        .help = "certificates trusted instead of the system's, a folder",
        .default_text = "the system's"},
};

/// "http://user:password@proxy:3128" → "http://proxy:3128". Text without "@" is left alone.
std::string without_user(const std::string& proxy) {
  const auto scheme_end = proxy.find("://");
  const auto begin = scheme_end == std::string::npos ? 0 : scheme_end + 3;
  const auto at = proxy.rfind('@');
  if (at == std::string::npos || at < begin) return proxy;
  return proxy.substr(0, begin) + proxy.substr(at + 1);
}

}  // namespace

std::span<const Row> table() { return kTable; }

std::optional<std::size_t> find_row(std::string_view key) {
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&](const Row& row) { return row.key == key; });
  if (found == kTable.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kTable.begin());
}

std::string show(const Settings& settings, const Row& row) {
  struct Show {
    const Settings& from;
    Kind kind;
    std::string operator()(std::string Settings::*field) const { return kind == Kind::Proxy ? without_user(from.*field) : from.*field; }
    std::string operator()(bool Settings::*field) const { return from.*field ? "true" : "false"; }
    std::string operator()(int Settings::*field) const { return std::to_string(from.*field); }
    std::string operator()(std::uint64_t Settings::*field) const { return std::to_string(from.*field); }
    std::string operator()(std::chrono::seconds Settings::*field) const { return std::to_string((from.*field).count()); }
    std::string operator()(std::vector<std::string> Settings::*field) const { return join(from.*field, " "); }
  };
  return std::visit(Show{settings, row.kind}, row.field);
}

std::string_view name(Origin origin) {
  switch (origin) {
    case Origin::Default:
      return "default";
    case Origin::User:
      return "user";
    case Origin::Project:
      return "project";
    case Origin::Environment:
      return "environment";
    case Origin::Flag:
      return "flag";
  }
  return "default";
}

}  // namespace larder::config
