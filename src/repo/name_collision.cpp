#include <larder/repo/name_collision.hpp>

#include "base/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <tuple>

namespace larder::repo {
namespace {

struct FreeBytes {
  void operator()(utf8proc_uint8_t* bytes) const noexcept { std::free(bytes); }  // utf8proc_map allocates with malloc
};

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

utf8proc_option_t options_of(NameFolding folding) {
  switch (folding) {
    case NameFolding::None:
      return UTF8PROC_STABLE;
    case NameFolding::Case:
      return UTF8PROC_CASEFOLD;
    case NameFolding::Normalisation:
      return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    case NameFolding::CaseAndNormalisation:
      return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  }
  return UTF8PROC_STABLE;
}

bool folds_case(NameFolding folding) { return folding == NameFolding::Case || folding == NameFolding::CaseAndNormalisation; }

// The name as the file system compares it. Text that is not UTF-8 stays as it is.
std::string folded(std::string_view name, NameFolding folding) {
  if (folding == NameFolding::None) return std::string(name);
  if (is_ascii(name)) return folds_case(folding) ? to_lower(name) : std::string(name);
  utf8proc_uint8_t* mapped = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()), static_cast<utf8proc_ssize_t>(name.size()),
                                   &mapped, options_of(folding));
  const std::unique_ptr<utf8proc_uint8_t, FreeBytes> owner(mapped);
  if (length < 0) return std::string(name);
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
}

// A name in 16 bytes: enough to find candidates, which are then folded again and compared in full.
struct Mark {
  std::size_t hash;
  std::size_t index;
  friend auto operator<=>(const Mark&, const Mark&) = default;
};

class Collisions {
 public:
  Collisions(std::span<const std::string_view> names, NameFolding folding) : names_(names), folding_(folding) {
    marks_.reserve(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) marks_.push_back({hash_of(folded(names[i], folding)), i});
    std::sort(marks_.begin(), marks_.end());
  }

  std::vector<NameCollision> find() {
    for (std::size_t i = 0; i < names_.size(); ++i) check_name(i);
    for (std::size_t i = 0; i < names_.size(); ++i) check_folders(i);
    std::sort(found_.begin(), found_.end(),
              [](const auto& a, const auto& b) { return std::tie(a.second, a.first) < std::tie(b.second, b.first); });
    const auto is_same = [](const auto& a, const auto& b) { return a.second == b.second; };
    found_.erase(std::unique(found_.begin(), found_.end(), is_same), found_.end());
    return std::move(found_);
  }

 private:
  static std::size_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

  // Calls `use` with the index of each name that folds to `key`, lowest first, until it returns false.
  void for_each_same(const std::string& key, const std::function<bool(std::size_t)>& use) const {
    const std::size_t hash = hash_of(key);
    for (auto mark = std::lower_bound(marks_.begin(), marks_.end(), Mark{hash, 0}); mark != marks_.end() && mark->hash == hash; ++mark) {
      if (folded(names_[mark->index], folding_) == key && !use(mark->index)) return;
    }
  }

  void check_name(std::size_t index) {
    for_each_same(folded(names_[index], folding_), [&](std::size_t other) {
      if (other < index) found_.push_back({other, index});
      return false;  // the lowest is the one to report
    });
  }

  // A folder of this name that folds to another name, which is a file.
  void check_folders(std::size_t index) {
    const std::string_view name = names_[index];
    const std::string_view before = index == 0 ? std::string_view() : names_[index - 1];
    for (std::size_t slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/', slash + 1)) {
      if (before.substr(0, slash + 1) == name.substr(0, slash + 1)) continue;  // asked for the name before
      for_each_same(folded(name.substr(0, slash), folding_), [&](std::size_t other) {
        found_.push_back({std::min(index, other), std::max(index, other)});
        return false;
      });
    }
  }

  std::span<const std::string_view> names_;
  NameFolding folding_;
  std::vector<Mark> marks_;
  std::vector<NameCollision> found_;
};

}  // namespace

std::vector<NameCollision> find_collisions(std::span<const std::string_view> names, NameFolding folding) {
  if (folding == NameFolding::None) return {};
  return Collisions(names, folding).find();
}

}  // namespace larder::repo
