// invariant: which promise of docs/reliability.md a finding breaks.
#pragma once

#include <larder/store/verify.hpp>

#include <string>

namespace larder::store {

/// "I1", "I2", "I3", "I4" or "I12"; empty: none, a plain note. Pure.
std::string invariant_of(const Finding& finding);

}  // namespace larder::store
