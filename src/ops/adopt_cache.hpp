// Adopting another cache of the Hub's layout, repository by repository.
#pragma once

#include "ops/adoption.hpp"

namespace larder::ops {

/// Every snapshot entry whose blob has the digest of its name (or of the listing, where it is a file) becomes the same entry here, hashed
/// first. The listing comes along; a ref when the snapshot is whole and there is none of that name here. What cannot be read there is left.
Result<void> adopt_other_cache(Adoption& run);

}  // namespace larder::ops
