#include "store/lease.hpp"

#include "store/run_name.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace larder::store {
namespace {

constexpr std::chrono::hours kLeaseLife{24};
constexpr std::chrono::hours kRenewal{1};
constexpr std::int64_t kVersion = 1;
// The largest `until` that fits the clock: a hostile lease must not overflow the conversion.
constexpr std::int64_t kLatest = 4102444800;  // 2100-01-01

std::string string_field(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// nullopt: not a whole number. Beyond the calendar: its end.
std::optional<WallTime> time_field(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  const bool is_beyond = found->is_number_unsigned() && found->get<std::uint64_t>() > static_cast<std::uint64_t>(kLatest);
  const std::int64_t seconds = is_beyond ? kLatest : std::clamp<std::int64_t>(found->get<std::int64_t>(), 0, kLatest);
  return WallTime(std::chrono::seconds(seconds));
}

bool has_unknown_field(const nlohmann::json& object) {
  constexpr std::array<std::string_view, 4> kKnown{"version", "owner", "commit", "until"};
  return std::any_of(object.items().begin(), object.items().end(),
                     [&](const auto& item) { return std::find(kKnown.begin(), kKnown.end(), item.key()) == kKnown.end(); });
}

std::int64_t integer_field(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

Owner parse_owner(const nlohmann::json& object) {
  Owner owner;
  owner.host = string_field(object, "host");
  owner.boot = string_field(object, "boot");
  owner.pid_namespace = string_field(object, "pid_namespace");
  owner.pid = integer_field(object, "pid");
  owner.started = string_field(object, "started");
  return owner;
}

}  // namespace

std::string format_lease(const Owner& owner, const repo::CommitId& commit, WallTime until) {
  nlohmann::ordered_json json;
  json["version"] = kVersion;
  json["owner"] = {
      {"host", owner.host}, {"boot", owner.boot}, {"pid_namespace", owner.pid_namespace}, {"pid", owner.pid}, {"started", owner.started}};
  if (!commit.empty()) json["commit"] = commit.hex();
  json["until"] = unix_seconds(until);
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::optional<LeaseRecord> parse_lease(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || integer_field(json, "version") != kVersion) return std::nullopt;
  const auto owner = json.find("owner");
  if (owner == json.end() || !owner->is_object()) return std::nullopt;
  const auto until = time_field(json, "until");
  if (!until) return std::nullopt;
  LeaseRecord record;
  record.owner = parse_owner(*owner);
  if (!has_unknown_field(json)) record.commit = repo::CommitId::parse(string_field(json, "commit"));
  record.until = *until;
  return record;
}

Lease::Lease(Store& store, std::string leases, std::string tmp, repo::CommitId commit)
    : store_(&store), leases_(std::move(leases)), tmp_(std::move(tmp)), commit_(std::move(commit)), renewed_(store.clock().wall_now()) {}

Lease::Lease(Lease&& other) noexcept
    : store_(other.store_),
      leases_(std::move(other.leases_)),
      tmp_(std::move(other.tmp_)),
      commit_(std::move(other.commit_)),
      renewed_(other.renewed_),
      held_(std::exchange(other.held_, false)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  Lease moved(std::move(other));
  std::swap(store_, moved.store_);
  std::swap(leases_, moved.leases_);
  std::swap(tmp_, moved.tmp_);
  std::swap(commit_, moved.commit_);
  std::swap(renewed_, moved.renewed_);
  std::swap(held_, moved.held_);
  return *this;
}

Lease::~Lease() {
  if (held_) (void)release();  // best effort: a lease of a dead process is void anyway
}

Result<Lease> Lease::take(Store& store, const RepoLayout& layout, const repo::CommitId& commit) {
  return take_in(store, layout.leases(), layout.tmp(), commit);
}

Result<Lease> Lease::take_in(Store& store, std::string leases, std::string tmp, const repo::CommitId& commit) {
  Lease lease(store, std::move(leases), std::move(tmp), commit);
  LARDER_CHECK(lease.write());
  return lease;
}

Result<void> Lease::write() {
  renewed_ = store_->clock().wall_now();
  const std::string text = format_lease(own_identity(store_->disk()), commit_, renewed_ + kLeaseLife);
  // No fsync: after a power cut the boot id has changed and every owner of this host is dead.
  LARDER_CHECK(store_->write_small(tmp_, path(), text, Durability::None));
  held_ = true;
  return {};
}

Result<void> Lease::renew_if_due() {
  if (!held_ || store_->clock().wall_now() - renewed_ < kRenewal) return {};
  return write();
}

Result<void> Lease::release() {
  held_ = false;
  LARDER_CHECK(store_->disk().remove_file(path()));
  return {};
}

namespace {

/// Of which only the last change is known.
LeaseRecord unknown_lease(const fs::FileFacts& facts) {
  LeaseRecord record;
  const std::chrono::seconds changed(std::clamp<std::int64_t>(facts.mtime_ns / 1'000'000'000, 0, kLatest));
  record.until = WallTime(changed + kUnknownLeaseLife);
  return record;
}

/// nullopt: no lease.
Result<std::optional<LeaseRecord>> read_lease(fs::Disk& disk, const std::string& leases, const std::string& run) {
  const std::string path = leases + "/" + run;
  LARDER_TRY(const auto facts, disk.look(path));
  if (!facts) return std::optional<LeaseRecord>{};
  std::optional<LeaseRecord> record;
  bool is_object = false;
  if (facts->kind == fs::FileKind::Regular && facts->size <= kLeaseLimit) {
    const auto text = disk.read_small(path, kLeaseLimit);
    if (text && (!*text || (*text)->empty())) return std::optional<LeaseRecord>{};
    if (text) record = parse_lease(**text);
    is_object = text && (*text)->starts_with('{');
  }
  if (!record && !is_run(run) && !is_object) return std::optional<LeaseRecord>{};
  if (!record) record = unknown_lease(*facts);
  record->run = run;
  return record;
}

}  // namespace

Result<std::vector<LeaseRecord>> read_leases_in(fs::Disk& disk, const std::string& leases) {
  LARDER_TRY(const auto names, disk.list(leases));
  std::vector<LeaseRecord> records;
  for (const auto& name : names) {
    LARDER_TRY(auto record, read_lease(disk, leases, name));
    if (record) records.push_back(std::move(*record));
  }
  return records;
}

Result<std::vector<LeaseRecord>> read_leases(fs::Disk& disk, const RepoLayout& layout) { return read_leases_in(disk, layout.leases()); }

bool is_void(fs::Disk& disk, const LeaseRecord& lease, WallTime now) { return is_void(lease, liveness(disk, lease.owner), now); }

bool is_void(const LeaseRecord& lease, Liveness owner, WallTime now) { return lease.until <= now || owner == Liveness::Dead; }

Result<DeadRuns> DeadRuns::look(fs::Disk& disk, const std::string& leases, WallTime now) {
  DeadRuns dead;
  LARDER_TRY(const auto records, read_leases_in(disk, leases));
  for (const auto& record : records) dead.add(disk, record, now);
  return dead;
}

Result<DeadRuns> DeadRuns::look_at(fs::Disk& disk, const std::string& leases, const std::string& run, WallTime now) {
  DeadRuns dead;
  LARDER_TRY(const auto record, read_lease(disk, leases, run));
  if (record) dead.add(disk, *record, now);
  return dead;
}

void DeadRuns::add(fs::Disk& disk, const LeaseRecord& lease, WallTime now) {
  if (liveness(disk, lease.owner) == Liveness::Dead) return;
  undying_.push_back(lease.run);
  if (lease.until > now) leased_.push_back(lease.run);
}

bool DeadRuns::contains(std::string_view run) const { return std::find(leased_.begin(), leased_.end(), run) == leased_.end(); }

bool DeadRuns::has_dead_owner(std::string_view run) const { return std::find(undying_.begin(), undying_.end(), run) == undying_.end(); }

}  // namespace larder::store
