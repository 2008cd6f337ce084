// What lies in a folder that is to be adopted, and what kind of folder it is.
#pragma once

#include "fs/disk.hpp"
#include "ops/adoption.hpp"

#include <larder/digest/digest.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace larder::ops {

/// Cache: has repository folders of the Hub's layout. Ollama: has blobs/sha256-… . Plain: anything else, --local-dir and LM Studio
/// included.
enum class FolderKind : std::uint8_t { Plain, Cache, Ollama };
FolderKind folder_kind(fs::Disk& disk, const std::string& folder);

/// One file of it.
struct FolderFile {
  std::string path;  ///< relative, exact bytes
  fs::FileFacts facts;
  std::optional<digest::Digest> claimed;  ///< what its name promises (Ollama)
};

/// Regular files, and links to regular files, sorted by path; bookkeeping of `hf` and of git left out. What cannot be read is left.
Result<std::vector<FolderFile>> list_folder(Adoption& run, FolderKind kind);

}  // namespace larder::ops
