"""The golden repository of repos.py: larder's cache beside the one huggingface_hub makes, byte for byte, mode for mode, link for link."""
import hashlib
import json

import harness
from harness import ClientTest, Hub, inventory
from repos import FIRST, GOLDEN, GOLDEN_FILES, SECOND, Root, blob_name

SNAPSHOT = f"from huggingface_hub import snapshot_download\nprint(snapshot_download({GOLDEN!r}))"
TREE = f"models--org--m/trees/{FIRST}.json"
TREE_SHA256 = "9db7804c3104ad19508e28e28cbbe4a6dade38b06a36ecaa58909b95774a8956"
# The first is of larder alone; of locks each client makes those it needs: files up to 1 MiB take none here (engine.md §5.4).
OWN = (".larder", ".locks")


class Golden(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").golden().folder

    def both_caches(self, umask):
        """(larder's, Python's) inventory of the same download with this umask."""
        ours, theirs = self.scratch / "ours", self.scratch / "theirs"
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, endpoint=hub.endpoint, cache=ours, umask=umask)
            self.python(SNAPSHOT, endpoint=hub.endpoint, cache=theirs, umask=umask)
        self.assert_scan_clean(ours)
        return inventory(ours, OWN), inventory(theirs, OWN)

    def test_the_cache_is_the_one_that_python_makes(self):
        for umask in (0o022, 0o002, 0o077):
            with self.subTest(umask=oct(umask)):
                ours, theirs = self.both_caches(umask)
                # Python's listing is private whatever the umask; ours is for whoever may read the cache.
                self.assertEqual(theirs[TREE][0], 0o600)
                self.assertEqual(ours[TREE][0], 0o666 & ~umask)
                ours[TREE] = theirs[TREE] = (0, ours[TREE][1] if ours[TREE][1] == theirs[TREE][1] else "differs")
                self.assertEqual(set(ours), set(theirs))
                self.assertEqual(ours, theirs)
            for cache in ("ours", "theirs"):
                harness.shutil.rmtree(self.scratch / cache)

    def test_the_values_of_the_specification(self):
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
        found = inventory(self.cache, OWN)
        self.assertEqual(hashlib.sha256(found[TREE][1]).hexdigest(), TREE_SHA256)
        self.assertEqual(len(found[TREE][1]), 731)
        self.assertEqual(len(found["CACHEDIR.TAG"][1]), 191)
        self.assertEqual(found["models--org--m/refs/main"], (0o644, FIRST.encode()))
        for path, data in GOLDEN_FILES.items():
            name = blob_name(path, data)
            self.assertEqual(found["models--org--m/blobs/" + name], (0o644, data))
            up = "../" * (2 + path.count("/"))
            self.assertEqual(found[f"models--org--m/snapshots/{FIRST}/{path}"][1], f"-> {up}blobs/{name}")

    def test_python_finds_lists_and_verifies_what_larder_pulled(self):  # (1)
        with Hub("--root", self.root) as hub:
            path = self.pull(GOLDEN, endpoint=hub.endpoint)["path"]
            self.pull(GOLDEN + "@v2", endpoint=hub.endpoint)
            verified = self.python(f"from huggingface_hub import HfApi\nr=HfApi().verify_repo_checksums({GOLDEN!r})\n"
                                   "print(r.checked_count, r.mismatches, r.missing_paths, r.extra_paths)", endpoint=hub.endpoint)
        self.assertEqual(verified, "6 [] [] []")
        self.assertEqual(self.python(SNAPSHOT, offline=True), path)
        sums = self.python("import hashlib\nfrom huggingface_hub import hf_hub_download\n"
                           f"for n in {list(GOLDEN_FILES)!r}: print(hashlib.sha256(open(hf_hub_download({GOLDEN!r}, n), 'rb').read()).hexdigest())", offline=True)
        self.assertEqual(sums.split(), [hashlib.sha256(data).hexdigest() for data in GOLDEN_FILES.values()])
        listed = json.loads(self.larder("cache", "ls", "--revisions", "--json").stdout)["revisions"]
        seen = json.loads(self.python("import json\nfrom huggingface_hub import scan_cache_dir\ns=scan_cache_dir()\n"
                                      "print(json.dumps([[r.commit_hash, r.size_on_disk, r.nb_files, sorted(r.refs)] for x in s.repos for r in x.revisions]))"))
        self.assertEqual(sorted(seen), sorted([one["commit"], one["bytes"], one["files"], sorted(one["refs"])] for one in listed))

    def test_larder_resolves_every_path_that_python_downloaded(self):  # (2)
        with Hub("--root", self.root) as hub:
            folder = self.python(SNAPSHOT, endpoint=hub.endpoint)
        before = inventory(self.cache, OWN)
        self.assertEqual(self.larder("pull", GOLDEN, "--offline").stdout.strip(), folder)
        for path in GOLDEN_FILES:
            self.assertEqual(self.larder("pull", GOLDEN, path, "--offline").stdout.strip(), f"{folder}/{path}")
        self.larder("cache", "verify", GOLDEN)
        after = inventory(self.cache, OWN)
        self.assertEqual(after, before)

    def test_a_new_commit_fetches_what_changed_and_both_stay(self):  # (5)
        for first, second in (("larder", "python"), ("python", "larder")):
            with self.subTest(first=first):
                cache = self.scratch / first
                Root(self.root).golden()
                with Hub("--root", self.root) as hub:
                    self.download(first, hub, cache)
                Root(self.root).golden(main=SECOND)
                with Hub("--root", self.root) as hub:
                    self.download(second, hub, cache)
                self.assertEqual(hub.fetched_names(), ["config.json"])
                self.assertEqual((cache / "models--org--m/refs/main").read_bytes(), SECOND.encode())
                for commit, a in ((FIRST, 1), (SECOND, 2)):
                    self.assertEqual(json.loads((cache / "models--org--m/snapshots" / commit / "config.json").read_bytes()), {"a": a})
                self.assert_scan_clean(cache)

    def download(self, client, hub, cache, revision="main"):
        if client == "larder":
            return self.pull(GOLDEN, "--revision", revision, endpoint=hub.endpoint, cache=cache)["path"]
        return self.python(f"from huggingface_hub import snapshot_download\nprint(snapshot_download({GOLDEN!r}, revision={revision!r}))",
                           endpoint=hub.endpoint, cache=cache)

    def test_revisions_with_slashes(self):  # (6)
        Root(self.root).add(GOLDEN, [(FIRST, "main", GOLDEN_FILES), (SECOND, "feature/x", {"a.txt": b"x\n"})], refs={"refs/pr/1": 1, "refs/convert/parquet": 1})
        for revision in ("feature/x", "refs/pr/1", "refs/convert/parquet"):
            for client in ("larder", "python"):
                with self.subTest(revision=revision, client=client):
                    cache = self.scratch / f"{client}-{revision.replace('/', '-')}"
                    with Hub("--root", self.root) as hub:
                        folder = self.download(client, hub, cache, revision)
                    self.assertEqual((cache / "models--org--m/refs" / revision).read_bytes(), SECOND.encode())
                    other = self.python(f"from huggingface_hub import snapshot_download\nprint(snapshot_download({GOLDEN!r}, revision={revision!r}))",
                                        offline=True, cache=cache)
                    self.assertEqual(other, folder)
                    self.assertEqual(self.larder("pull", GOLDEN, "--revision", revision, "--offline", cache=cache).stdout.strip(), folder)
                    self.assert_scan_clean(cache)

    def test_python_removes_one_of_two_revisions(self):  # (9)
        with Hub("--root", self.root) as hub:
            self.pull(GOLDEN, endpoint=hub.endpoint)
            self.pull(GOLDEN + "@v2", endpoint=hub.endpoint)
        self.python(f"from huggingface_hub import scan_cache_dir\nscan_cache_dir().delete_revisions({SECOND!r}).execute()")
        self.assertEqual(self.larder("pull", GOLDEN, "--offline").stdout.strip(), str(self.cache / "models--org--m/snapshots" / FIRST))
        self.larder("cache", "verify")
        self.assertEqual(self.larder("pull", GOLDEN + "@v2", "--offline", check=False).returncode, 3)
        self.assert_scan_clean()


if __name__ == "__main__":
    harness.main()
