// Pins from a file: references with full commits, or a larder.lock.
#pragma once

#include <larder/repo/reference.hpp>
#include <larder/store/gc.hpp>

#include <set>
#include <string>
#include <string_view>

namespace larder::ops {

/// One reference with a full commit a line, blanks and `#` comments ignored; or, when a line is `[[snapshot]]`, a larder.lock, of which the
/// lines `type`, `repo` and `commit` of each snapshot are read as larder writes them. `name`: of the file, for messages. Pure.
/// Errors: InvalidArgument, naming the line: every line that is no such reference, because a pin that is lost is data that is lost.
Result<std::set<store::RevisionKey>> parse_pins(std::string_view text, std::string_view name, const repo::ReferenceContext& context);

}  // namespace larder::ops
