#include "store/blob_check.hpp"

namespace larder::store {

std::optional<Problem> judge(const BlobCheck& check, const FoundBytes& found) {
  if (found.digest == check.expected) return std::nullopt;
  // Before "misnamed": most repositories have an empty file too, and its digest is then wanted somewhere.
  if (check.actual_size == 0) return Problem{ProblemKind::Empty, check.path, check.expected.text(), found.digest.text()};
  if (found.is_wanted_elsewhere) {
    // The name that fits: in the other kind of digest only when that is the one somebody asks for.
    const digest::Digest& actual = found.other ? *found.other : found.digest;
    return Problem{ProblemKind::Misnamed, check.path, check.expected.text(), actual.text()};
  }
  if (check.size && *check.size != check.actual_size) {
    return Problem{ProblemKind::Size, check.path, std::to_string(*check.size), std::to_string(check.actual_size)};
  }
  return Problem{ProblemKind::Digest, check.path, check.expected.text(), found.digest.text()};
}

}  // namespace larder::store
