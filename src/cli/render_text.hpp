// Reports as text for people and for `$(…)`.
#pragma once

#include "cli/session.hpp"

#include <larder/ops/list.hpp>
#include <larder/ops/pull.hpp>

#include <string_view>
#include <vector>

namespace larder::cli {

/// A path of this machine as a line of stdout: exact for a program, escaped for a terminal (T3).
void print_path(Session& session, std::string_view path);

/// What was left out by --prefer, and files that can run code, on stderr (T19).
void report_left_out(Session& session, const repo::Tree& tree, const std::vector<repo::LeftOut>& left_out);
void report_code_files(Session& session, const repo::Tree& tree, const std::vector<ops::PulledFile>& files);

void print_plan(Session& session, const ops::PlanReport& report);
void print_files(Session& session, const ops::FilesReport& report);

}  // namespace larder::cli
