"""--local-dir: real files with hf's own bookkeeping, a folder that either tool continues, and nothing of the user's lost."""
import json
import os
import signal
import time
import unittest

import harness
from harness import ClientTest, Hub, inventory, wait_until
from repos import FIRST, GOLDEN, GOLDEN_FILES, MODEL_BIN, SECOND, SECOND_FILES, Root, blob_name

LARGE = MODEL_BIN * 8
HF = f"from huggingface_hub import snapshot_download\nprint(snapshot_download({GOLDEN!r}, local_dir=%r, revision=%r))"


class LocalDir(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").golden().folder
        self.folder = self.scratch / "a folder"
        self.book = self.folder / ".cache" / "huggingface"

    def get(self, client, hub, revision="main", **options):
        if client == "hf":
            return self.python(HF % (str(self.folder), revision), endpoint=hub.endpoint, **options)
        return self.larder("pull", GOLDEN, "--revision", revision, "--local-dir", self.folder, endpoint=hub.endpoint, **options).stdout.strip()

    def assert_files(self, files=GOLDEN_FILES):
        for path, data in files.items():
            self.assertEqual((self.folder / path).read_bytes(), data, path)
            self.assertFalse((self.folder / path).is_symlink())

    def metadata(self, path):
        return (self.book / "download" / (path + ".metadata")).read_text().split("\n")

    def files_without_times(self):
        """All of the folder but larder's own corner, locks, and the time in the metadata."""
        found = {}
        for name, (mode, content) in inventory(self.folder, ("larder",)).items():
            if name.endswith(".metadata"):
                content = content.split(b"\n")[:2]
                mode = mode | 0o044  # R-531's private mode is for trees only
            if name.endswith(".json") and "/trees/" in name:
                mode = 0
            if not name.endswith(".lock"):
                found[name] = (mode, content)
        return found

    def test_the_folder_is_the_one_that_hf_makes(self):
        for umask in (0o022, 0o077):
            folders = []
            for client in ("larder", "hf"):
                with Hub("--root", self.root) as hub:
                    self.assertEqual(self.get(client, hub, umask=umask), str(self.folder))
                folders.append(self.files_without_times())
                harness.shutil.rmtree(self.folder)
            self.assertEqual(folders[0], folders[1], oct(umask))

    def test_either_continues_what_the_other_began(self):  # (8)
        for first, second in (("larder", "hf"), ("hf", "larder")):
            with self.subTest(first=first):
                with Hub("--root", self.root) as hub:
                    self.get(first, hub)
                began = {path: (self.folder / path).stat().st_ino for path in GOLDEN_FILES}
                with Hub("--root", self.root) as hub:
                    self.get(second, hub)
                self.assertEqual(hub.body_requests(), [])
                with Hub("--root", self.root) as hub:  # another commit: one file differs
                    self.get(second, hub, "v2")
                self.assertEqual(hub.fetched_names(), ["config.json"])
                self.assert_files(SECOND_FILES)
                self.assertEqual(self.metadata("README.md")[:2], [SECOND, blob_name("README.md", b"# hi\n")])
                with Hub("--root", self.root) as hub:  # and back again by the first tool
                    self.get(first, hub, "main")
                self.assertEqual(hub.fetched_names(), ["config.json"])
                self.assert_files()
                same = {path for path in GOLDEN_FILES if (self.folder / path).stat().st_ino == began[path]}
                self.assertLessEqual(set(GOLDEN_FILES) - {"config.json"}, same)  # a new file may get the number of one that is gone
                harness.shutil.rmtree(self.folder)

    def test_hf_goes_on_after_larder_was_killed_and_larder_after_hf(self):
        Root(self.root).add(GOLDEN, [(FIRST, "main", {**GOLDEN_FILES, "large.bin": LARGE})])
        data = {"larder": lambda: self.book.glob("larder/partial/*/data"), "hf": lambda: self.book.glob("download/*.incomplete")}
        for first, second in (("larder", "hf"), ("hf", "larder"), ("larder", "larder")):
            with self.subTest(first=first, second=second):
                with Hub("--root", self.root, "--fault", "large.bin=stall:4000000*1") as hub:
                    if first == "hf":
                        child = self.start_python(HF % (str(self.folder), "main"), endpoint=hub.endpoint)
                    else:
                        child = self.start_larder("pull", GOLDEN, "--local-dir", self.folder, "--stall-timeout", "600", "--jobs", "1", endpoint=hub.endpoint)
                    # hf holds what came in memory until ten mebibytes are together: the size of its file says nothing.
                    wait_until(lambda: any(first == "hf" or path.stat().st_size for path in data[first]()), "bytes of large.bin")
                    child.send_signal(signal.SIGKILL)
                    child.wait()
                    self.assertFalse((self.folder / "large.bin").exists())
                    self.get(second, hub)
                self.assert_files({**GOLDEN_FILES, "large.bin": LARGE})
                if second == "larder":
                    self.assertEqual(list(self.book.glob("larder/partial/*")), [])
                harness.shutil.rmtree(self.folder)

    def test_one_waits_for_the_other(self):
        Root(self.root).add(GOLDEN, [(FIRST, "main", {**GOLDEN_FILES, "large.bin": LARGE})])
        held = ("import pathlib, time\nfrom huggingface_hub import file_download as f\nreal = f.http_get\n"
                "def http_get(*a, **k):\n pathlib.Path('held').touch()\n while not pathlib.Path('go').exists(): time.sleep(0.01)\n return real(*a, **k)\n"
                "f.http_get = http_get\n" f"f.hf_hub_download({GOLDEN!r}, 'large.bin', local_dir={str(self.folder)!r})")
        with Hub("--root", self.root) as hub:
            hf = self.start_python(held, endpoint=hub.endpoint)
            wait_until((self.scratch / "held").exists, "hf inside its download")
            busy = self.larder("pull", GOLDEN, "large.bin", "--local-dir", self.folder, "--lock-timeout", "1", endpoint=hub.endpoint, check=False)
            self.assertEqual(busy.returncode, 9, busy.stderr)
            larder = self.start_larder("pull", GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)
            (self.scratch / "go").touch()
            self.finish(hf)
            self.finish(larder)
        self.assert_files({**GOLDEN_FILES, "large.bin": LARGE})
        digest = blob_name("large.bin", LARGE)
        self.assertEqual(len([line for line in hub.body_requests() if digest in line[2]]), 1)

    def test_both_at_once(self):
        Root(self.root).add(GOLDEN, [(FIRST, "main", {**GOLDEN_FILES, "large.bin": LARGE})])
        with Hub("--root", self.root) as hub:
            children = [self.start_python(HF % (str(self.folder), "main"), endpoint=hub.endpoint)]
            children += [self.start_larder("pull", GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint) for _ in range(2)]
            for child in children:
                self.finish(child)
            self.assert_files({**GOLDEN_FILES, "large.bin": LARGE})
            self.assertEqual(self.pull(GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)["bytes"]["fetched"], 0)
        self.assertEqual([str(path) for path in self.book.rglob("*.incomplete")], [])

    def test_the_mtime_rule(self):
        with Hub("--root", self.root) as hub:
            self.get("larder", hub)
            path = self.folder / "config.json"
            written = float(self.metadata("config.json")[2])
            os.utime(path, (written, written + 0.9))
            self.assertEqual(self.get("larder", hub), str(self.folder))  # within the second of coarse file systems
            path.write_bytes(b'{"a": 3}\n')  # edited: same size, newer
            os.utime(path, (written, written + 5))
            refused = self.larder("pull", GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint, check=False)
            self.assertEqual(refused.returncode, 11)
            self.assertIn("config.json", refused.stderr)
            path.write_bytes(b'{"a": 1}\n')  # put back by hand: known by its digest (R-607 step 4, R-613)
            os.utime(path, (written, written + 5))
            report = self.pull(GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)
            self.assertEqual(report["bytes"]["fetched"], 0)
            self.assertGreaterEqual(float(self.metadata("config.json")[2]) + 1, written)

    def test_an_edited_or_foreign_file_is_refused_before_anything_is_touched(self):
        def edit():
            (self.folder / "README.md").write_text("mine\n")

        def unknown():
            (self.folder / "README.md").unlink()
            (self.book / "download" / "README.md.metadata").unlink()
            (self.folder / "README.md").write_text("# ho\n")

        for change in (edit, unknown):
            with self.subTest(change.__name__):
                with Hub("--root", self.root) as hub:
                    self.get("hf", hub)
                    change()
                    old = time.time() + 10
                    os.utime(self.folder / "README.md", (old, old))
                    before = inventory(self.folder)
                    refused = self.larder("pull", GOLDEN, "--revision", "v2", "--local-dir", self.folder, "--json", endpoint=hub.endpoint, check=False)
                self.assertEqual(refused.returncode, 11)
                self.assertIn("README.md", json.loads(refused.stdout)["message"])
                self.assertIn("--overwrite", json.loads(refused.stdout)["hint"])
                self.assertNotIn(SECOND, " ".join(line[2] for line in hub.body_requests()))
                self.assertEqual(inventory(self.folder), before)
                with Hub("--root", self.root) as hub:
                    self.larder("pull", GOLDEN, "--revision", "v2", "--local-dir", self.folder, "--overwrite", endpoint=hub.endpoint)
                self.assert_files(SECOND_FILES)
                harness.shutil.rmtree(self.folder)

    def test_files_and_folders_in_each_others_way(self):
        for what, prepare in (("a folder", lambda: (self.folder / "README.md").mkdir(parents=True)),
                              ("a file", lambda: (self.folder.mkdir(), (self.folder / "sub dir").write_text("a file")))):
            for overwrite in ((), ("--overwrite",)):  # which replaces files, not what stands in their way
                with self.subTest(what, overwrite=bool(overwrite)):
                    prepare()
                    before = inventory(self.folder)
                    with Hub("--root", self.root) as hub:
                        refused = self.larder("pull", GOLDEN, "--local-dir", self.folder, *overwrite, endpoint=hub.endpoint, check=False)
                    self.assertEqual(refused.returncode, 11, refused.stderr)
                    self.assertEqual(inventory(self.folder), before)
                    self.assertEqual(hub.body_requests(), [])
                    harness.shutil.rmtree(self.folder)

    def test_links_in_the_way(self):  # T11
        outside = self.scratch / "outside"
        for what, prepare in (("folder", lambda: (self.folder / "sub dir").symlink_to(outside)), ("file", lambda: (self.folder / "README.md").symlink_to(outside / "x")),
                              (".cache", lambda: (self.folder / ".cache").symlink_to(outside)),
                              ("download", lambda: ((self.book).mkdir(parents=True), (self.book / "download").symlink_to(outside))),
                              ("trees", lambda: ((self.book).mkdir(parents=True), (self.book / "trees").symlink_to(outside)))):
            for overwrite in ((), ("--overwrite",)):
                with self.subTest(what, overwrite=bool(overwrite)):
                    for old in (self.folder, outside):
                        harness.shutil.rmtree(old, ignore_errors=True)
                    outside.mkdir()
                    (outside / "x").write_text("not yours")
                    self.folder.mkdir()
                    prepare()
                    before = inventory(self.folder)
                    with Hub("--root", self.root) as hub:
                        refused = self.larder("pull", GOLDEN, "--local-dir", self.folder, *overwrite, endpoint=hub.endpoint, check=False)
                    self.assertEqual(refused.returncode, 12, refused.stderr)
                    self.assertEqual(inventory(outside), {"x": (0o644, b"not yours")})
                    self.assertEqual(inventory(self.folder), before)
                    self.assertEqual(hub.body_requests(), [])

    def test_the_folder_itself_may_be_a_link(self):
        real = self.scratch / "real"
        real.mkdir()
        self.folder.symlink_to(real)
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)
        self.assert_files()

    def test_forms_of_the_folder_and_places_that_cannot_be_one(self):
        (self.scratch / "a file").write_text("x")
        with Hub("--root", self.root) as hub:
            for written, place in (("rel/dir/", "rel/dir"), ("./rel2", "rel2"), ("~/home", "home"), (f"{self.scratch}//double/", "double")):
                done = self.larder("pull", GOLDEN, "config.json", f"--local-dir={written}", endpoint=hub.endpoint)
                self.assertEqual(done.stdout.strip(), f"{self.scratch}/{place}/config.json")
            for written in ("a file", "a file/below"):
                done = self.larder("pull", GOLDEN, "--local-dir", written, endpoint=hub.endpoint, check=False)
                self.assertEqual(done.returncode, 8)
                self.assertIn("a file: is a file where a folder belongs", done.stderr)

    @unittest.skipUnless(os.getuid() == 0, "only root can act as somebody else")
    def test_as_somebody_who_may_not_write_or_read_the_cache(self):
        nobody, theirs = 65534, self.scratch / "theirs"
        self.scratch.chmod(0o755)
        theirs.mkdir()
        os.chown(theirs, nobody, nobody)
        with Hub("--root", self.root) as hub:
            self.pull(GOLDEN, endpoint=hub.endpoint)
            (self.cache / "models--org--m").chmod(0o700)
            self.larder("pull", GOLDEN, "--local-dir", theirs / "m", endpoint=hub.endpoint, user=nobody)  # the cache is a help, not a need
            self.assertEqual((theirs / "m" / "model.bin").read_bytes(), MODEL_BIN)
            refused = self.larder("pull", GOLDEN, "--local-dir", self.scratch / "not theirs", endpoint=hub.endpoint, user=nobody, check=False)
        self.assertEqual(refused.returncode, 8)
        self.assertEqual(refused.stderr.count("Permission denied"), 1)  # once, not for each file

    def test_names_of_the_bookkeeping_are_refused(self):  # T6
        for name in (".cache/huggingface/download/README.md.metadata", ".CACHE/HuggingFace/x", ".cache/huggingface/trees/x.json"):
            with self.subTest(name):
                Root(self.root).add(GOLDEN, [(FIRST, "main", {**GOLDEN_FILES, name: b"forged"})])
                with Hub("--root", self.root) as hub:
                    refused = self.larder("pull", GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint, check=False)
                    self.assertEqual(refused.returncode, 12, refused.stderr)
                    self.assertFalse(self.folder.exists())
                    self.larder("pull", GOLDEN, endpoint=hub.endpoint)  # in the cache it is only data
                    self.larder("pull", GOLDEN, "--local-dir", self.folder, "--exclude", "*uggin*", endpoint=hub.endpoint)
                harness.shutil.rmtree(self.folder)
                harness.shutil.rmtree(self.cache)

    def test_the_cache_is_only_read_and_its_bytes_are_checked(self):
        with Hub("--root", self.root) as hub:
            self.pull(GOLDEN, endpoint=hub.endpoint)
        before = inventory(self.cache)
        with Hub("--root", self.root) as hub:
            report = self.pull(GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], 0)
        self.assert_files()
        self.assertEqual(inventory(self.cache), before)
        self.assertEqual({(self.folder / path).stat().st_nlink for path in GOLDEN_FILES}, {1})
        harness.shutil.rmtree(self.folder)
        blob = self.cache / "models--org--m" / "blobs" / blob_name("model.bin", MODEL_BIN)
        blob.write_bytes(MODEL_BIN[:-1] + b"!")  # a damaged cache: noticed on the way, fetched instead
        with Hub("--root", self.root) as hub:
            report = self.pull(GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], len(MODEL_BIN))
        self.assert_files()
        self.assertTrue(blob.read_bytes().endswith(b"!"))
        harness.shutil.rmtree(self.folder)
        refused = self.larder("pull", GOLDEN, "--local-dir", self.folder, "--offline", check=False)
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertFalse((self.folder / "model.bin").exists())

    def test_hard_links_of_own_blobs(self):  # --link
        with Hub("--root", self.root) as hub:
            self.pull(GOLDEN, endpoint=hub.endpoint)
            self.pull(GOLDEN, "--local-dir", self.folder, "--link", endpoint=hub.endpoint)
        self.assertEqual({(self.folder / path).stat().st_nlink for path in GOLDEN_FILES}, {2})
        self.assert_files()
        self.larder("cache", "verify")

    def test_offline(self):
        with Hub("--root", self.root) as hub:
            report = self.pull(GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)
        self.assertFalse((self.cache / "models--org--m").exists())
        for words in ((GOLDEN,), (GOLDEN + "@" + report["commit"],), (GOLDEN, "config.json"), (GOLDEN, "--include", "*.md")):
            done = self.larder("pull", *words, "--local-dir", self.folder, "--offline", check=False)
            self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}")
        (self.folder / "model.bin").unlink()
        for words in ((GOLDEN,), (GOLDEN + "@" + report["commit"],), (GOLDEN, "model.bin")):
            done = self.larder("pull", *words, "--local-dir", self.folder, "--offline", check=False)
            self.assertEqual(done.returncode, 3, f"{words}: {done.stderr}")
        done = self.larder("pull", GOLDEN, "--local-dir", self.scratch / "nothing", "--offline", check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertFalse((self.scratch / "nothing").exists())

    def test_several_repositories_in_one_folder(self):
        other = {"other.bin": MODEL_BIN[::-1], "config.json": b'{"a": 1}\n'}
        Root(self.root).add("org/o", [("3" * 40, "main", other)])
        with Hub("--root", self.root) as hub:
            self.get("larder", hub)
            self.pull("org/o", "--local-dir", self.folder, endpoint=hub.endpoint)
            self.assert_files({**GOLDEN_FILES, **other})
            self.assertEqual(self.pull(GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)["bytes"]["fetched"], 0)
        with Hub("--root", self.root) as hub:
            self.get("hf", hub)
        self.assertEqual(hub.body_requests(), [])

    def test_files_that_a_new_commit_lost_stay(self):
        Root(self.root).add(GOLDEN, [(FIRST, "main", GOLDEN_FILES), (SECOND, "v2", {"README.md": b"new\n"})])
        with Hub("--root", self.root) as hub:
            self.get("larder", hub)
            self.get("larder", hub, "v2")
        self.assert_files({**GOLDEN_FILES, "README.md": b"new\n"})

    def test_a_dry_run_touches_nothing(self):
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, "--local-dir", self.folder, "--dry-run", endpoint=hub.endpoint)
            self.assertFalse(self.folder.exists())
            self.get("hf", hub)
            before = inventory(self.folder)
            self.larder("plan", GOLDEN, "--revision", "v2", "--local-dir", self.folder, endpoint=hub.endpoint)
        self.assertEqual(inventory(self.folder), before)

    def test_damaged_metadata_is_none(self):
        with Hub("--root", self.root) as hub:
            self.get("hf", hub)
            for text in (b"", b"\xff\xfe\n", b"1\n2\n", b"a\nb\nnotafloat\n", b"x" * 100000):
                (self.book / "download" / "config.json.metadata").write_bytes(text)
                self.assertEqual(self.pull(GOLDEN, "--local-dir", self.folder, endpoint=hub.endpoint)["bytes"]["fetched"], 0)
                self.assertEqual(self.metadata("config.json")[0], FIRST)


if __name__ == "__main__":
    harness.main()
