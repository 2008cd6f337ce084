// Offline advice: what to do about something that is not in the cache, in the one wording that every verb gives it.
#pragma once

namespace larder::ops {

inline constexpr const char* kGoOnline = "run it once without --offline and HF_HUB_OFFLINE";

}  // namespace larder::ops
