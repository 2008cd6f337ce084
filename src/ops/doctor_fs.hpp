// What the file system of the cache can do, by trying it.
#pragma once

#include "fs/disk.hpp"

#include <larder/ops/doctor.hpp>

#include <string>
#include <vector>

namespace larder::ops {

/// The checks filesystem, symlink, reflink, hardlink, flock, rename, case, permissions, free-space and inodes. `cache`: absolute, may be
/// missing. Works in `<cache>/.locks/.larder-doctor.<run>` and removes all it made, the cache itself if it was not there.
std::vector<DoctorCheck> check_file_system(fs::Disk& disk, const std::string& cache, const std::string& run);

/// The check "filesystem" for what statfs(2) calls f_type: its name, and the known trap of its kind as a warning. Pure.
DoctorCheck judge_file_system(unsigned long magic);

}  // namespace larder::ops
