// RepoType and RepoId: which repository.
#pragma once

#include <larder/base/result.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace larder::repo {

enum class RepoType { Model, Dataset, Space, Kernel };
inline constexpr std::array kRepoTypes = {RepoType::Model, RepoType::Dataset, RepoType::Space, RepoType::Kernel};

std::string_view name(RepoType type);        ///< "model", "dataset", "space", "kernel"
std::string_view plural(RepoType type);      ///< "models", … : API segment and cache folder prefix
std::string_view url_prefix(RepoType type);  ///< "" for models, else "datasets/", "spaces/", "kernels/" (R-112)
/// From "model" or "models" …; errors: InvalidArgument.
Result<RepoType> parse_repo_type(std::string_view text);

/// Type and id, checked by. "org/name" or a legacy id of one word.
class RepoId {
 public:
  RepoId() = default;
  /// Errors: InvalidArgument, saying which rule. T-1…T-5.
  static Result<RepoId> make(RepoType type, std::string_view id);

  [[nodiscard]] RepoType type() const { return type_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  /// "org/name" for models, "datasets/org/name" … for others: as a reference is written.
  [[nodiscard]] std::string text() const;
  /// "models--org--name".
  [[nodiscard]] std::string folder_name() const;
  /// Back from a folder name: type by prefix, each further "--" is "/"; nullopt when it is none. No id check.
  static std::optional<RepoId> from_folder_name(std::string_view folder);
  friend bool operator==(const RepoId&, const RepoId&) = default;
  friend auto operator<=>(const RepoId&, const RepoId&) = default;

 private:
  RepoType type_ = RepoType::Model;
  std::string id_;
};

}  // namespace larder::repo
