#include "ops/doctor_fs.hpp"

#include "base/escape.hpp"
#include "fs/file_lock.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/ops/room_advice.hpp>

#include <fmt/format.h>

#include <sys/vfs.h>

#include <array>
#include <cerrno>

namespace larder::ops {
namespace {

constexpr std::uint64_t kLittleSpace = 1ULL << 30U;
constexpr std::uint64_t kFewInodes = 10'000;
constexpr std::uint64_t kOneFile = 64 * 1024;

/// What is known to go wrong on a kind of file system, and what helps.
struct Trap {
  std::string_view what;
  std::string_view remedy;
};
constexpr Trap kNoTrap{};
constexpr Trap kNfs{"nfs: locks and renames are as good as its server and mount options",
                    "mount it with `hard` and locking (no `nolock`), or keep the cache on a local disk and give --local-dir the share"};
constexpr Trap kCluster{": locks may be granted to everybody",
                        "mount it with its flock option; until then two pulls at once may fetch the same file twice, and each stays right"};
constexpr Trap kSmb{": names may fold case, links need the mount option mfsymlinks",
                    "keep the cache on a local disk, export with --local-dir"};
constexpr Trap kHost{": a folder of the machine around this one, by its rules: names may fold case, links may be refused",
                     "keep the cache on a disk of this machine (under WSL below /home, not /mnt), export with --local-dir"};
constexpr Trap kFuse{"fuse: what a rename, a lock or an fsync means is up to the program behind it",
                     "if that program is a cloud drive, keep the cache on a local disk"};
constexpr Trap kOverlay{"overlay: the writable layer of a container; it is gone when the container is",
                        "mount a volume at the cache folder (HF_HUB_CACHE) to keep it"};
constexpr Trap kMemory{"tmpfs: memory; the cache is gone after a restart", "HF_HUB_CACHE on a disk keeps it"};
constexpr Trap kFat{": no links, no modes, names fold case, files of 4 GiB at most on fat", "keep the cache on another file system"};

struct KnownFileSystem {
  unsigned long magic;
  std::string_view name;
  Trap trap = kNoTrap;  ///< one that begins with ":" goes on behind the name
};
// Source: statfs(2) and linux/magic.h; Lustre, GPFS and BeeGFS from their own sources.
constexpr std::array kKnown{
    KnownFileSystem{0xEF53, "ext"},
    KnownFileSystem{0x58465342, "xfs"},
    KnownFileSystem{0x9123683E, "btrfs"},
    KnownFileSystem{0x2FC12FC1, "zfs"},
    KnownFileSystem{0xF2F52010, "f2fs"},
    KnownFileSystem{0xCA451A4E, "bcachefs"},
    KnownFileSystem{0x01021994, "tmpfs", kMemory},
    KnownFileSystem{0x858458F6, "ramfs", kMemory},
    KnownFileSystem{0x794C7630, "overlay", kOverlay},
    KnownFileSystem{0x6969, "nfs", kNfs},
    KnownFileSystem{0xFF534D42, "cifs", kSmb},
    KnownFileSystem{0xFE534D42, "smb", kSmb},
    KnownFileSystem{0x517B, "smb", kSmb},
    KnownFileSystem{0x65735546, "fuse", kFuse},
    KnownFileSystem{0x01021997, "9p", kHost},
    KnownFileSystem{0x00C36400, "ceph", kCluster},
    KnownFileSystem{0x0BD00BD0, "lustre", kCluster},
    KnownFileSystem{0x47504653, "gpfs", kCluster},
    KnownFileSystem{0x19830326, "beegfs", kCluster},
    KnownFileSystem{0x01161970, "gfs2", kCluster},
    KnownFileSystem{0x7461636F, "ocfs2", kCluster},
    KnownFileSystem{0x4D44, "vfat", kFat},
    KnownFileSystem{0x2011BAB0, "exfat", kFat},
    KnownFileSystem{0x5346544E, "ntfs", kFat},
    KnownFileSystem{0x7366746E, "ntfs", kFat},  // ntfs3
};

/// Makes folders on the way to the scratch folder and takes away, in the end, those it made.
class Scratch {
 public:
  Scratch(fs::Disk& disk, const std::string& cache, const std::string& run) : disk_(disk), path_(cache + "/.locks/.larder-doctor." + run) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    const auto names = disk_.list(path_);
    if (names) {
      for (const auto& name : *names) (void)disk_.remove_file(path_ + "/" + name);
    }
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) (void)disk_.remove_folder(*folder);
  }

