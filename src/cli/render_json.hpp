// Reports as JSON documents: the schemas of docs/manual.md, field by field.
#pragma once

#include "cli/output.hpp"

#include <larder/ops/list.hpp>
#include <larder/ops/pull.hpp>

namespace larder::cli {

void write_pull_document(Output& out, const ops::PullReport& report);
void write_plan_document(Output& out, const ops::PlanReport& report);
void write_resolve_document(Output& out, const ops::ResolveReport& report);
void write_files_document(Output& out, const ops::FilesReport& report);

}  // namespace larder::cli
