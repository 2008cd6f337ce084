#include "cli/services.hpp"

#include <larder/base/log.hpp>
#include <larder/hub/hub_client.hpp>
#include <larder/net/client.hpp>

#include <algorithm>

#include "base/escape.hpp"
#include "cli/transport_options.hpp"
#include "fs/disk.hpp"
#include "store/store.hpp"

namespace larder::cli {
namespace {

constexpr std::string_view kUsualEndpoint = "https://huggingface.co";

}  // namespace

/// In the order they need each other.
struct Workshop::Objects {
  Objects(const config::Loaded& config, Clock& clock, hub::HubOptions hub_options, std::unique_ptr<ProgressSink> view)
      : settings(config.settings),
        random(make_system_random()),
        real_disk(fs::make_real_disk()),
        unsynced_disk(settings.no_fsync ? fs::make_unsynced_disk(*real_disk) : nullptr),
        pool(share_memory(settings).pool),
        progress(std::move(view)),
        transport(net::make_curl_transport(transport_options(config), pool, clock)),
        client(*transport, clock, *random, *progress, {.tries = std::max(1, settings.retries)}),
        hub(client, std::move(hub_options)),
        store(disk(), clock, *random,
              {.root = settings.cache_dir,
               .has_symlinks = !settings.disable_symlinks,
               .uses_shared_blobs = !settings.disable_shared_blobs && !settings.disable_xet}),
        services{clock, *random, disk(), pool, *transport, client, hub, store, *progress} {}

  fs::Disk& disk() { return unsynced_disk ? *unsynced_disk : *real_disk; }

  const config::Settings& settings;
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

Workshop::Workshop(const config::Loaded& config, const config::Variables& variables, Report& report, StatusLine& line,
                   const Options& options)
    : config_(config),
      report_(report),
      line_(line),
      options_(options),
      clock_(make_system_clock()),
      desk_(config, variables, report, *clock_, options.cancel) {}

Workshop::~Workshop() = default;

Result<ops::Services*> Workshop::services() { return services_for(config_.settings.offline ? Reach::Local : Reach::Network); }

Result<ops::Services*> Workshop::local_services() { return services_for(Reach::Local); }

Result<ops::Services*> Workshop::services_for(Reach reach) {
  if (!objects_) {
    LARDER_TRY(objects_, make(reach));
  }
  return &objects_->services;
}

void Workshop::tell_who_gets(const std::string& token) {
  const auto endpoint = Url::parse(config_.settings.endpoint);
  if (!endpoint || config_.settings.endpoint == kUsualEndpoint) return;
  const auto whose = escape_text(config_.settings.endpoint) + " gets " + token;
  const bool is_open = endpoint->origin().scheme == "http" && !endpoint->origin().is_loopback();
  if (!is_open) return report_.note(whose);
  report_.warning(whose + " over plain http: whoever is on the way can read it");
}

Result<std::unique_ptr<Workshop::Objects>> Workshop::make(Reach reach) {
  const auto& settings = config_.settings;
  hub::HubOptions hub;
  LARDER_TRY(hub.endpoint, Url::parse(settings.endpoint));
  hub.header_timeout = settings.header_timeout;
  hub.stall_timeout = settings.stall_timeout;
  if (settings.endpoint != kUsualEndpoint) log::info("endpoint " + settings.endpoint);
  if (reach == Reach::Network) {
    LARDER_TRY(const auto* choice, desk_.token());
    if (choice->token) {
      hub.credentials = net::Credentials{*choice->token, hub.endpoint.origin()};
      hub.token_source = choice->description;
      hub.renewed = [this, origin = hub.endpoint.origin()]() -> std::optional<net::Credentials> {
        auto token = desk_.current();
        return token ? std::optional(net::Credentials{std::move(*token), origin}) : std::nullopt;
      };
      tell_who_gets("the token of " + choice->description);
    }
  }
  auto view = make_progress_view(options_.progress, line_, *clock_);
  auto objects = std::make_unique<Objects>(config_, *clock_, std::move(hub), std::move(view));
  if (options_.deadline) objects->client.set_deadline(*options_.deadline);
  return objects;
}

}  // namespace larder::cli
