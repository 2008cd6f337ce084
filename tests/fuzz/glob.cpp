// Patterns and paths: no input may take long, and more stars never match less.
#include <larder/repo/path_filter.hpp>

#include "fuzz/fuzz.hpp"
#include "repo/code_points.hpp"

#include <string>

using namespace larder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view path = fuzz::text_of(bytes, size);
  const std::string pattern(fuzz::take_line(path));
  const std::u32string points = repo::code_points(path);
  if (repo::Glob(pattern).matches(points)) {
    fuzz::must(repo::Glob("*" + pattern).matches(points));
    fuzz::must(repo::Glob(pattern + "*").matches(points));
  }
  const repo::PathFilter including(std::vector<std::string>{pattern}, {});
  const repo::PathFilter excluding(std::nullopt, {pattern});
  fuzz::must(including.keeps(path) != excluding.keeps(path));
  return 0;
}
