#include "fs/forwarding_disk.hpp"

namespace larder::fs {
namespace {

class UnsyncedDisk final : public ForwardingDisk {
 public:
  using ForwardingDisk::ForwardingDisk;
  Result<void> sync_data(int) override { return {}; }
  Result<void> sync_file(int) override { return {}; }
  Result<void> sync_folder(const std::string&) override { return {}; }
  Result<void> sync_filesystem(int) override { return {}; }
};

}  // namespace

std::unique_ptr<Disk> make_unsynced_disk(Disk& inner) { return std::make_unique<UnsyncedDisk>(inner); }

}  // namespace larder::fs
