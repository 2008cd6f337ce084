"""Many at once on one cache: larders and Python clients that pull, remove, collect and repair (C1, C4, C5, C8, C11, C12, C27)."""
import random
import shutil
import signal
import threading

import harness
from harness import ClientTest, Hub, wait_until
from repos import FIRST, GOLDEN, GOLDEN_FILES, MODEL_BIN, Root, blob_name

FOLDER = "models--org--m"
FILES = {**GOLDEN_FILES, "large.bin": MODEL_BIN * 8, "other.bin": MODEL_BIN[::-1] * 6}
SNAPSHOT = f"from huggingface_hub import snapshot_download\nprint(snapshot_download({GOLDEN!r}))"


class CrowdTest(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").add(GOLDEN, [(FIRST, "main", FILES)]).folder
        self.blobs = self.cache / FOLDER / "blobs"
        self.partials = self.cache / FOLDER / ".larder" / "partial"

    def bytes_are_coming(self):
        return any(path.stat().st_size for path in self.partials.glob("*/data"))

    def body_bytes(self, hub):
        return sum(int(line[4]) for line in hub.body_requests())

    def assert_whole(self):
        snapshot = self.cache / FOLDER / "snapshots" / FIRST
        for path, data in FILES.items():
            self.assertEqual((snapshot / path).read_bytes(), data, path)
        self.assertEqual({path.name for path in self.blobs.iterdir()}, {blob_name(path, data) for path, data in FILES.items()})
        self.assert_scan_clean()
        self.larder("cache", "verify", "--invariants")


class Crowds(CrowdTest):
    def test_sixteen_larders_fetch_it_once(self):  # C1
        with Hub("--root", self.root) as hub:
            for child in [self.start_larder("pull", GOLDEN, endpoint=hub.endpoint) for _ in range(16)]:
                self.finish(child)
        # The small files are not locked (engine.md §5.4): who finds them missing fetches them.
        large = sum(int(line[4]) for line in hub.body_requests() if blob_name("large.bin", FILES["large.bin"]) in line[2])
        self.assertLessEqual(large, 1.1 * len(FILES["large.bin"]))
        self.assert_whole()

    def test_larders_and_python_clients_side_by_side(self):  # C1, C3
        with Hub("--root", self.root) as hub:
            children = [self.start_larder("pull", GOLDEN, endpoint=hub.endpoint) if number % 2 else
                        self.start_python(SNAPSHOT, endpoint=hub.endpoint) for number in range(8)]
            for child in children:
                self.finish(child)
        large = sum(int(line[4]) for line in hub.body_requests() if blob_name("large.bin", FILES["large.bin"]) in line[2])
        self.assertLessEqual(large, 1.1 * len(FILES["large.bin"]))
        self.assert_whole()

    def test_leaders_die_one_after_the_other(self):  # C12
        """Whoever holds the bytes is killed, three times; the rest end well, and what the dead had is used."""
        with Hub("--root", self.root, "--fault", "large.bin=stall:2000000*4") as hub:
            children = [self.start_larder("pull", GOLDEN, "--stall-timeout", "600", endpoint=hub.endpoint) for _ in range(3)]
            for leader in children:
                # One that has not begun yet is as good a victim; the last of them leaves a partial behind in any case.
                wait_until(self.bytes_are_coming, "bytes of a leader")
                leader.send_signal(signal.SIGKILL)
                leader.wait()
            for child in [self.start_larder("pull", GOLDEN, "--stall-timeout", "2", endpoint=hub.endpoint) for _ in range(8)]:
                self.finish(child)
        self.assert_whole()


class BesideRemoval(CrowdTest):
    """The pull is held in the middle of a file by a Hub that stops sending; then the other does its work to the end."""

    def held_pull(self, act):
        with Hub("--root", self.root, "--fault", "large.bin=stall:3000000*1") as hub:
            larder = self.start_larder("pull", GOLDEN, "--stall-timeout", "2", endpoint=hub.endpoint)
            wait_until(self.bytes_are_coming, "bytes in larder's partial")
            act(hub)
            out = larder.communicate(timeout=120)[0]
            if larder.returncode != 0:
                self.assertEqual(larder.returncode, 8, out)
                self.assertNotIn("internal", out.lower())
                self.larder("pull", GOLDEN, endpoint=hub.endpoint)
        self.assert_whole()
        return larder.returncode

    def test_hf_cache_prune(self):  # C5
        self.assertEqual(self.held_pull(lambda hub: self.hf("cache", "prune", "--yes")), 0)

    def test_hf_cache_rm_of_the_whole_repository(self):  # C4
        self.held_pull(lambda hub: self.hf("cache", "rm", "model/" + GOLDEN, "--yes"))

    def test_hf_cache_rm_of_another_revision(self):  # C4
        old = {**GOLDEN_FILES, "old.bin": b"old" * 1000}
        Root(self.scratch / "repos").add(GOLDEN, [("9" * 40, "old", old), (FIRST, "main", FILES)], branches={"old": 0, "main": 1})
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN + "@old", endpoint=hub.endpoint)
        self.assertEqual(self.held_pull(lambda hub: self.hf("cache", "rm", "9" * 40, "--yes")), 0)

    def test_larders_own(self):  # I7
        def act(_):
            for words in (["gc", "--max-size", "0"], ["prune"], ["rm", "model/" + GOLDEN]):
                self.assertIn(self.larder("cache", *words, "--yes", check=False).returncode, (0, 9))

        self.assertEqual(self.held_pull(act), 0)


