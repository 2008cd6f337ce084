#include "cli/render_json.hpp"

#include "cli/json_fields_of.hpp"

namespace larder::cli {
namespace {

void write_left_out(JsonWriter& json, const repo::Tree& tree, const std::vector<repo::LeftOut>& left_out) {
  json.begin_array("left_out");
  for (const auto& left : left_out) {
    const auto file = tree.at(left.index);
    json.begin_object().field("path", file.path).field("size", file.size).field("reason", reason(left)).end_object();
  }
  json.end_array();
}

void write_file_head(JsonWriter& json, const repo::FileEntry& file) {
  const auto digest = file.digest();
  json.begin_object().field("path", file.path).field("size", file.size).field("blob", digest.hex()).field("digest", digest.text());
}

/// What a plan and a pull begin with, up to their files.
void write_selection_head(JsonWriter& json, const ops::SelectionReport& report) {
  write_repo(json, report.repo, report.canonical_id);
  json.field("requested", report.requested).field("commit", report.commit.hex()).field("path", report.path).begin_array("files");
}

}  // namespace

void write_repo(JsonWriter& json, const repo::RepoId& repo, std::string_view canonical) {
  json.begin_object("repo").field("type", name(repo.type())).field("id", repo.id());
  if (!canonical.empty()) json.field("canonical", canonical);
  json.end_object();
}

void write_pull_document(Output& out, const ops::PullReport& report) {
  JsonWriter json(out);
  json.begin_object().field("schema", "larder.pull/1");
  write_selection_head(json, report);
  for (const auto& file : report.files) {
    write_file_head(json, report.tree.at(file.index));
    json.field("status", name(file.status)).end_object();
  }
  json.end_array().begin_object("bytes").field("total", report.total_bytes).field("fetched", report.fetched_bytes);
  json.field("reused", report.reused_bytes).end_object().field("requests", report.requests).field("seconds", report.seconds);
  write_left_out(json, report.tree, report.left_out);
  json.end_object().finish();
}

void write_plan_document(Output& out, const ops::PlanReport& report) {
  JsonWriter json(out);
  json.begin_object().field("schema", "larder.plan/1");
  write_selection_head(json, report);
  for (const auto& file : report.files) {
    write_file_head(json, report.tree.at(file.index));
    json.field("action", name(file.action)).field("reason", transfer::reason(report.tree, file)).end_object();
  }
  json.end_array().begin_object("bytes").field("total", report.total_bytes).field("fetch", report.fetch_bytes);
  json.field("reuse", report.reuse_bytes).end_object().field("requests", report.requests);
  json.begin_object("free_space").field("needed", report.space_needed);
  if (report.space_known) {
    json.field("present", report.space_present);
  } else {
    json.null_field("present");
  }
  json.end_object();
  write_left_out(json, report.tree, report.left_out);
  json.end_object().finish();
}

void write_resolve_document(Output& out, const ops::ResolveReport& report) {
  JsonWriter json(out);
  json.begin_object().field("schema", "larder.resolve/1");
  write_repo(json, report.repo, report.canonical_id);
  json.field("requested", report.requested).field("commit", report.commit.hex()).end_object().finish();
}

void write_files_document(Output& out, const ops::FilesReport& report) {
  JsonWriter json(out);
  json.begin_object().field("schema", "larder.files/1");
  write_repo(json, report.resolved.repo, report.resolved.canonical_id);
  json.field("requested", report.resolved.requested).field("commit", report.resolved.commit.hex()).begin_array("files");
  for (const auto index : report.chosen) {
    write_file_head(json, report.tree.at(index));
    json.end_object();
  }
  json.end_array().end_object().finish();
}

}  // namespace larder::cli
