// refs/ as a scan sees it.
#pragma once

#include "store/store.hpp"

#include <larder/base/result.hpp>

#include <functional>
#include <string>
#include <vector>

namespace larder::store {

enum class RefShape : std::uint8_t {
  Good,        ///< exactly 40 hex digits
  Trimmable,   ///< white space around them (R-539, C16)
  Bad,         ///< anything else: empty, garbage, 41 digits
  Unreadable,  ///< a link, a fifo, too large, no permission
};

/// One file below refs/ (R-803). `name`: relative to refs/, exact bytes.
struct RefRecord {
  std::string name;
  std::string content;  ///< trimmed; what an Unreadable one holds is not known
  RefShape shape = RefShape::Good;
  fs::FileFacts facts;
};

/// What the ref `name` holds, of which `facts` were seen; never an error: what cannot be read is Unreadable.
RefRecord read_ref_file(fs::Disk& disk, const RepoLayout& layout, std::string name, const fs::FileFacts& facts);

/// One folder of refs/ (`folder`: relative to refs/, "" for itself): each file is passed to `visit` by its name, in no order; the names of
/// its subfolders are added to `subfolders`.
Result<void> list_ref_folder(fs::Disk& disk, const RepoLayout& layout, const std::string& folder,
                             const std::function<Result<void>(std::string name, const fs::FileFacts& facts)>& visit,
                             std::vector<std::string>& subfolders);

/// Every file below refs/ at any depth (at most 64), helper names left out; sorted by name. Links are listed, never followed.
Result<std::vector<RefRecord>> scan_refs(fs::Disk& disk, const RepoLayout& layout);

}  // namespace larder::store