  Result<void> make() {
    for (std::size_t at = path_.find('/', 1); at != std::string::npos; at = path_.find('/', at + 1)) {
      LARDER_CHECK(make_one(path_.substr(0, at)));
    }
    return make_one(path_);
  }

  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Result<void> make_one(const std::string& folder) {
    LARDER_TRY(const auto there, disk_.look_through(folder));
    if (there && there->kind == fs::FileKind::Folder) return {};
    LARDER_TRY(const bool made, disk_.make_folder(folder));
    if (made) made_.push_back(folder);
    return {};
  }

  fs::Disk& disk_;
  std::string path_;
  std::vector<std::string> made_;
};

class Examination {
 public:
  Examination(fs::Disk& disk, const std::string& cache, const std::string& run) : disk_(disk), cache_(cache), scratch_(disk, cache, run) {}

  std::vector<DoctorCheck> run() {
    if (const auto made = prepare(); !made) return refuse(made.error());
    check_kind(scratch_.path());
    check_symlink();
    check_reflink();
    check_hard_link();
    check_lock();
    check_rename();
    check_case();
    check_permissions();
    check_space(scratch_.path(), Room::Some);
    return std::move(checks_);
  }

 private:
  void add(std::string name, CheckStatus status, std::string detail, std::string remedy) {
    checks_.push_back({DoctorArea::Fs, std::move(name), status, std::move(detail), std::move(remedy)});
  }

  /// The scratch folder with one file in it.
  Result<void> prepare() {
    LARDER_CHECK(scratch_.make());
    LARDER_TRY(const auto fd, disk_.create_new(scratch_.file("a")));
    constexpr std::array<std::byte, 4> kContent{};
    return disk_.append(fd.value(), kContent);
  }

  /// Nothing can be tried where nothing can be written; what the system tells by itself it tells all the same.
  std::vector<DoctorCheck> refuse(const Error& error) {
    const std::string place = nearest_folder();
    check_kind(place);
    for (const char* name : {"symlink", "reflink", "hardlink", "flock", "rename", "case"}) {
      add(name, CheckStatus::Skip, "the cache can't be written", "");
    }
    if (error.code == ErrorCode::DiskFull) {
      add("permissions", CheckStatus::Skip, error.text(), "");
    } else {
      add("permissions", CheckStatus::Fail, error.text(),
          "what is there can be read; to pull, choose a cache folder that you may write (--cache-dir, HF_HUB_CACHE)");
    }
    check_space(place, error.code == ErrorCode::DiskFull ? Room::None : Room::Some);
    return std::move(checks_);
  }

  /// The cache folder, or the nearest one above it that is there.
  [[nodiscard]] std::string nearest_folder() {
    std::string place = cache_;
    while (place.size() > 1) {
      const auto there = disk_.look_through(place);
      if (there && *there) return place;
      place.erase(std::max<std::size_t>(1, place.rfind('/')));
    }
    return "/";
  }

  void check_kind(const std::string& place) {
    struct statfs facts {};
    if (::statfs(place.c_str(), &facts) != 0) return add("filesystem", CheckStatus::Skip, "not told", "");
    checks_.push_back(judge_file_system(static_cast<unsigned long>(facts.f_type)));
  }

  void check_symlink() {
    const auto made = disk_.make_symlink("a", scratch_.file("link"));
    const auto text = disk_.read_link(scratch_.file("link"));
    const bool works = made && *made && text && *text && **text == "a";
    add("symlink", works ? CheckStatus::Ok : CheckStatus::Warn, works ? "works" : "does not work here",
        works ? "" : "snapshots hold copies instead of links and take more space; HF_HUB_DISABLE_SYMLINKS=1 says so to all clients");
  }

  void check_reflink() {
    const auto from = disk_.open_read(scratch_.file("a"));
    const auto to = disk_.create_new(scratch_.file("clone"));
    const auto cloned = from && to ? disk_.clone(from->value(), to->value()) : Result<bool>(false);
    const bool works = cloned && *cloned;
    add("reflink", works ? CheckStatus::Ok : CheckStatus::Skip, works ? "works" : "not here: --local-dir and adopt copy the bytes", "");
  }

  void check_hard_link() {
    const auto made = disk_.make_hard_link(scratch_.file("a"), scratch_.file("hard"));
    const bool works = made && *made;
    add("hardlink", works ? CheckStatus::Ok : CheckStatus::Warn, works ? "works" : "does not work here",
        works ? "" : "--link copies instead");
  }