class Collectors(CrowdTest):
    def test_two_collections_and_a_removal_at_once(self):  # C8
        root = Root(self.scratch / "many")
        for number in range(12):
            root.add(f"org/n{number}", [("%040x" % (number + 1), "main", {"a.bin": b"%d" % number * 9000, "b.json": b"%d\n" % number})])
        with Hub("--root", root.folder) as hub:
            for number in range(12):
                self.larder("pull", f"org/n{number}", endpoint=hub.endpoint)
        self.larder("cache", "pin", "org/n3@main")
        mine = self.cache / "models--org--n5" / "mine.txt"
        mine.write_text("mine")
        children = [self.start_larder("cache", *words, "--yes") for words in
                    (["gc", "--max-size", "0"], ["gc", "--keep-last", "0"], ["rm", "model/org/n7"], ["prune"], ["gc", "--max-size", "0"])]
        for child in children:
            out = child.communicate(timeout=120)[0]
            self.assertIn(child.returncode, (0, 9, 10), out)
        self.larder("cache", "gc", "--max-size", "0", "--yes")
        self.assertEqual(self.larder("cache", "ls", "--revisions", "--quiet").stdout.split(), ["%040x" % 4])
        self.assertEqual(mine.read_text(), "mine")
        self.assert_scan_clean()
        self.larder("cache", "verify", "--invariants")

    def test_repairs_and_pulls_at_once(self):  # C11
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
            for path in ("large.bin", "other.bin", "README.md"):
                blob = self.blobs / blob_name(path, FILES[path])
                blob.write_bytes(blob.read_bytes()[:-1])  # a wrong size: a pull fetches it again as well
            children = [self.start_larder(*words, endpoint=hub.endpoint) for words in
                        (["cache", "verify", "--repair"], ["pull", GOLDEN], ["cache", "verify", "--repair"], ["pull", GOLDEN])]
            for child in children:
                out = child.communicate(timeout=120)[0]
                self.assertIn(child.returncode, (0, 7), out)  # 7: a repair saw what another is still writing
            self.larder("cache", "verify", "--repair", endpoint=hub.endpoint)
        self.assert_whole()


class Vanishing(CrowdTest):
    def test_files_vanish_and_come_while_others_look(self):  # C27
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
        template = self.scratch / "template"
        shutil.copytree(self.cache / FOLDER, template, symlinks=True)
        for number in range(20):
            shutil.copytree(template, self.cache / f"models--org--n{number}", symlinks=True)
        stop, source = threading.Event(), random.Random(3)

        def churn():
            while not stop.is_set():
                folder = self.cache / f"models--org--n{source.randrange(20)}"
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(template, folder, symlinks=True)

        churner = threading.Thread(target=churn)
        churner.start()
        try:
            for _ in range(12):
                for words in (["ls", "--json"], ["ls", "--revisions"], ["prune", "--dry-run"], ["gc", "--max-size", "0", "--dry-run"]):
                    done = self.larder("cache", *words, check=False)
                    self.assertEqual(done.returncode, 0, (words, done.stderr))
                done = self.larder("cache", "verify", check=False)  # a half-copied repository is damage for an instant
                self.assertIn(done.returncode, (0, 7), done.stderr)
        finally:
            stop.set()
            churner.join()
        self.larder("cache", "verify")


if __name__ == "__main__":
    harness.main()
