// run_name: the 8 hex digits that a run of larder puts behind every name of its own on disk.
#pragma once

#include <string_view>

namespace larder::store {

/// Is `text` the id of a run: 8 lower-case hex digits (Store::run)?
bool is_run(std::string_view text);

/// The run that `name` ("<anything>.<8 hex>") belongs to; empty: none, the name is not of ours.
std::string_view run_of(std::string_view name);

}  // namespace larder::store
