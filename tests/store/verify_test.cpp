#include <larder/store/verify.hpp>

#include "store/blob_check.hpp"
#include "support/catch.hpp"
#include "support/store_rig.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <sys/stat.h>
#include <unistd.h>

using namespace larder;
using store::ProblemKind;
using test::BuiltFile;
using test::CacheBuilder;
using test::Lying;
using test::StoreRig;

namespace {

const std::string kRepo = "models--org--m";
const std::string kOne = CacheBuilder::commit('1');
const std::string kTwo = CacheBuilder::commit('2');

store::VerifyReport verify(StoreRig& rig, const store::VerifyOptions& options = {}) {
  auto run = rig.store();
  NoProgress progress;
  auto report = store::verify_cache(run, options, progress, CancelToken{});
  if (!report) throw std::runtime_error(report.error().text());
  return std::move(*report);
}

std::set<std::string> shown(const store::VerifyReport& report) {
  std::set<std::string> lines;
  for (const auto& finding : report.findings) lines.insert(std::string(store::name(finding.kind)) + " " + finding.path);
  return lines;
}

std::string content_of(std::size_t number) {
  std::string content = "file " + std::to_string(number) + " ";
  content.resize(20 + number % 300, static_cast<char>('a' + number % 26));
  return content;
}

}  // namespace

TEST_CASE("verify_cache: a sound cache has no finding", "[store][verify]") {
  StoreRig rig;
  BuiltFile shared{"big.bin", std::string(3000, 'x'), true, Lying::Shared};
  BuiltFile copy{"copy.bin", std::string(2000, 'y'), true, Lying::Copy};
  rig.cache.add(kRepo, kOne, {{"a.json", "{}", false}, {"empty.txt", "", false}, shared, copy}, {"main", "refs/pr/1"});
  rig.cache.add("datasets--org--d", kTwo, {shared, {"sub/b.bin", std::string(70000, 'b'), true}}, {"main"});
  const auto report = verify(rig, {{}, true, 0});
  CHECK(shown(report).empty());
  CHECK(report.checked.blobs == 6);
  CHECK(report.checked.bytes == 2 + 0 + 3000 + 2000 + 70000);  // a payload is read once
  CHECK(report.checked.links == 6);
  CHECK(report.checked.refs == 3);
  CHECK_FALSE(report.has_damage());
}

TEST_CASE("verify_cache: of two thousand blobs exactly the damaged ones are reported, each with its word", "[store][verify]") {
  StoreRig rig;  // C17, C18, C26
  constexpr std::size_t kFiles = 2000;
  std::vector<BuiltFile> files;
  for (std::size_t i = 0; i < kFiles; ++i) {
    // Every fifth without a listed twin of its size would not matter: sizes repeat on purpose.
    files.push_back({"d" + std::to_string(i % 7) + "/f" + std::to_string(i), content_of(i), i % 2 == 0, Lying::Blob});
  }
  for (std::size_t i = 0; i < kFiles; i += 50) {
    if (files[i].is_lfs) files[i].lying = Lying::Shared;
  }
  rig.cache.add(kRepo, kOne, files, {"main"});
  std::set<std::string> expected;
  const auto blob = [&](std::size_t i) { return kRepo + "/blobs/" + CacheBuilder::blob_name(files[i]); };
  const auto entry = [&](std::size_t i) { return kRepo + "/snapshots/" + kOne + "/" + files[i].path; };
  const auto bytes_of = [&](std::size_t i) {
    const std::string xet = CacheBuilder::xet_hash(files[i].content);
    return files[i].lying == Lying::Shared ? "blobs/" + xet.substr(0, 2) + "/" + xet : blob(i);
  };
  for (std::size_t i = 3; i < kFiles; i += 17) {
    const std::string& content = files[i].content;
    std::string changed = content;
    changed[content.size() / 2] = static_cast<char>(changed[content.size() / 2] ^ 1);
    switch ((i / 17) % 12) {
      case 0:
        rig.cache.write(bytes_of(i), changed);
        expected.insert("digest " + blob(i));
        break;
      case 1:
        rig.cache.write(bytes_of(i), content.substr(0, content.size() - 1));
        expected.insert("size " + blob(i));
        break;
      case 2:
        rig.cache.write(bytes_of(i), content + "x");
        expected.insert("size " + blob(i));
        break;
      case 3:
        rig.cache.write(bytes_of(i), "");
        expected.insert("empty " + blob(i));
        break;
      case 4:
        rig.cache.remove(bytes_of(i));
        expected.insert("missing " + blob(i));
        break;
      case 5: {  // the right bytes under another name
        std::string wrong = CacheBuilder::blob_name(files[i]);
        wrong.back() = wrong.back() == '0' ? '1' : '0';
        rig.cache.remove(blob(i));
        rig.cache.write(kRepo + "/blobs/" + wrong, content);
        expected.insert("missing " + blob(i));
        expected.insert("misnamed " + kRepo + "/blobs/" + wrong);
        break;
      }
      case 6: {  // the bytes of another file
        const std::size_t other = i + 1;
        rig.cache.remove(blob(i));
        rig.cache.write(blob(i), files[other].content);
        expected.insert("misnamed " + blob(i));
        break;
      }
      case 7:
        rig.cache.write(bytes_of(i), std::string(content.size(), '\0'));
        expected.insert("digest " + blob(i));
        break;
      case 8:
        rig.cache.link(entry(i), rig.cache / blob(i));
        expected.insert("link " + entry(i));
        break;
      case 9:
        rig.cache.link(entry(i), "../../../../../elsewhere");
        expected.insert("link " + entry(i));
        break;
      case 10:
        rig.cache.remove(blob(i));
        std::filesystem::create_directory(rig.cache / blob(i));
        expected.insert("missing " + blob(i));
        break;
      case 11:
        rig.cache.remove(entry(i));
        rig.cache.write(entry(i), changed);  // a copy the user edited
        expected.insert("digest " + entry(i));
        break;
    }
  }
  const auto report = verify(rig);
  CHECK(shown(report) == expected);
  CHECK(report.has_damage());
  for (const auto& finding : report.findings) {
    REQUIRE(finding.repo);
    CHECK(finding.repo->id() == "org/m");
  }
}

