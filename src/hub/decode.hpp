// JSON of the Hub into values. Everything in it may be hostile (T13, T14, T23, N49): what can't be right is BadResponse.
#pragma once

#include <larder/hub/hub_client.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace larder::hub {

/// Answer of `…/revision/{rev}`; unknown fields are ignored.
struct RevisionAnswer {
  repo::CommitId commit;
  std::string id;  ///< the Hub's own id of the repository; empty when absent or no valid id
};
/// Errors: BadResponse (no `sha`, or one that is not 40 hex digits, T15).
Result<RevisionAnswer> decode_revision(std::string_view body, repo::RepoType type);

/// What one page of a listing held.
struct PageContent {
  std::size_t entries = 0;  ///< folders counted too
  std::string first_path;   ///< of the first entry
};
/// One page of `…/tree/{rev}`, read entry by entry into `tree`. Folders and git's links to other repositories are skipped.
/// Errors: BadResponse.
Result<PageContent> decode_tree_page(std::string_view body, repo::TreeBuilder& tree);

/// `…/refs`: each name as one asks for it. Errors: BadResponse, also for a name that git could not have (T16).
Result<std::vector<RefName>> decode_refs(std::string_view body);

/// One page of `…/commits/{rev}`, newest first. Errors: BadResponse.
Result<std::vector<repo::CommitId>> decode_commits(std::string_view body);

/// `…/whoami-v2`; all fields but `name` may be missing. Errors: BadResponse.
Result<Whoami> decode_whoami(std::string_view body);

}  // namespace larder::hub
