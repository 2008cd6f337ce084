"""One cache, several writers at the same time: larder beside huggingface_hub (Appendix A, interop tests 3, 4, 11, 13; C1, C12)."""
import fcntl
import os
import signal
import unittest

import harness
from harness import ENV, ClientTest, Hub, wait_until
from repos import FIRST, GOLDEN, GOLDEN_FILES, MODEL_BIN, SECOND, Root, blob_name

FILES = {**GOLDEN_FILES, "large.bin": MODEL_BIN * 8}  # too large to be grouped with others: it is locked (engine.md §5.4)
BLOB = blob_name("large.bin", FILES["large.bin"])
SNAPSHOT = f"from huggingface_hub import snapshot_download\nprint(snapshot_download({GOLDEN!r}))"
# Python that stops inside the download of large.bin, with its lock held, until the file `go` is there.
HELD = """
import pathlib, time
from huggingface_hub import file_download as f, hf_hub_download
real = f.http_get
def held(*a, **k):
    pathlib.Path('held').touch()
    while not pathlib.Path('go').exists(): time.sleep(0.01)
    return real(*a, **k)
f.http_get = held
print(hf_hub_download(%r, 'large.bin'))
""" % GOLDEN
OLD_FILELOCK = ENV / "filelock-3.25"


class Beside(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").add(GOLDEN, [(FIRST, "main", FILES)]).folder
        self.blobs = self.cache / "models--org--m" / "blobs"
        self.lock = self.cache / ".locks" / "models--org--m" / (BLOB + ".lock")

    def is_locked(self):
        try:
            fd = os.open(self.lock, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(fd)

    def gets_of(self, hub, name):
        return [line for line in hub.body_requests() if name in line[2] and int(line[4]) >= 1]

    def assert_whole(self):
        """The whole snapshot, right bytes, nothing left over, and no reader complains."""
        snapshot = self.cache / "models--org--m" / "snapshots" / FIRST
        for path, data in FILES.items():
            self.assertEqual((snapshot / path).read_bytes(), data, path)
        self.assertEqual({path.name for path in self.blobs.iterdir()}, {blob_name(path, data) for path, data in FILES.items()})
        self.assert_scan_clean()
        self.larder("cache", "verify", "--invariants")

    def test_both_at_once_ask_for_each_large_file_once(self):  # (3)
        with Hub("--root", self.root) as hub:
            python = self.start_python(SNAPSHOT, endpoint=hub.endpoint)
            larder = self.start_larder("pull", GOLDEN, endpoint=hub.endpoint)
            outputs = {self.finish(larder).strip().splitlines()[-1], self.finish(python).strip().splitlines()[-1]}
        self.assertEqual(outputs, {str(self.cache / "models--org--m" / "snapshots" / FIRST)})
        self.assertEqual(len(self.gets_of(hub, BLOB)), 1)
        self.assert_whole()

    def test_larder_waits_for_python(self, **python_options):  # (3), (11)
        with Hub("--root", self.root) as hub:
            python = self.start_python(HELD, endpoint=hub.endpoint, **python_options)
            wait_until((self.scratch / "held").exists, "Python inside its download")
            self.assertTrue(self.is_locked())
            busy = self.larder("pull", GOLDEN, "large.bin", "--lock-timeout", "1", endpoint=hub.endpoint, check=False)
            self.assertEqual(busy.returncode, 9, busy.stderr)
            larder = self.start_larder("pull", GOLDEN, endpoint=hub.endpoint)
            (self.scratch / "go").touch()
            self.finish(python)
            self.finish(larder)
        self.assertEqual(len(self.gets_of(hub, BLOB)), 1)
        self.assert_whole()

    def test_python_waits_for_larder(self, **python_options):  # (3), (11)
        with Hub("--root", self.root) as hub:
            larder = self.start_larder("pull", GOLDEN, "--limit-rate", "4M", endpoint=hub.endpoint)
            wait_until(self.is_locked, "larder's lock on large.bin")
            self.finish(self.start_python(SNAPSHOT, endpoint=hub.endpoint, **python_options))
            self.finish(larder)
        self.assertEqual(len(self.gets_of(hub, BLOB)), 1)
        self.assert_whole()

    @unittest.skipUnless(OLD_FILELOCK.exists(), "no old filelock (tests/clients/full installs it)")
    def test_with_a_filelock_that_unlinks(self):  # (11), R-542
        """filelock 3.21 … 3.29.3 removes the lock file on release."""
        old = {"PYTHONPATH": str(OLD_FILELOCK)}
        version = self.python("import filelock; print(filelock.__version__)", **old)
        self.assertTrue(version.startswith("3.25"), version)
        self.test_larder_waits_for_python(**old)
        harness.shutil.rmtree(self.cache)
        self.test_python_waits_for_larder(**old)

    def test_python_killed_in_the_middle(self):  # (4)
        with Hub("--root", self.root, "--fault", "large.bin=stall:400000*1") as hub:
            python = self.start_python(SNAPSHOT, endpoint=hub.endpoint)
            # Its size says nothing: Python may hold what came in memory until ten mebibytes are together.
            wait_until(lambda: any(self.blobs.glob(BLOB + ".*.incomplete")), "Python's temp")
            python.send_signal(signal.SIGKILL)
            python.wait()
            self.assertEqual(self.larder("pull", GOLDEN, endpoint=hub.endpoint).returncode, 0)
        left = list(self.blobs.glob("*.incomplete"))
        self.assertIn(BLOB, [path.name[:64] for path in left])  # not ours to remove before a day is over
        for temp in left:
            temp.unlink()
        for probe in self.blobs.glob("tmp_*"):  # killed between making and removing its probe file, Python leaves that too
            probe.unlink()
        self.assert_whole()

    def test_larder_killed_in_the_middle(self):  # (4), (13)
        partial = self.cache / "models--org--m" / ".larder" / "partial"
        with Hub("--root", self.root, "--fault", "large.bin=stall:400000*1") as hub:
            larder = self.start_larder("pull", GOLDEN, "--stall-timeout", "600", endpoint=hub.endpoint)
            wait_until(lambda: any(path.stat().st_size for path in partial.glob("*/data")), "bytes in larder's partial")
            self.assert_scan_clean()
            larder.send_signal(signal.SIGKILL)
            larder.wait()
            self.assert_scan_clean()
            self.finish(self.start_python(SNAPSHOT, endpoint=hub.endpoint))
            self.assert_whole()
            again = self.pull(GOLDEN, endpoint=hub.endpoint)
        self.assertEqual(again["bytes"]["fetched"], 0)

    def test_python_removes_the_repository_during_the_pull(self):  # R-519, C4
        partial = self.cache / "models--org--m" / ".larder" / "partial"
        with Hub("--root", self.root, "--fault", "large.bin=stall:400000*1") as hub:
            larder = self.start_larder("pull", GOLDEN, "--stall-timeout", "2", endpoint=hub.endpoint)
            wait_until(lambda: any(path.stat().st_size for path in partial.glob("*/data")), "bytes in larder's partial")
            harness.shutil.rmtree(self.cache / "models--org--m")  # what `hf cache rm` does to a whole repository
            out = larder.communicate(timeout=120)[0]
            self.assertIn(larder.returncode, (0, 8), out)
            self.assertNotIn("internal", out.lower())
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
        self.assert_whole()


class Watched(ClientTest):
    """scan_cache_dir() of the real client in a tight loop, while larder writes (I12). Removals are watched from within, at each of their system
    calls (tests/crash): a scanner that runs beside one loses its way whoever removes, because it looks again at what it listed before."""

    WATCH = """
import pathlib
from huggingface_hub import scan_cache_dir
cache, scans, bad = pathlib.Path(%r), 0, set()
pathlib.Path('watching').touch()
while not pathlib.Path('stop').exists():
    if cache.exists():
        bad |= {str(w) for w in scan_cache_dir(cache).warnings}
        scans += 1
print(scans)
print('\\n'.join(sorted(bad)))
"""

    def watched(self, act):
        """The warnings of all scans during `act`."""
        watcher = self.start_python(self.WATCH % str(self.cache))
        wait_until((self.scratch / "watching").exists, "the watcher")
        act()
        (self.scratch / "stop").touch()
        scans, _, warnings = self.finish(watcher).partition("\n")
        self.assertGreater(int(scans), 10)
        return [line for line in warnings.split("\n") if line.strip()]

    def many(self):
        files = {f"part-{i:03}/{i:04}.json": b"%d\n" % i for i in range(300)}
        return Root(self.scratch / "repos").golden().add("org/many", [("4" * 40, "main", files), (
            "5" * 40, "next", {**files, "part-000/0000.json": b"changed\n", "new.bin": MODEL_BIN * 3})]).folder

    def test_no_warning_while_larder_writes(self):
        def act():
            with Hub("--root", self.many()) as hub:
                for words in ((GOLDEN,), ("org/many",), (GOLDEN + "@v2",), ("org/many@next",), (GOLDEN, "--force"), ("org/many", "--force"), (GOLDEN, "none")):
                    self.larder("pull", *words, endpoint=hub.endpoint, check=words[-1] != "none")

        self.assertEqual(self.watched(act), [])

    def test_no_warning_while_branches_move(self):
        root = Root(self.scratch / "repos")

        def act():
            for turn in range(6):
                root.golden(main=(FIRST, SECOND)[turn % 2])
                with Hub("--root", root.folder) as hub:
                    self.larder("pull", GOLDEN, endpoint=hub.endpoint)
                    self.larder("pull", GOLDEN, "no-such-file", endpoint=hub.endpoint, check=False)

        self.assertEqual(self.watched(act), [])


if __name__ == "__main__":
    harness.main()
