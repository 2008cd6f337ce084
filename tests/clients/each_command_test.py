"""Every command of `larder cache`, with huggingface_hub before, during and after: no new warning, nothing that is left is missed, nothing foreign is
touched. The cache is made by the client, with a file in the shared blob store under two repositories."""
import json
import os
import shutil

import harness
from harness import ClientTest, Hub, wait_until
from made_cache import MadeCache
from repos import FIRST, GOLDEN, GOLDEN_FILES, MODEL_BIN, SECOND, XET_HASH, Root, blob_name

OTHER, THIRD, FOURTH = "org/n", "3" * 40, "4" * 40
FOLDER, OTHER_FOLDER = "models--org--m", "models--org--n"
PUBLISH = f"""
from huggingface_hub import snapshot_download
from huggingface_hub.utils import _shared_blobs as shared
for revision in ('v2', 'main'):
    path = snapshot_download({GOLDEN!r}, revision=revision)
assert shared.publish_blob_to_shared_store(blob_path=%r, xet_hash={XET_HASH!r}, cache_dir=%r, expected_size={len(MODEL_BIN)})
"""
LINK = f"""
from huggingface_hub import snapshot_download
for revision in ('v2', 'main'):
    snapshot_download({OTHER!r}, revision=revision)
"""
# All that the client says of the cache: warnings; of each revision whether it can be used offline, and what its own check finds.
LOOK = """
import json
from huggingface_hub import HfApi, scan_cache_dir, snapshot_download
info = scan_cache_dir()
seen = {}
for repo in info.repos:
    for revision in repo.revisions:
        asked = dict(repo_id=repo.repo_id, repo_type=repo.repo_type, revision=revision.commit_hash)
        try:
            usable = snapshot_download(**asked, local_files_only=True) == str(revision.snapshot_path)
        except Exception as error:
            usable = type(error).__name__
        checked = HfApi().verify_repo_checksums(**asked)
        seen[repo.repo_id + '@' + revision.commit_hash] = [usable, sorted(m['path'] for m in checked.mismatches), sorted(checked.missing_paths),
                                                           sorted(checked.extra_paths), sorted(revision.refs)]
print(json.dumps({'warnings': sorted(str(w) for w in info.warnings), 'revisions': seen, 'bytes': info.size_on_disk}))
"""
# Loads one snapshot again and again, until told to stop: every time it must be whole.
USE = f"""
import hashlib, pathlib
from huggingface_hub import hf_hub_download, snapshot_download
turns = 0
while not pathlib.Path('stop').exists():
    path = pathlib.Path(snapshot_download({OTHER!r}, local_files_only=True))
    assert hashlib.sha256((path / 'model.bin').read_bytes()).hexdigest() == {blob_name("model.bin", MODEL_BIN)!r}
    assert pathlib.Path(hf_hub_download({OTHER!r}, 'sub dir/deep/a#b.txt', local_files_only=True)).read_bytes() == b'nested\\n'
    turns += 1
    pathlib.Path('using').write_text(str(turns))
"""
WHOLE = [True, [], [], []]
FOREIGN = ["notes.txt", "my model/weights.bin", ".DS_Store", f"{FOLDER}/.larder/mine", f"{FOLDER}/blobs/notes.txt", f"{FOLDER}/trees/mine.json",
           f"{FOLDER}/.no_exist/mine", ".locks/mine", f".locks/{FOLDER}/mine", "blobs/mine", f"blobs/{XET_HASH[:2]}/mine",
           f"{OTHER_FOLDER}/snapshots/{THIRD}/mine.txt", f"{OTHER_FOLDER}/notes.txt"]


