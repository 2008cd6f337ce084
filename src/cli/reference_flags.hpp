// How a REF is read from the command line.
#pragma once

#include "cli/flags.hpp"
#include "cli/session.hpp"

#include <larder/repo/reference.hpp>

#include <optional>
#include <string>

namespace larder::cli {

/// Ways besides PATH and QUANT to choose files, which do not go together with those nor with each other.
struct OtherChoices {
  bool filter = false;  ///< --include, --exclude
  bool files = false;   ///< FILE…
};

/// REF with the flags that complete it; also of resolve and files.
struct ReferenceFlags {
  std::string ref;
  std::optional<std::string> type;
  std::optional<std::string> revision;

  void declare(Flags& flags);
  /// Errors: InvalidArgument.
  [[nodiscard]] Result<repo::Reference> parse(const Session& session) const;
  /// The same where files may have been chosen otherwise, too.
  [[nodiscard]] Result<repo::Reference> parse_beside(const Session& session, OtherChoices others) const;
};

/// How references are read where no flag completes them: HOST is the endpoint's.
Result<repo::ReferenceContext> plain_context(const Session& session);

}  // namespace larder::cli