  /// Another process must see our lock: a second descriptor of this one would be told the truth even where the server lies (L33).
  void check_lock() {
    const auto path = scratch_.file("lock");
    const auto held = fs::FileLock::try_lock(path);
    const bool is_held = held && held->outcome == fs::FileLock::Outcome::Held;
    const auto seen = is_held ? fs::FileLock::try_in_other_process(path) : fs::FileLock::Outcome::Unsupported;
    if (is_held && seen == fs::FileLock::Outcome::Busy) return add("flock", CheckStatus::Ok, "a second process has to wait", "");
    const bool is_lie = is_held && seen == fs::FileLock::Outcome::Held;
    add("flock", CheckStatus::Warn, is_lie ? "every process is given the lock" : "no locks here",
        "two runs at once may fetch the same file twice; what they store is right all the same");
  }

  void check_rename() {
    const auto path = scratch_.file("renamed");
    (void)disk_.create_new(scratch_.file("moved"));
    const auto moved = disk_.rename_new(scratch_.file("moved"), path);
    const auto replaced = disk_.rename(scratch_.file("a"), path);
    const auto there = disk_.look(path);
    const bool works = moved && *moved && replaced && there && *there && (*there)->size == 4;
    add("rename", works ? CheckStatus::Ok : CheckStatus::Fail, works ? "replaces in one step" : "does not replace in one step",
        works ? "" : "files can't be published safely here: choose another file system for the cache");
  }

  void check_case() {
    (void)disk_.create_new(scratch_.file("case"));
    const auto other = disk_.look(scratch_.file("CASE"));
    const bool is_folding = other && *other;
    add("case", is_folding ? CheckStatus::Warn : CheckStatus::Ok, is_folding ? "A and a are the same name" : "A and a are two names",
        is_folding ? "repositories with names that differ only in case are refused here" : "");
  }

  /// What everybody may write, everybody may swap after it was checked (T50).
  void check_permissions() {
    constexpr std::uint32_t kByOthers = 0002;
    const auto root = disk_.look_through(cache_);
    const bool is_open = root && *root && ((*root)->mode & kByOthers) != 0;
    const auto path = escape_text(cache_);
    add("permissions", is_open ? CheckStatus::Warn : CheckStatus::Ok, path + (is_open ? " can be written by everybody" : " can be written"),
        is_open ? "`chmod o-w` it; a group that shares a cache needs g+ws only" : "");
  }

  /// None: a few bytes could not be written, for want of space or of an inode.
  enum class Room : std::uint8_t { Some, None };

  void check_space(const std::string& place, Room room) {
    const auto space = disk_.space(place);
    if (!space || !*space) {
      add("free-space", room == Room::None ? CheckStatus::Fail : CheckStatus::Skip, "not told", room == Room::None ? kMakeRoom : "");
      add("inodes", CheckStatus::Skip, "not told", "");
      return;
    }
    const auto free = (*space)->free_bytes;
    const auto inodes = (*space)->free_inodes;
    const bool is_little = free < kLittleSpace;
    // Where inodes are not counted there are none, too: the bytes must be plenty for that to be the cause.
    const bool lacks_inodes = room == Room::None && inodes == 0 && free > kOneFile;
    const auto usual = is_little ? CheckStatus::Warn : CheckStatus::Ok;
    add("free-space", room == Room::None && !lacks_inodes ? CheckStatus::Fail : usual, format_bytes_long(free), is_little ? kMakeRoom : "");
    if (lacks_inodes) return add("inodes", CheckStatus::Fail, "0 free", "each file of a snapshot needs one: remove what is not needed");
    if (inodes == 0) return add("inodes", CheckStatus::Skip, "not counted by this file system", "");
    const bool are_few = inodes < kFewInodes;
    add("inodes", are_few ? CheckStatus::Warn : CheckStatus::Ok, fmt::format("{} free", inodes),
        are_few ? "each file of a snapshot needs one: remove what is not needed" : "");
  }

  fs::Disk& disk_;
  const std::string& cache_;
  Scratch scratch_;
  std::vector<DoctorCheck> checks_;
};

}  // namespace

DoctorCheck judge_file_system(unsigned long magic) {
  constexpr unsigned long kWord = 0xFFFFFFFFUL;  // f_type is signed on some machines
  DoctorCheck check{DoctorArea::Fs, "filesystem", CheckStatus::Ok, fmt::format("of kind 0x{:x}", magic & kWord), ""};
  for (const auto& known : kKnown) {
    if (known.magic != (magic & kWord)) continue;
    check.detail = known.name;
    if (known.trap.what.empty()) return check;
    const bool goes_on = known.trap.what.front() == ':';
    check.detail = (goes_on ? std::string(known.name) : "") + std::string(known.trap.what);
    check.status = CheckStatus::Warn;
    check.remedy = known.trap.remedy;
    return check;
  }
  return check;
}

std::vector<DoctorCheck> check_file_system(fs::Disk& disk, const std::string& cache, const std::string& run) {
  return Examination(disk, cache, run).run();
}

}  // namespace larder::ops
