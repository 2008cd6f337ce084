// Pages made from the tables: docs/larder.1 and docs/settings.md.
#pragma once

#include <string>

namespace larder::cli {

/// The man page, in man(7).
std::string man_page();
/// The settings, in Markdown.
std::string settings_page();

}  // namespace larder::cli
