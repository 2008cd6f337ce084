#include "support/temp_dir.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace larder::test {
namespace {

namespace files = std::filesystem;

void make_removable(const files::path& root) {
  std::error_code ignored;
  files::permissions(root, files::perms::owner_all, files::perm_options::add, ignored);
  for (files::recursive_directory_iterator at(root, ignored), end; at != end; at.increment(ignored)) {
    if (at->is_directory(ignored) && !at->is_symlink(ignored)) {
      files::permissions(at->path(), files::perms::owner_all, files::perm_options::add, ignored);
    }
  }
}

}  // namespace

TempDir::TempDir() {
  const char* const base = std::getenv("TMPDIR");
  std::string pattern = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/larder-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  path_ = files::canonical(pattern).string();
}

TempDir::~TempDir() {
  std::error_code ignored;
  files::remove_all(path_, ignored);
  if (!files::exists(path_, ignored)) return;
  make_removable(path_);
  files::remove_all(path_, ignored);
}

std::string TempDir::write(std::string_view name, std::string_view content) const {
  const auto path = *this / name;
  files::create_directories(files::path(path).parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
  return path;
}

std::string TempDir::read(std::string_view name) const {
  std::ifstream in(*this / name, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + (*this / name));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string TempDir::folder(std::string_view name) const {
  files::create_directories(*this / name);
  return *this / name;
}

std::string TempDir::link(std::string_view name, std::string_view target) const {
  const auto path = *this / name;
  files::create_directories(files::path(path).parent_path());
  files::create_symlink(target, path);
  return path;
}

bool TempDir::has(std::string_view name) const { return files::symlink_status(*this / name).type() != files::file_type::not_found; }

}  // namespace larder::test
