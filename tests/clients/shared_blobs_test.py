"""The shared blob store of huggingface_hub since 1.32. Payloads are published by hf's own code."""
import fcntl
import json
import os

import harness
from harness import ClientTest, Hub, inventory
from repos import GOLDEN, MODEL_BIN, XET_HASH, Root, blob_name

BLOB = blob_name("model.bin", MODEL_BIN)
SECOND_REPO = "org/m2"
STORE = f"blobs/{XET_HASH[:2]}/{XET_HASH}"
LINK = f"-> ../../{STORE}"
LINE = "models--org--%s/blobs/" + BLOB + "\n"


class SharedBlobs(ClientTest):
    def setUp(self):
        super().setUp()
        listed = {"model.bin": XET_HASH}
        self.root = Root(self.scratch / "repos").golden(xet=listed).golden(repo=SECOND_REPO, xet=listed, ids=("3" * 40, "4" * 40)).folder
        self.payload = self.cache / STORE
        self.refs = self.cache / (STORE + ".refs")

    def fill(self, umask=0o022):
        """Python downloads org/m and publishes its large file, as it does after a download by Xet."""
        with Hub("--root", self.root) as hub:
            self.python("from huggingface_hub import snapshot_download\nfrom huggingface_hub.utils import _shared_blobs as s\n"
                        f"snapshot_download({GOLDEN!r})\n"
                        f"assert s.publish_blob_to_shared_store(blob_path={str(self.blob('m'))!r}, xet_hash={XET_HASH!r},"
                        f" cache_dir={str(self.cache)!r}, expected_size={len(MODEL_BIN)})", endpoint=hub.endpoint, umask=umask)
        self.assertEqual(self.refs.read_text(), LINE % "m")

    def blob(self, repo):
        return self.cache / f"models--org--{repo}" / "blobs" / BLOB

    def pull_second(self, **options):
        with Hub("--root", self.root) as hub:
            report = self.pull(SECOND_REPO, endpoint=hub.endpoint, **options)
        self.large = [line for line in hub.body_requests() if BLOB in line[2]]
        self.report = report
        return next(file["status"] for file in report["files"] if file["path"] == "model.bin")

    def assert_payload_untouched(self):
        facts = self.payload.lstat()
        self.assertEqual(self.payload.read_bytes(), MODEL_BIN)
        self.assertEqual((facts.st_ino, facts.st_mtime_ns, facts.st_mode), self.before)

    def remember(self):
        facts = self.payload.lstat()
        self.before = (facts.st_ino, facts.st_mtime_ns, facts.st_mode)

    def assert_python_is_content(self):
        self.assert_scan_clean()
        seen = json.loads(self.python("import json\nfrom huggingface_hub import scan_cache_dir\ns=scan_cache_dir()\n"
                                      "print(json.dumps([s.size_on_disk, len(s.repos)]))", HF_HUB_DISABLE_XET="0"))
        listed = json.loads(self.larder("cache", "ls", "--json").stdout)
        self.assertEqual(seen, [listed["bytes"]["total"], len(listed["repos"])])
        self.larder("cache", "verify", "--invariants")

    def test_it_is_read_verified_and_counted_once(self):
        self.fill()
        self.remember()
        before = inventory(self.cache, (".larder", ".locks"))
        with Hub("--root", self.root) as hub:
            report = self.pull(GOLDEN, endpoint=hub.endpoint)
        self.assertEqual({file["status"] for file in report["files"]}, {"reused"})
        self.assertEqual(inventory(self.cache, (".larder", ".locks")), before)
        self.assert_python_is_content()
        self.larder("pull", GOLDEN, "--offline")

    def test_a_second_repository_is_linked_from_it(self):
        for umask in (0o022, 0o077):
            with self.subTest(umask=oct(umask)):
                self.fill(umask)
                self.remember()
                self.assertEqual(self.pull_second(umask=umask), "shared")
                self.assertEqual(self.large, [])
                self.assertEqual(os.readlink(self.blob("m2")), f"../../{STORE}")
                self.assertEqual(self.refs.read_text(), LINE % "m" + LINE % "m2")
                self.assertEqual(self.refs.lstat().st_mode & 0o777, 0o666)
                self.assert_payload_untouched()
                self.assert_python_is_content()
                folder = self.python(f"from huggingface_hub import snapshot_download\nprint(snapshot_download({SECOND_REPO!r}))", offline=True)
                self.assertEqual(folder, self.report["path"])
                self.assertEqual(self.pull_second(umask=umask), "reused")
                harness.shutil.rmtree(self.cache)

    def test_python_links_what_larder_linked_to(self):
        """The other direction: after larder's link Python adds a third, and sees all lines as valid."""
        self.fill()
        self.pull_second()
        Root(self.root).golden(repo="org/m3", xet={"model.bin": XET_HASH}, ids=("5" * 40, "6" * 40))
        with Hub("--root", self.root) as hub:
            self.python("from huggingface_hub import snapshot_download\nsnapshot_download('org/m3')", endpoint=hub.endpoint, HF_HUB_DISABLE_XET="0")
        self.assertEqual(self.refs.read_text(), LINE % "m" + LINE % "m2" + LINE % "m3")
        valid = self.python("from pathlib import Path\nfrom huggingface_hub.utils import _shared_blobs as s\n"
                            f"print(len(s._read_valid_manifest_references(Path({str(self.payload)!r}), {str(self.cache)!r})))")
        self.assertEqual(valid, "3")

    def test_the_manifest_and_the_lock_are_for_everybody(self):  # 0666 always
        self.fill()
        self.refs.unlink()
        (self.cache / (STORE + ".lock")).unlink()
        self.assertEqual(self.pull_second(umask=0o077), "shared")
        for end in (".refs", ".lock"):
            self.assertEqual((self.cache / (STORE + end)).lstat().st_mode & 0o777, 0o666, end)

    def test_switched_off(self):  # (14), R-571
        for variables in ({"HF_HUB_DISABLE_SHARED_BLOBS": "1"}, {"HF_HUB_DISABLE_XET": "1"}, {"HF_HUB_DISABLE_SYMLINKS": "1"}):
            with self.subTest(**variables):
                self.fill()
                self.remember()
                self.assertEqual(self.pull_second(env=variables), "fetched")
                self.assertEqual(self.refs.read_text(), LINE % "m")
                self.assert_payload_untouched()
                self.assert_python_is_content()
                with Hub("--root", self.root) as hub:  # what is shared already is read all the same
                    self.assertEqual(self.pull(GOLDEN, endpoint=hub.endpoint, env=variables)["bytes"]["fetched"], 0)
                harness.shutil.rmtree(self.cache)

    def test_no_store_of_a_known_version(self):
        marker = self.cache / "blobs" / ".huggingface-shared-blobs"
        for text in (None, "2\n", "1", "1\n\n"):
            with self.subTest(marker=text):
                self.fill()
                marker.unlink()
                if text is not None:
                    marker.write_text(text)
                before = inventory(self.cache / "blobs")
                self.assertEqual(self.pull_second(), "fetched")
                self.assertEqual(inventory(self.cache / "blobs"), before)
                self.assertFalse(self.blob("m2").is_symlink())
                harness.shutil.rmtree(self.cache)

    def test_payloads_that_are_not_right(self):  # c
        for what, damage in (("wrong size", lambda: self.payload.write_bytes(b"short")), ("wrong bytes", lambda: self.payload.write_bytes(MODEL_BIN[::-1])),
                             ("a link", lambda: (self.payload.unlink(), self.payload.symlink_to("/etc/passwd")))):
            with self.subTest(what):
                self.fill()
                os.chmod(self.payload, 0o644)
                damage()
                before = inventory(self.cache / "blobs")
                self.assertEqual(self.pull_second(), "fetched")
                self.assertFalse(self.blob("m2").is_symlink())
                self.assertEqual(inventory(self.cache / "blobs"), before)
                harness.shutil.rmtree(self.cache)

    def test_a_payload_lost_or_damaged_under_a_link(self):
        for what, damage in (("lost", lambda: self.payload.unlink()), ("short", lambda: (os.chmod(self.payload, 0o644), self.payload.write_bytes(b"short")))):
            with self.subTest(what):
                self.fill()
                damage()
                left = inventory(self.cache / "blobs")
                with Hub("--root", self.root) as hub:
                    report = self.pull(GOLDEN, endpoint=hub.endpoint)
                self.assertEqual({file["path"]: file["status"] for file in report["files"]}["model.bin"], "fetched")
                self.assertFalse(self.blob("m").is_symlink())
                self.assertEqual(self.blob("m").read_bytes(), MODEL_BIN)
                self.assertEqual(inventory(self.cache / "blobs"), left)
                self.assert_scan_clean()
                harness.shutil.rmtree(self.cache)

    def test_force_replaces_the_link_not_the_payload(self):
        self.fill()
        self.remember()
        with Hub("--root", self.root) as hub:
            self.pull(GOLDEN, "--force", endpoint=hub.endpoint)
        self.assertFalse(self.blob("m").is_symlink())
        self.assert_payload_untouched()
        self.assert_python_is_content()

    def test_a_payload_in_somebodys_hands_is_waited_for(self):
        self.fill()
        with open(self.cache / (STORE + ".lock")) as held, Hub("--root", self.root) as hub:
            fcntl.flock(held, fcntl.LOCK_EX)
            larder = self.start_larder("pull", SECOND_REPO, "--json", endpoint=hub.endpoint)
            harness.wait_until(lambda: (self.cache / "models--org--m2").exists(), "larder at work")
            self.assertFalse(self.blob("m2").is_symlink())
            fcntl.flock(held, fcntl.LOCK_UN)
            self.finish(larder)
        self.assertTrue(self.blob("m2").is_symlink())

    def test_removal_of_one_of_two_and_of_the_last(self):
        self.fill()
        self.pull_second()
        self.remember()
        self.larder("cache", "rm", "model/" + GOLDEN, "--yes")
        self.assert_payload_untouched()
        self.assertEqual(self.refs.read_text(), LINE % "m2")
        self.assert_python_is_content()
        self.larder("cache", "rm", "model/" + SECOND_REPO, "--yes")
        self.assertFalse(self.payload.exists())
        self.assertFalse(self.refs.exists())
        self.assert_python_is_content()

    def test_python_removes_what_larder_linked(self):
        self.fill()
        self.pull_second()
        self.remember()
        self.hf("cache", "rm", "model/" + GOLDEN, "-y", HF_HUB_DISABLE_XET="0")
        self.assert_payload_untouched()
        self.assertEqual(self.refs.read_text(), LINE % "m2")
        self.larder("pull", SECOND_REPO, "--offline")
        self.larder("cache", "prune", "--yes")
        self.assert_payload_untouched()
        self.assert_python_is_content()

    def test_local_dir_gets_copies(self):  # R-570, --link
        self.fill()
        self.remember()
        folder = self.scratch / "folder"
        with Hub("--root", self.root) as hub:
            self.pull(GOLDEN, "--local-dir", folder, "--link", endpoint=hub.endpoint)
        copy = folder / "model.bin"
        self.assertEqual(copy.read_bytes(), MODEL_BIN)
        self.assertNotEqual(copy.stat().st_ino, self.payload.stat().st_ino)
        self.assertEqual(copy.stat().st_mode & 0o200, 0o200)
        self.assertNotEqual((folder / "config.json").stat().st_nlink, 1)
        self.assert_payload_untouched()


if __name__ == "__main__":
    harness.main()
