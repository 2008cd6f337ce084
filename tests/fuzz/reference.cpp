// References: what is accepted can be written back and means the same.
#include <larder/repo/reference.hpp>

#include "fuzz/fuzz.hpp"

using namespace larder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  repo::ReferenceContext context;
  context.endpoint_host = "hub.example:8080";
  const auto first = repo::parse_reference(fuzz::text_of(bytes, size), context);
  if (!first) return 0;
  const bool is_word = first->repo.id().find('/') == std::string::npos;
  // Behind one word a path would become part of the id; and a link may name a file called "x:Q4_0", which a plain reference can't.
  if (is_word && !first->path.empty() && !first->revision) return 0;
  if (first->path.find(':') != std::string::npos) return 0;
  std::string written = repo::text(*first);
  if (first->repo.type() == repo::RepoType::Model) written.insert(0, "models/");  // else an org may look like a host or a type
  const auto second = repo::parse_reference(written, context);
  fuzz::must(second.has_value());
  fuzz::must(second->repo == first->repo);
  fuzz::must(second->revision == first->revision);
  fuzz::must(second->path == first->path);
  fuzz::must(second->quant == first->quant);
  return 0;
}
