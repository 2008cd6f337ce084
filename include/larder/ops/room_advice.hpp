// Room advice: what to do about a full disk, in the one wording that every verb gives it.
#pragma once

namespace larder::ops {

inline constexpr const char* kMakeRoom =
    "make room (`larder cache gc --max-size SIZE`), or take a folder on another disk (--cache-dir, --local-dir)";

}  // namespace larder::ops