TEST_CASE("verify_cache: notes do not count as damage and nothing is changed", "[store][verify]") {
  StoreRig rig;  // I6
  rig.cache.add(kRepo, kOne, {{"a.json", "{}", false}}, {"main"});
  rig.cache.write(kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete", "x");
  rig.cache.write(kRepo + "/blobs/notes.txt", "x");
  rig.cache.write(kRepo + "/snapshots/" + kOne + "/extra.txt", "x");
  rig.cache.write(kRepo + "/.larder/partial/" + std::string(64, 'b') + ".0123abcd/data", "x");
  rig.cache.write("version.txt", "x");
  const auto before = rig.cache.picture();
  const auto report = verify(rig, {{}, true, 1});
  CHECK(shown(report) ==
        std::set<std::string>{"partial " + kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete",
                              "foreign " + kRepo + "/blobs/notes.txt", "foreign " + kRepo + "/snapshots/" + kOne + "/extra.txt",
                              "partial " + kRepo + "/.larder/partial/" + std::string(64, 'b') + ".0123abcd", "foreign version.txt"});
  CHECK_FALSE(report.has_damage());
  CHECK(rig.cache.picture() == before);
}

TEST_CASE("verify_cache: findings name the invariant they break", "[store][verify]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {{"a.json", "{}", false}, {"b.json", "[]", false}}, {"main"});
  const std::string a = kRepo + "/blobs/" + CacheBuilder::blob_name("{}", false);
  const std::string b = kRepo + "/blobs/" + CacheBuilder::blob_name("[]", false);
  rig.cache.write(a, "[}");
  rig.cache.remove(b);
  rig.cache.write(kRepo + "/refs/bad", kOne + "\n");
  rig.cache.write(kRepo + "/refs/gone", kTwo);
  rig.cache.write(kRepo + "/refs/main.1a2b3c4d.tmp", kOne);
  rig.cache.link(kRepo + "/snapshots/" + kOne + "/out", "../../../x");
  rig.cache.write(kRepo + "/snapshots/file", "x");
  rig.cache.write(kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete", "x");
  rig.cache.write("models--org--bare/refs/.keep", "");
  std::map<std::string, std::string> ids;
  for (const auto& finding : verify(rig, {{}, true, 0}).findings) ids[finding.path] = finding.invariant;
  CHECK(ids[a] == "I1");
  CHECK(ids[b] == "I3");
  CHECK(ids[kRepo + "/refs/bad"] == "I2");
  CHECK(ids[kRepo + "/refs/gone"] == "I2");
  CHECK(ids[kRepo + "/snapshots/" + kOne + "/out"] == "I3");
  CHECK(ids[kRepo + "/refs/main.1a2b3c4d.tmp"] == "I4");
  CHECK(ids[kRepo + "/snapshots/file"] == "I12");
  CHECK(ids[kRepo + "/blobs/" + std::string(64, 'a') + ".incomplete"] == "I4");
  CHECK(ids["models--org--bare/snapshots"] == "I12");
  for (const auto& finding : verify(rig).findings) CHECK(finding.invariant.empty());
}

TEST_CASE("verify_cache: a scope leaves everything else alone", "[store][verify]") {
  StoreRig rig;
  const BuiltFile shared{"s.bin", std::string(500, 's'), true, Lying::Shared};
  rig.cache.add(kRepo, kOne, {{"a.json", "{}", false}, shared}, {"main"});
  rig.cache.add(kRepo, kTwo, {{"b.json", "[]", false}}, {});
  rig.cache.add("models--org--bad", kOne, {{"a.json", "{}", false}}, {"main"});
  rig.cache.write("models--org--bad/blobs/" + CacheBuilder::blob_name("{}", false), "xx");
  rig.cache.write(kRepo + "/blobs/" + CacheBuilder::blob_name("[]", false), "xx");
  const auto repo = test::model("org/m");
  const auto whole = verify(rig, {{{repo, ""}}, false, 0});
  CHECK(shown(whole) == std::set<std::string>{"digest " + kRepo + "/blobs/" + CacheBuilder::blob_name("[]", false)});
  CHECK(whole.checked.blobs == 3);
  const auto one = verify(rig, {{{repo, kOne}}, false, 0});
  CHECK(one.findings.empty());
  CHECK(one.checked.blobs == 2);
  CHECK(verify(rig, {{{repo, kTwo}}, false, 0}).findings.size() == 1);
  auto run = rig.store();
  NoProgress progress;
  const auto absent = store::verify_cache(run, {{{test::model("org/none"), ""}}, false, 0}, progress, CancelToken{});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == ErrorCode::NotInCache);
}

TEST_CASE("verify_cache: a blob that huggingface.js named by its Xet hash is held against the listed sha256", "[store][verify]") {
  StoreRig rig;
  BuiltFile file{"big.bin", std::string(500, 'x'), true, Lying::Shared};
  rig.cache.add(kRepo, kOne, {file}, {"main"});
  const std::string xet = CacheBuilder::xet_hash(file.content);
  rig.cache.remove("blobs");
  rig.cache.remove(kRepo + "/blobs/" + CacheBuilder::blob_name(file));
  rig.cache.write(kRepo + "/blobs/" + xet, file.content);
  rig.cache.link(kRepo + "/snapshots/" + kOne + "/big.bin", "../../blobs/" + xet);
  CHECK(verify(rig).findings.empty());
}

TEST_CASE("verify_cache: a link to the right blob of another file is found", "[store][verify]") {  // I3, C18
  StoreRig rig;
  const BuiltFile one{"a.txt", "one", false};
  const BuiltFile two{"sub/b.txt", "two", false};
  rig.cache.add(kRepo, kOne, {one, two}, {"main"});
  const std::string entry = kRepo + "/snapshots/" + kOne + "/sub/b.txt";
  rig.cache.remove(entry);
  rig.cache.link(entry, "../../../blobs/" + CacheBuilder::blob_name(one));
  const auto report = verify(rig);
  CHECK(shown(report) == std::set<std::string>{"link " + entry});
  CHECK(report.has_damage());
}

TEST_CASE("verify_cache: stops when it is told to", "[store][verify]") {
  StoreRig rig;
  rig.cache.add(kRepo, kOne, {{"a.json", "{}", false}}, {"main"});
  CancelSource cancel;
  cancel.interrupt(2);
  auto run = rig.store();
  NoProgress progress;
  const auto report = store::verify_cache(run, {}, progress, cancel.token());
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::Interrupted);
}

