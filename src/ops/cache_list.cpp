#include <larder/ops/cache_list.hpp>

#include "base/text.hpp"
#include "store/filter_expression.hpp"
#include "store/store.hpp"

#include <larder/base/clock.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace larder::ops {
namespace {

using store::FilterExpression;
using store::SortDirection;
using store::SortKey;
using store::SortOrder;

struct Question {
  std::vector<FilterExpression> filters;
  std::optional<SortOrder> sort;
};

Result<Question> parse_question(const CacheListOptions& options) {
  Question question;
  for (const std::string& text : options.filters) {
    LARDER_TRY(auto filter, FilterExpression::parse(text));
    question.filters.push_back(std::move(filter));
  }
  if (!options.sort.empty()) {
    LARDER_TRY(question.sort, SortOrder::parse(options.sort));
  }
  return question;
}

CacheRow repo_row(const store::Inventory& inventory, const store::RepoRecord& record) {
  CacheRow row;
  row.repo = record.repo;
  row.path = inventory.root + "/" + record.folder;
  row.bytes = record.bytes;
  row.files = record.files;
  row.revisions = record.revisions.size();
  row.refs = record.refs;
  row.accessed_ns = record.accessed_ns;
  row.modified_ns = record.modified_ns;
  row.problems = record.problems;
  return row;
}

CacheRow revision_row(const store::Inventory& inventory, const store::RepoRecord& record, const store::RevisionRecord& revision) {
  CacheRow row;
  row.repo = record.repo;
  row.commit = revision.folder;
  row.path = inventory.root + "/" + record.folder + "/snapshots/" + revision.folder;
  row.bytes = revision.bytes;
  row.files = revision.blobs.size();
  row.revisions = 1;
  row.refs = revision.refs;
  row.accessed_ns = record.accessed_ns;  // with --revisions, `accessed` is the repository's
  row.modified_ns = revision.modified_ns;
  row.pin = revision.pin;
  row.is_pinned = revision.pin == store::PinState::User;
  row.is_complete = revision.is_complete;
  return row;
}

std::vector<CacheRow> all_rows(const store::Inventory& inventory, bool by_revision) {
  std::vector<CacheRow> rows;
  for (const store::RepoRecord& record : inventory.repos) {
    if (!by_revision) {
      rows.push_back(repo_row(inventory, record));
      continue;
    }
    for (const store::RevisionRecord& revision : record.revisions) rows.push_back(revision_row(inventory, record, revision));
  }
  return rows;
}

bool passes(const CacheRow& row, const std::vector<FilterExpression>& filters, std::int64_t now_ns) {
  const store::FilterRow facts{repo::name(row.repo.type()), &row.refs, row.bytes, row.accessed_ns, row.modified_ns};
  return std::all_of(filters.begin(), filters.end(), [&](const FilterExpression& filter) { return filter.matches(facts, now_ns); });
}

/// Less than zero: a before b, by the key alone.
int compare(const CacheRow& a, const CacheRow& b, SortKey key) {
  const auto three_way = [](const auto& left, const auto& right) { return left < right ? -1 : (right < left ? 1 : 0); };
  switch (key) {
    case SortKey::Accessed:
      return three_way(a.accessed_ns, b.accessed_ns);
    case SortKey::Modified:
      return three_way(a.modified_ns, b.modified_ns);
    case SortKey::Size:
      return three_way(a.bytes, b.bytes);
    case SortKey::Name:
      return three_way(to_lower(cache_id(a.repo)), to_lower(cache_id(b.repo)));
  }
  return 0;
}

void sort_rows(std::vector<CacheRow>& rows, const std::optional<SortOrder>& order) {
  std::sort(rows.begin(), rows.end(), [](const CacheRow& a, const CacheRow& b) {
    return std::make_tuple(cache_id(a.repo), a.commit) < std::make_tuple(cache_id(b.repo), b.commit);
  });
  if (!order) return;
  // Stable in both directions: what is equal keeps the order by id.
  std::stable_sort(rows.begin(), rows.end(), [&](const CacheRow& a, const CacheRow& b) {
    const int way = compare(a, b, order->key);
    return order->direction == SortDirection::Ascending ? way < 0 : way > 0;
  });
}

void add_hints(const store::Inventory& inventory, CacheListReport& report) {
  report.leftovers = inventory.leftovers.size();
  for (const store::RepoRecord& record : inventory.repos) report.leftovers += record.leftovers.size();
  for (const store::PayloadRecord& payload : inventory.payloads) {
    if (payload.entries > 0 || !payload.has_manifest) continue;
    ++report.unreferenced_payloads;
    report.unreferenced_payload_bytes += payload.bytes;
  }
}

void count_shown(CacheListReport& report) {
  std::set<repo::RepoId> repos;
  for (const CacheRow& row : report.rows) {
    repos.insert(row.repo);
    report.revisions_shown += row.revisions;
  }
  report.repos_shown = repos.size();
}

}  // namespace

std::string cache_id(const repo::RepoId& repo) { return std::string(repo::name(repo.type())) + "/" + repo.id(); }

Result<CacheListReport> cache_list(Services& services, const CacheListOptions& options, const CancelToken& cancel) {
  LARDER_TRY(const Question question, parse_question(options));
  store::InventoryOptions what;
  what.depth = options.revisions ? store::InventoryDepth::Completeness : store::InventoryDepth::Sizes;
  LARDER_TRY(const auto inventory, store::take_inventory(services.store, what, services.progress, cancel));
  CacheListReport report;
  report.cache = inventory.root;
  report.exists = inventory.exists;
  report.total_bytes = inventory.bytes;
  report.shared_bytes = inventory.shared_bytes;
  report.partial_bytes = inventory.partial_bytes;
  add_hints(inventory, report);
  const auto now = unix_ns(services.clock.wall_now());
  report.rows = all_rows(inventory, options.revisions);
  std::erase_if(report.rows, [&](const CacheRow& row) { return !passes(row, question.filters, now); });
  sort_rows(report.rows, question.sort);
  if (options.limit && report.rows.size() > *options.limit) report.rows.resize(*options.limit);
  count_shown(report);
  return report;
}

}  // namespace larder::ops
