// The resolve route, by which files come: what is sent along, and what its answers must agree with.
#pragma once

#include <larder/base/result.hpp>
#include <larder/base/url.hpp>
#include <larder/net/http.hpp>
#include <larder/repo/revision.hpp>
#include <larder/repo/tree.hpp>

namespace larder::hub {

/// `X-HF-Download-Counter: 1` for a request of a download that goes to the endpoint's own origin, nothing for any other.
net::Headers download_headers(const Url& url, const Url& endpoint);

/// Do the headers of a `resolve` answer (any hop of the endpoint) agree with the tree? X-Repo-Commit, X-Linked-Size, X-Linked-Etag or ETag
/// when they are digests (R-333, T15, T32, N35); absent ones are not missed. Errors: BadResponse.
Result<void> check_resolve_answer(const net::ResponseHead& head, const repo::FileEntry& file, const repo::CommitId& commit);

}  // namespace larder::hub