TEST_CASE("verify_local_dir: a folder against its own metadata", "[store][verify]") {
  StoreRig rig;  // R-601…R-606
  CacheBuilder folder(rig.dir / "local");
  const auto put = [&](const std::string& path, const std::string& content, bool is_lfs) {
    folder.write(path, content);
    folder.write(".cache/huggingface/download/" + path + ".metadata",
                 kOne + "\n" + CacheBuilder::blob_name(content, is_lfs) + "\n99999999999.5\n");
  };
  put("a.json", "{}", false);
  put("sub dir/model.bin", std::string(500, 'm'), true);
  put("short.bin", std::string(500, 's'), true);
  put("flipped.txt", "flipped", false);
  put("gone.txt", "gone", false);
  put("linked.txt", "linked", false);
  folder.write(".cache/huggingface/CACHEDIR.TAG", "x");
  folder.write(".git/config", "x");
  folder.write("short.bin", "s");
  folder.write("flipped.txt", "flapped");
  folder.remove("gone.txt");
  folder.link("linked.txt", "/etc/hostname");
  folder.write("mine.txt", "mine");
  auto run = rig.store();
  NoProgress progress;
  const auto report = store::verify_local_dir(run, folder.root(), {}, progress, CancelToken{});
  REQUIRE(report);
  CHECK(shown(*report) ==
        std::set<std::string>{"digest flipped.txt", "digest short.bin", "missing gone.txt", "link linked.txt", "foreign mine.txt"});
  CHECK(report->checked.blobs == 4);
  folder.write(".cache/huggingface/trees/.keep", "");
  CacheBuilder trees(rig.dir / "local/.cache");
  trees.write_tree("huggingface", kOne, {{"short.bin", std::string(500, 's'), true}, {"new.txt", "n", false}});
  const auto sized = store::verify_local_dir(run, folder.root(), {}, progress, CancelToken{});
  REQUIRE(sized);
  CHECK(shown(*sized).contains("size short.bin"));
}

