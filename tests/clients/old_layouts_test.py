"""What other releases and other programs left in a cache is read or mended, never made worse (R-512, R-518, R-522, R-550, R-551, R-553; C14…C19)."""
import json
import os
import shutil

import harness
from harness import ClientTest, Hub, inventory
from repos import FIRST, GOLDEN, GOLDEN_FILES, MODEL_BIN, XET_HASH, Root, blob_name

BLOB = blob_name("model.bin", MODEL_BIN)
SNAPSHOT = f"from huggingface_hub import snapshot_download\nprint(snapshot_download({GOLDEN!r}))"


class OldLayouts(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").golden().folder
        self.repo = self.cache / "models--org--m"
        self.snapshot = self.repo / "snapshots" / FIRST

    def pull_again(self, expected_bytes, **options):
        with Hub("--root", self.root) as hub:
            report = self.pull(GOLDEN, endpoint=hub.endpoint, **options)
        self.assertEqual(report["bytes"]["fetched"], expected_bytes)
        for path, data in GOLDEN_FILES.items():
            self.assertEqual((self.snapshot / path).read_bytes(), data, path)
        self.larder("pull", GOLDEN, "--offline")
        self.assertEqual(self.python(SNAPSHOT, offline=True), str(self.snapshot))
        return report

    def fill_by_python(self, **options):
        with Hub("--root", self.root) as hub:
            self.python(SNAPSHOT, endpoint=hub.endpoint, **options)

    def test_partial_files_of_others(self):
        self.fill_by_python()
        blobs = self.repo / "blobs"
        (blobs / BLOB).unlink()
        others = {BLOB + ".incomplete": MODEL_BIN[:1000], BLOB + ".0e85e3ac.incomplete": b"", f".{BLOB}.0e85e3ac.new": b"x", f".{BLOB}.0e85e3ac.old": b"y",
                  "tmp_00000000-0000-4000-8000-000000000000": b"", BLOB + ".part": b"what is this"}
        for name, data in others.items():
            (blobs / name).write_bytes(data)
        self.pull_again(len(MODEL_BIN))
        for name, data in others.items():
            self.assertEqual((blobs / name).read_bytes(), data)
        self.larder("cache", "prune", "--yes")  # none of it is a day old
        for name, data in others.items():
            self.assertEqual((blobs / name).read_bytes(), data)
        for name in others:
            os.utime(blobs / name, (1, 1))
        self.larder("cache", "verify")
        self.assert_scan_clean()

    def test_snapshots_without_links(self):
        self.fill_by_python(HF_HUB_DISABLE_SYMLINKS="1")
        self.assertFalse((self.snapshot / "model.bin").is_symlink())
        before = inventory(self.cache)
        self.pull_again(0)
        after = inventory(self.cache, (".larder",))
        self.assertEqual({name: after[name] for name in before}, before)
        self.assert_scan_clean()

    def test_no_links_by_larder_are_read_by_python(self):
        with Hub("--root", self.root) as hub:
            self.pull(GOLDEN, endpoint=hub.endpoint, env={"HF_HUB_DISABLE_SYMLINKS": "1"})
            self.assertEqual(self.python(SNAPSHOT, endpoint=hub.endpoint, HF_HUB_DISABLE_SYMLINKS="1"), str(self.snapshot))
            self.assertEqual(self.python(SNAPSHOT, endpoint=hub.endpoint), str(self.snapshot))
        asked = [line for line in hub.body_requests() if BLOB in line[2]]
        self.assertEqual(len(asked), 1)
        self.assertFalse((self.snapshot / "model.bin").is_symlink())
        self.pull_again(0)
        self.assert_scan_clean()

    def test_both_layouts_in_one_cache(self):
        self.fill_by_python(HF_HUB_DISABLE_SYMLINKS="1")
        with Hub("--root", self.root) as hub:
            second = self.pull(GOLDEN + "@v2", endpoint=hub.endpoint)
            self.pull(GOLDEN + "@v2", endpoint=hub.endpoint, env={"HF_HUB_DISABLE_SYMLINKS": "1"})
        self.assertEqual(json.loads((self.repo / "snapshots" / second["commit"] / "config.json").read_bytes()), {"a": 2})
        self.pull_again(0)
        self.larder("cache", "verify")
        self.assert_scan_clean()

    def test_blobs_that_huggingface_js_named_by_xet_hash(self):
        self.fill_by_python()
        shutil.move(self.repo / "blobs" / BLOB, self.repo / "blobs" / XET_HASH)
        (self.snapshot / "model.bin").unlink()
        (self.snapshot / "model.bin").symlink_to(f"../../blobs/{XET_HASH}")
        self.pull_again(0)  # hashed, right, and given its name
        self.assertEqual((self.repo / "blobs" / BLOB).read_bytes(), MODEL_BIN)
        self.assertEqual((self.repo / "blobs" / XET_HASH).read_bytes(), MODEL_BIN)  # not ours to judge by its name
        self.assert_scan_clean()

    def test_broken_links_and_lost_blobs(self):
        self.fill_by_python()
        (self.repo / "blobs" / BLOB).unlink()
        (self.snapshot / "README.md").unlink()
        (self.snapshot / "README.md").symlink_to("/nowhere/at/all")
        (self.snapshot / "config.json").unlink()
        (self.snapshot / "config.json").symlink_to("../../blobs/" + "0" * 40)
        self.assertIn("broken", self.scan_warnings().lower())
        self.pull_again(len(MODEL_BIN))
        self.assert_scan_clean()

    def test_truncated_and_empty_blobs(self):
        self.fill_by_python()
        (self.repo / "blobs" / BLOB).write_bytes(MODEL_BIN[:1000])
        (self.repo / "blobs" / blob_name("README.md", b"# hi\n")).write_bytes(b"")
        self.pull_again(len(MODEL_BIN) + 5)
        self.larder("cache", "verify")
        self.assert_scan_clean()

    def test_refs_that_hide_the_repository(self):
        for text in (FIRST + "\n", "", "0" * 40, "ref: refs/heads/main\n"):
            with self.subTest(text=text):
                self.fill_by_python()
                (self.repo / "refs" / "main").write_text(text)
                self.pull_again(0)
                self.assertEqual((self.repo / "refs" / "main").read_text(), FIRST)
                self.assert_scan_clean()

    def test_a_repository_without_some_of_its_folders(self):
        for name in ("refs", "trees", "blobs"):
            with self.subTest(name):
                self.fill_by_python()
                shutil.rmtree(self.repo / name)
                self.pull_again(sum(map(len, GOLDEN_FILES.values())) if name == "blobs" else 0)
                self.assert_scan_clean()
        self.fill_by_python()
        shutil.rmtree(self.repo / "snapshots")
        self.pull_again(0)
        self.assert_scan_clean()

    def test_links_and_targets_of_other_shapes(self):
        self.fill_by_python()
        (self.snapshot / "README.md").unlink()
        (self.snapshot / "README.md").symlink_to(self.repo / "blobs" / blob_name("README.md", b"# hi\n"))  # absolute
        (self.snapshot / "extra.txt").write_text("the user's own")
        self.pull_again(0)
        self.assertEqual((self.snapshot / "extra.txt").read_text(), "the user's own")
        self.assert_scan_clean()

    def test_listings_that_cannot_be_read(self):
        tree = self.repo / "trees" / (FIRST + ".json")
        for text in ("", "{", '{"format_version": 2, "files": {}}', '{"format_version": 1, "files": {"a": {"size": 1}}}', "[]", "null"):
            with self.subTest(text=text):
                self.fill_by_python()
                tree.write_text(text)
                self.pull_again(0)
                self.assertGreater(tree.stat().st_size, 500)

    def test_the_cache_itself_is_a_link(self):
        real = self.scratch / "disk2"
        real.mkdir()
        self.cache.symlink_to(real)
        self.fill_by_python()
        with Hub("--root", self.root) as hub:
            report = self.pull(GOLDEN, endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], 0)
        self.assert_scan_clean()


if __name__ == "__main__":
    harness.main()
