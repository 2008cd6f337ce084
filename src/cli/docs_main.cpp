// larder_docs: writes the pages that are made from tables, or checks that they are up to date.
#include "cli/manual.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// False: the page is not as it should be.
bool settle(const std::string& path, const std::string& text, bool only_check) {
  if (content(path) == text) return true;
  if (only_check) {
    std::cerr << path << " is out of date: run larder_docs FOLDER\n";
    return false;
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  const bool only_check = argc == 3 && std::string(argv[1]) == "--check";
  if (argc != 2 && !only_check) {
    std::cerr << "usage: larder_docs [--check] FOLDER\n";
    return 2;
  }
  const std::string folder = argv[argc - 1];
  const bool man = settle(folder + "/larder.1", larder::cli::man_page(), only_check);
  const bool settings = settle(folder + "/settings.md", larder::cli::settings_page(), only_check);
  return man && settings ? 0 : 1;
}
