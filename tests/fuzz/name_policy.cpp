// Names that a server chose: what the policy lets through must be harmless on any disk.
#include <larder/repo/name_collision.hpp>
#include <larder/repo/quant.hpp>
#include <larder/repo/repo_id.hpp>
#include <larder/repo/repo_path.hpp>
#include <larder/repo/revision.hpp>
#include <larder/repo/weights.hpp>

#include "fuzz/fuzz.hpp"

#include <string>
#include <vector>

using namespace larder;

namespace {

bool is_harmless(std::string_view name) {
  const std::string framed = "/" + std::string(name) + "/";
  return !name.empty() && framed.find("/../") == std::string::npos && framed.find("//") == std::string::npos &&
         framed.find("/./") == std::string::npos && framed.find("/.git/") == std::string::npos && framed.find('\\') == std::string::npos &&
         framed.find('\0') == std::string::npos && repo::is_printable_utf8(name);
}

void check_name(std::string_view name) {
  const auto in_cache = repo::check_name(name, repo::NamePlace::Cache);
  const auto in_folder = repo::check_name(name, repo::NamePlace::LocalFolder);
  if (in_cache) fuzz::must(is_harmless(name));
  if (in_folder) fuzz::must(in_cache.has_value());
  if (!in_cache) fuzz::must(repo::is_printable_utf8(in_cache.error().message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input = fuzz::text_of(bytes, size);
  check_name(input);
  if (repo::Revision::parse(input)) fuzz::must(is_harmless(input));
  if (repo::RepoId::make(repo::RepoType::Model, input)) fuzz::must(is_harmless(input));
  const std::string label = repo::quant_label(input);
  if (!label.empty()) fuzz::must(repo::is_quant_label(label));

  std::vector<std::string_view> names;
  for (std::string_view rest = input; !rest.empty();) names.push_back(fuzz::take_line(rest));
  const auto by_case = repo::find_collisions(names, repo::NameFolding::Case);
  const auto by_both = repo::find_collisions(names, repo::NameFolding::CaseAndNormalisation);
  for (const auto& pair : by_both) fuzz::must(pair.first < pair.second && pair.second < names.size());
  fuzz::must(repo::find_collisions(names, repo::NameFolding::None).empty());
  (void)by_case;
  return 0;
}
