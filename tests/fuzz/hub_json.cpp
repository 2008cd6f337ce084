// The Hub's smaller answers: a repository at a revision, its refs, commits, who one is. What is accepted is valid, all else is BadResponse.
#include "hub/decode.hpp"

#include "fuzz/fuzz.hpp"

#include <larder/repo/repo_id.hpp>
#include <larder/repo/revision.hpp>

using namespace larder;

namespace {

template <class T>
bool is_usable(const Result<T>& answer) {
  if (!answer) fuzz::must(answer.error().code == ErrorCode::BadResponse);
  return answer.has_value();
}

void check_revision(std::string_view body, repo::RepoType type) {
  const auto answer = hub::decode_revision(body, type);
  if (!is_usable(answer)) return;
  fuzz::must(repo::CommitId::parse(answer->commit.hex()).has_value());
  if (!answer->id.empty()) fuzz::must(repo::RepoId::make(type, answer->id).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body = fuzz::text_of(bytes, size);
  check_revision(body, repo::RepoType::Model);
  check_revision(body, repo::RepoType::Dataset);
  const auto refs = hub::decode_refs(body);
  if (is_usable(refs)) {
    for (const hub::RefName& ref : *refs) {
      fuzz::must(repo::Revision::parse(ref.name).has_value());
      fuzz::must(ref.commit.hex().size() == 40);
    }
  }
  const auto commits = hub::decode_commits(body);
  if (is_usable(commits)) {
    for (const repo::CommitId& commit : *commits) fuzz::must(commit.hex().size() == 40);
  }
  const auto user = hub::decode_whoami(body);
  if (is_usable(user)) fuzz::must(!user->name.empty());
  return 0;
}