class EachCommand(ClientTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.made = MadeCache(self, self.cache)
        listed = {"model.bin": XET_HASH}
        self.root = Root(self.scratch / "repos").golden(xet=listed).golden(repo=OTHER, xet=listed, ids=(THIRD, FOURTH)).folder
        self.hub = Hub("--root", self.root)
        self.addCleanup(self.hub.close)
        self.blob = self.cache / FOLDER / "blobs" / blob_name("model.bin", MODEL_BIN)
        self.python(PUBLISH % (str(self.blob), str(self.cache)), endpoint=self.hub.endpoint)
        self.python(LINK, endpoint=self.hub.endpoint, HF_HUB_DISABLE_XET="0")
        self.payload = self.cache / "blobs" / XET_HASH[:2] / XET_HASH
        self.other_blob = self.cache / OTHER_FOLDER / "blobs" / self.blob.name
        self.assertTrue(self.other_blob.is_symlink(), "the client links the second repository to the store")
        for path in FOREIGN:
            (self.cache / path).parent.mkdir(parents=True, exist_ok=True)
            (self.cache / path).write_text("mine: " + path)
            os.chmod(self.cache / path, 0o640)
        self.foreign = self.read_foreign()
        self.before = self.look()
        self.assertEqual({name: row[:3] for name, row in self.before["revisions"].items()},
                         {name: WHOLE[:3] for name in (f"{GOLDEN}@{FIRST}", f"{GOLDEN}@{SECOND}", f"{OTHER}@{THIRD}", f"{OTHER}@{FOURTH}")})

    def read_foreign(self):
        return {path: ((self.cache / path).read_text(), (self.cache / path).stat().st_mode, (self.cache / path).stat().st_mtime_ns) for path in FOREIGN
                if (self.cache / path).exists()}

    def look(self):
        return json.loads(self.python(LOOK, endpoint=self.hub.endpoint, HF_HUB_DISABLE_XET="0"))

    def during(self, *command, code=0):
        """Runs the command while the client uses org/n, then looks at everything; the client's view afterwards."""
        for name in ("stop", "using"):
            (self.scratch / name).unlink(missing_ok=True)
        user = self.start_python(USE, offline=True, HF_HUB_DISABLE_XET="0")
        wait_until(lambda: (self.scratch / "using").exists() or user.poll() is not None, "the client at work")
        done = self.larder("cache", *command, endpoint=self.hub.endpoint, check=False)
        (self.scratch / "stop").touch()
        self.finish(user)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(self.read_foreign(), self.foreign)
        after = self.look()
        self.assertEqual(set(after["warnings"]) - set(self.before["warnings"]), set())
        self.larder("cache", "verify", "--invariants")
        self.done = done
        return after

    def assert_left(self, after, *names):
        """These revisions are there, as they were; no others."""
        self.assertEqual(after["revisions"], {name: self.before["revisions"][name] for name in names})

    def everything(self):
        return list(self.before["revisions"])

    def test_ls(self):
        self.larder("cache", "ls", "--revisions")
        self.assert_left(self.during("ls", "--json", "--filter", "size>1", "--sort", "size:desc"), *self.everything())
        self.assertEqual(json.loads(self.done.stdout)["bytes"]["total"], self.before["bytes"])
        theirs = json.loads(self.hf("cache", "ls", "--format", "json", HF_HUB_DISABLE_XET="0").stdout)
        self.assertEqual({row["repo"]["type"] + "/" + row["repo"]["id"] for row in json.loads(self.done.stdout)["repos"]}, {row["id"] for row in theirs})

    def test_rm_revision(self):
        self.assert_left(self.during("rm", SECOND, "--yes"), f"{GOLDEN}@{FIRST}", f"{OTHER}@{THIRD}", f"{OTHER}@{FOURTH}")
        self.assertTrue(self.payload.exists())

    def test_rm_repository(self):
        after = self.during("rm", "model/" + GOLDEN, "--yes")
        self.assert_left(after, f"{OTHER}@{THIRD}", f"{OTHER}@{FOURTH}")
        self.assertEqual((self.payload.read_bytes(), self.other_blob.read_bytes()), (MODEL_BIN, MODEL_BIN))

    def test_rm_file(self):
        after = self.during("rm", f"hf://{GOLDEN}/README.md", "--yes")
        for name in (f"{GOLDEN}@{FIRST}", f"{GOLDEN}@{SECOND}"):
            self.assertEqual(after["revisions"].pop(name)[1:3], [[], ["README.md"]])
        self.assertEqual(after["revisions"], {name: self.before["revisions"][name] for name in (f"{OTHER}@{THIRD}", f"{OTHER}@{FOURTH}")})

    def test_prune(self):
        (self.cache / FOLDER / "refs" / "v2").unlink()
        dead = self.cache / FOLDER / "blobs" / (self.blob.name + ".0123abcd.incomplete")
        dead.write_bytes(b"part")
        os.utime(dead, (1, 1))
        self.before = self.look()
        self.assert_left(self.during("prune", "--yes"), f"{GOLDEN}@{FIRST}", f"{OTHER}@{THIRD}", f"{OTHER}@{FOURTH}")
        self.assertFalse(dead.exists())

    def test_gc(self):
        for name in ("main", "v2"):  # what the client beside uses must stay
            self.larder("cache", "pin", f"{OTHER}@{name}")
        self.assert_left(self.during("gc", "--max-size", "0", "--yes"), f"{OTHER}@{THIRD}", f"{OTHER}@{FOURTH}")
        self.assertEqual(self.payload.read_bytes(), MODEL_BIN)
        self.hf("cache", "verify", OTHER, endpoint=self.hub.endpoint)

    def test_verify_and_repair(self):
        self.assert_left(self.during("verify"), *self.everything())
        blobs = self.cache / FOLDER / "blobs"
        (blobs / blob_name("README.md", GOLDEN_FILES["README.md"])).write_bytes(b"# ho\n")
        (blobs / blob_name("config.json", GOLDEN_FILES["config.json"])).unlink()
        self.blob.unlink()
        self.blob.write_bytes(MODEL_BIN[:-1])  # what a 1.x client may leave in the link's place
        payload = (self.payload.read_bytes(), self.payload.stat().st_mtime_ns)
        self.assertEqual(self.hf("cache", "verify", GOLDEN, endpoint=self.hub.endpoint, check=False).returncode, 1)
        self.assert_left(self.during("verify", "--repair"), *self.everything())
        self.assertEqual((self.payload.read_bytes(), self.payload.stat().st_mtime_ns), payload)
        self.hf("cache", "verify", GOLDEN, endpoint=self.hub.endpoint)

    def test_pin_and_unpin(self):
        self.assert_left(self.during("pin", f"{GOLDEN}@v2"), *self.everything())
        self.hf("cache", "prune", "-y", HF_HUB_DISABLE_XET="0")  # the client knows no pins, and must not stumble over them
        self.assert_left(self.during("unpin", f"{GOLDEN}@v2"), *self.everything())

    def test_adopt_what_hf_put_into_a_folder(self):
        """`hf download --local-dir`, then its files taken over into a cache that lost that repository."""
        folder = self.scratch / "folder"
        self.hf("download", GOLDEN, "--local-dir", folder, endpoint=self.hub.endpoint)
        (folder / "notes.txt").write_text("mine")
        shutil.rmtree(self.cache / FOLDER)
        self.foreign = self.read_foreign()
        seen = harness.inventory(folder)
        after = self.during("adopt", folder, GOLDEN, "--json")
        told = json.loads(self.done.stdout)
        self.assertEqual({one["path"] for one in told["taken"]}, set(GOLDEN_FILES))
        self.assertEqual({one["from"] for one in told["left"]}, {"notes.txt"})
        self.assertEqual(harness.inventory(folder), seen)
        self.assertEqual(after["revisions"].pop(f"{GOLDEN}@{FIRST}")[:3], WHOLE[:3])
        self.assertEqual(after["revisions"], {name: self.before["revisions"][name] for name in (f"{OTHER}@{THIRD}", f"{OTHER}@{FOURTH}")})
        self.hf("cache", "verify", GOLDEN, "--local-dir", folder, endpoint=self.hub.endpoint)
        self.hf("cache", "verify", GOLDEN, endpoint=self.hub.endpoint)

    def test_adopt_another_cache(self):
        other = self.scratch / "other"
        self.larder("cache", "adopt", self.cache, cache=other)
        self.assertEqual(self.read_foreign(), self.foreign)
        moved = json.loads(self.python(LOOK, endpoint=self.hub.endpoint, cache=other, HF_HUB_DISABLE_XET="0"))
        self.assertEqual(moved["warnings"], [])
        self.assertEqual({name: row[:3] for name, row in moved["revisions"].items()}, {name: WHOLE[:3] for name in self.everything()})
        self.assertEqual(self.look(), self.before)


if __name__ == "__main__":
    harness.main()