TEST_CASE("verify_local_dir: metadata that nobody wrote so is no metadata", "[store][verify]") {
  StoreRig rig;
  CacheBuilder folder(rig.dir / "local");
  const std::string metadata = kOne + "\n" + CacheBuilder::blob_name("{}", false) + "\n99999999999.5\n";
  folder.write("good.json", "{}");
  folder.write(".cache/huggingface/download/good.json.metadata", metadata);
  folder.write("huge.json", "{}");
  folder.write(".cache/huggingface/download/huge.json.metadata", metadata + std::string(100'000, '\n'));
  folder.write("linked.json", "{}");
  folder.link(".cache/huggingface/download/linked.json.metadata", "good.json.metadata");
  auto run = rig.store();
  NoProgress progress;
  const auto report = store::verify_local_dir(run, folder.root(), {}, progress, CancelToken{});
  REQUIRE(report);
  CHECK(shown(*report) == std::set<std::string>{"foreign huge.json", "foreign linked.json"});
  CHECK(report->checked.blobs == 1);
}

TEST_CASE("verify_local_dir: nothing to hold the files against is said, and a listing of the cache will do", "[store][verify]") {
  StoreRig rig;
  CacheBuilder folder(rig.dir / "local");
  folder.write("a.json", "{}");
  auto run = rig.store();
  NoProgress progress;
  const auto blind = store::verify_local_dir(run, folder.root(), {}, progress, CancelToken{});
  REQUIRE_FALSE(blind);
  CHECK(blind.error().code == ErrorCode::NotInCache);
  CHECK(blind.error().message.find("nothing was checked") != std::string::npos);
  CHECK_FALSE(blind.error().hint.empty());

  const auto repo = repo::RepoId::make(repo::RepoType::Model, "org/m").value();
  store::VerifyOptions options;
  options.scopes.push_back({repo, kOne});
  CHECK(store::verify_local_dir(run, folder.root(), options, progress, CancelToken{}).error().code == ErrorCode::NotInCache);
  rig.cache.write_tree("models--org--m", kOne, {{"a.json", "[]", false}});
  const auto report = store::verify_local_dir(run, folder.root(), options, progress, CancelToken{});
  REQUIRE(report);
  CHECK(shown(*report) == std::set<std::string>{"digest a.json"});
}

TEST_CASE("judge: the first word that explains the most", "[store][blob_check]") {
  const auto digest = [](char digit) { return *digest::Digest::from_hex(std::string(64, digit)); };
  store::BlobCheck check;
  check.expected = digest('a');
  check.size = 10;
  const auto kind = [&](const store::FoundBytes& found) {
    const auto problem = store::judge(check, found);
    return problem ? std::string(store::name(problem->kind)) : std::string("right");
  };
  check.actual_size = 10;
  CHECK(kind({digest('a'), {}, false}) == "right");
  CHECK(kind({digest('b'), {}, false}) == "digest");
  CHECK(kind({digest('b'), {}, true}) == "misnamed");
  check.actual_size = 9;
  CHECK(kind({digest('b'), {}, false}) == "size");
  CHECK(kind({digest('b'), {}, true}) == "misnamed");
  check.actual_size = 0;
  CHECK(kind({digest('b'), {}, false}) == "empty");
  CHECK(kind({digest('b'), {}, true}) == "empty");
  check.size.reset();
  check.actual_size = 9;
  CHECK(kind({digest('b'), {}, false}) == "digest");
  check.size = 10;
  check.actual_size = 10;
  const auto problem = store::judge(check, {digest('b'), *digest::Digest::from_hex(std::string(40, 'c')), true});  // C26
  REQUIRE(problem);
  CHECK(problem->actual == "git-sha1:" + std::string(40, 'c'));
}
