// Reference: REF as people write it.
#pragma once

#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>

#include <optional>
#include <string>
#include <vector>

namespace larder::repo {

/// A parsed REF (docs/manual.md "References").
struct Reference {
  RepoId repo;
  std::optional<Revision> revision;  ///< nullopt: none was written
  std::string path;                  ///< file or folder below the root; empty: all
  std::string quant;                 ///< GGUF label after ":"; empty: none
};

/// What may surround the REF on the command line.
struct ReferenceContext {
  std::optional<RepoType> type;         ///< --repo-type
  std::optional<std::string> revision;  ///< --revision (slashes plain)
  std::string endpoint_host;            ///< host[:port] of the configured endpoint: pasted links to it are accepted (R-117)
};

/// Parses all written forms: [hf://][type/]ORG/NAME[@REV][/PATH], pasted links of the Hub (tree, blob, raw, resolve), ORG/NAME[@REV]:QUANT,
/// legacy ids of one word (not with hf://). Errors: InvalidArgument with a hint (T-16…T-23; --revision with @, --repo-type with a typed
/// reference, QUANT with PATH or for a data set).
Result<Reference> parse_reference(std::string_view text, const ReferenceContext& context);

/// The reference written back: "datasets/org/name@rev/path".
std::string text(const Reference& reference);

}  // namespace larder::repo
