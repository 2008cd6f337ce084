#include "cli/services.hpp"

#include <larder/base/log.hpp>
#include <larder/hub/hub_client.hpp>
#include <larder/net/client.hpp>
#include <larder/net/curl_transport.hpp>
#include <larder/ops/auth.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/escape.hpp"
#include "fs/disk.hpp"
#include "store/store.hpp"

namespace larder::cli {
namespace {

constexpr std::string_view kUsualEndpoint = "https://huggingface.co";
constexpr int kMostAdaptive = 32;  // connections, when --jobs does not say (engine.md §4)
constexpr int kConnections = 64;   // over all hosts, API calls among them
constexpr std::uint64_t kLargestReceive = 512 * 1024;
constexpr std::uint64_t kSmallestReceive = 16 * 1024;  // libcurl takes no less

/// --max-memory is one ceiling for two things: libcurl's receive buffers, at most half of it, and the pieces of the pool.
struct MemoryShare {
  std::uint64_t receive_buffer = 0;
  std::uint64_t pool = 0;
};

MemoryShare share_memory(const config::Settings& settings) {
  const auto connections = static_cast<std::uint64_t>(settings.jobs > 0 ? settings.jobs : kMostAdaptive);
  MemoryShare share;
  share.receive_buffer = std::clamp(settings.max_memory / 2 / connections, kSmallestReceive, kLargestReceive);
  share.pool = settings.max_memory - std::min(share.receive_buffer * connections, settings.max_memory);
  return share;
}

/// No core file and no ptrace from here on (T43).
void protect_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)  // the leak checker has to look into its own process
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

net::TransportOptions transport_options(const config::Settings& settings) {
  net::TransportOptions options;
  options.network.http_proxy = settings.http_proxy;
  options.network.https_proxy = settings.https_proxy;
  options.network.no_proxy = settings.no_proxy;
  options.network.ca_file = settings.ca_file;
  options.network.ca_folder = settings.ca_folder;
  options.network.user_agent = user_agent(settings);
  options.limit_rate = settings.limit_rate;
  options.receive_buffer = share_memory(settings).receive_buffer;
  options.max_connections = std::max(kConnections, settings.jobs);
  return options;
}

}  // namespace

std::string user_agent(const config::Settings& settings) {
  const std::string own = "larder/" LARDER_VERSION;
  return settings.user_agent_origin.empty() ? own : own + "; origin/" + settings.user_agent_origin;
}

/// In the order they need each other.
struct Workshop::Objects {
  Objects(const config::Settings& settings, Clock& clock, hub::HubOptions hub_options, std::unique_ptr<ProgressSink> view)
      : random(make_system_random()),
        real_disk(fs::make_real_disk()),
        unsynced_disk(settings.no_fsync ? fs::make_unsynced_disk(*real_disk) : nullptr),
        pool(share_memory(settings).pool),
        progress(std::move(view)),
        transport(net::make_curl_transport(transport_options(settings), pool, clock)),
        client(*transport, clock, *random, *progress, {.tries = std::max(1, settings.retries)}),
        hub(client, std::move(hub_options)),
        store(disk(), clock, *random,
              {.root = settings.cache_dir,
               .has_symlinks = !settings.disable_symlinks,
               .uses_shared_blobs = !settings.disable_shared_blobs && !settings.disable_xet}),
        services{clock, *random, disk(), pool, *transport, client, hub, store, *progress} {}

  fs::Disk& disk() { return unsynced_disk ? *unsynced_disk : *real_disk; }

  std::unique_ptr<Random> random;
  std::unique_ptr<fs::Disk> real_disk;
  std::unique_ptr<fs::Disk> unsynced_disk;
  BufferPool pool;
  std::unique_ptr<ProgressSink> progress;
  std::unique_ptr<net::Transport> transport;
  net::Client client;
  hub::HubClient hub;
  store::Store store;
  ops::Services services;
};

Workshop::Workshop(const config::Loaded& config, const config::Variables& variables, Report& report, StatusLine& line, Options options)
    : config_(config),
      variables_(variables),
      report_(report),
      line_(line),
      options_(options),
      cancel_(options.cancel),
      clock_(make_system_clock()) {}

Workshop::~Workshop() = default;

void Workshop::guard(const Secret& secret) {
  log::add_secret(secret.reveal());
  protect_memory();
}

Result<const config::TokenChoice*> Workshop::token() {
  if (token_) return &*token_;
  LARDER_TRY(token_, config::choose_token(config_, variables_, config::read_small_file));
  if (token_->token) guard(*token_->token);
  for (const auto& warning : token_->warnings) report_.warning(warning);
  const bool is_stored = token_->source == "file" && config_.source("token_file").from != "LARDER_TOKEN_FILE";
  if (is_stored && !config_.settings.offline) renew_token();
  return &*token_;
}

/// A login by browser lasts a few hours and is renewed without asking. What is needed for it is made only when it is due.
void Workshop::renew_token() {
  const auto& settings = config_.settings;
  const auto disk = fs::make_real_disk();
  const auto random = make_system_random();
  auth::TokenStore store(*disk, *clock_, *random, settings.token_file);
  const auto state = store.read();
  if (!state || state->active_section() == nullptr || state->active_section()->refresh_token().empty()) return;
  const auto endpoint = Url::parse(settings.endpoint);
  if (!endpoint) return;
  BufferPool pool(0);
  NoProgress silent;
  const auto transport = net::make_curl_transport(transport_options(settings), pool, *clock_);
  net::Client client(*transport, *clock_, *random, silent, {.tries = 1});
  auth::OAuth oauth(client, *clock_, *endpoint, settings.oauth_client_id);
  const auto renewed = ops::renew_if_due(oauth, store, *clock_, *token_->token, cancel_);
  if (!renewed) return report_.warning("the stored login could not be renewed: " + renewed.error().text());
  if (*renewed) token_->token = **renewed;
}

Result<ops::Services*> Workshop::services() { return services_for(config_.settings.offline ? Reach::Local : Reach::Network); }

Result<ops::Services*> Workshop::local_services() { return services_for(Reach::Local); }

Result<ops::Services*> Workshop::services_for(Reach reach) {
  if (!objects_) {
    LARDER_TRY(objects_, make(reach));
  }
  return &objects_->services;
}

Result<std::unique_ptr<Workshop::Objects>> Workshop::make(Reach reach) {
  const auto& settings = config_.settings;
  hub::HubOptions hub;
  LARDER_TRY(hub.endpoint, Url::parse(settings.endpoint));
  hub.header_timeout = settings.header_timeout;
  if (settings.endpoint != kUsualEndpoint) log::info("endpoint " + settings.endpoint);
  if (reach == Reach::Network) {
    LARDER_TRY(const auto* choice, token());
    if (choice->token) {
      hub.credentials = net::Credentials{*choice->token, hub.endpoint.origin()};
      hub.token_source = choice->description;
      // T47, R-418: the one line that shows a token going to a place that is not the usual one.
      if (settings.endpoint != kUsualEndpoint) report_.note(escape_text(settings.endpoint) + " gets the token of " + choice->description);
    }
  }
  auto view = make_progress_view(options_.progress, line_, *clock_);
  auto objects = std::make_unique<Objects>(settings, *clock_, std::move(hub), std::move(view));
  if (options_.deadline) objects->client.set_deadline(*options_.deadline);
  return objects;
}

}  // namespace larder::cli
