"""A cache that several people keep: modes by the umask, the group by the folder, and what another user may not do (T52, R-508, R-540, R-561)."""
import json
import os
import pathlib
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))
import harness  # noqa: E402
from harness import ClientTest, Hub  # noqa: E402
from repos import FIRST, GOLDEN, MODEL_BIN, SECOND, Root, blob_name  # noqa: E402

REPO = "models--org--m"
ALICE, BOB, TEAM = 52001, 52002, 52100
AS_ROOT = os.geteuid() == 0


class SharedCache(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").golden().golden(repo="org/n", ids=("3" * 40, "4" * 40)).folder
        self.hub = Hub("--root", self.root)
        self.addCleanup(self.hub.close)
        self.mine = self.scratch / "mine"
        self.mine.mkdir()
        (self.mine / "model.bin").write_bytes(MODEL_BIN)

    def run_as(self, user, umask, *arguments, code=0):
        """`user`: None for who runs the test."""
        who = {} if user is None else {"user": user, "group": user, "extra_groups": [TEAM]}
        done = subprocess.run([harness.LARDER, *map(str, arguments)], env=self.larder_env(self.hub.endpoint), cwd="/", capture_output=True,
                              text=True, umask=umask, **who)
        self.assertEqual(done.returncode, code, f"larder {arguments}: {done.stdout}\n{done.stderr}")
        return done

    def spoil(self):
        """One byte of model.bin is wrong."""
        blob = self.cache / REPO / "blobs" / blob_name("model.bin", MODEL_BIN)
        with open(blob, "r+b") as file:
            file.write(b"\xff")
        return blob

    def everything(self):
        """Every command that makes or changes files, each with what it is to be done to."""
        return [
            (["pull", GOLDEN], lambda: None),
            (["pull", f"{GOLDEN}@v2"], lambda: None),
            (["cache", "verify", "--repair"], self.spoil),
            (["cache", "pin", f"{GOLDEN}@v2"], lambda: None),
            (["cache", "rm", SECOND, "--yes"], lambda: None),
            (["cache", "rm", f"hf://{GOLDEN}/model.bin", "--yes"], lambda: None),
            (["cache", "adopt", self.mine, GOLDEN], lambda: None),
            (["cache", "gc", "--max-size", "0", "--yes"], lambda: None),
        ]

    def odd_modes(self, file_mode, folder_mode, group=None):
        """What lies in the cache with another mode, or another group, than these."""
        odd = []
        for path in [self.cache, *sorted(self.cache.rglob("*"))]:
            facts = path.lstat()
            if stat.S_ISLNK(facts.st_mode):
                continue
            is_folder = stat.S_ISDIR(facts.st_mode)
            wanted = folder_mode if is_folder else 0o664 if path.suffix == ".lock" else file_mode  # locks are everybody's
            if stat.S_IMODE(facts.st_mode) != wanted or (group is not None and facts.st_gid != group):
                odd.append(f"{path.relative_to(self.cache)}: {stat.S_IMODE(facts.st_mode):o}, group {facts.st_gid}")
        return odd


class Modes(SharedCache):
    def test_every_command_makes_its_files_by_the_umask(self):
        for umask in (0o022, 0o027, 0o077, 0o002):
            for words, prepare in self.everything():
                with self.subTest(umask=f"{umask:03o}", words=words):
                    prepare()
                    self.run_as(None, umask, *words)
                    self.assertEqual(self.odd_modes(0o666 & ~umask, 0o777 & ~umask), [])
            harness.shutil.rmtree(self.cache)

    @unittest.skipUnless(AS_ROOT, "needs root: gives files to a group")
    def test_a_folder_with_the_groups_mark_passes_it_on(self):
        self.cache.mkdir()
        os.chown(self.cache, -1, TEAM)
        self.cache.chmod(0o2775)
        for words, prepare in self.everything():
            with self.subTest(words=words):
                prepare()
                self.run_as(None, 0o002, *words)
                self.assertEqual(self.odd_modes(0o664, 0o2775, TEAM), [])


@unittest.skipUnless(AS_ROOT, "needs root: runs larder as two other users")
class TwoUsers(SharedCache):
    def setUp(self):
        super().setUp()
        self.scratch.chmod(0o777)
        for path in [self.mine, *self.mine.iterdir()]:
            path.chmod(path.stat().st_mode | 0o044)

    def test_a_team_keeps_one_cache(self):
        self.cache.mkdir()
        os.chown(self.cache, -1, TEAM)
        self.cache.chmod(0o2775)
        for number, (words, prepare) in enumerate(self.everything()):
            with self.subTest(words=words):
                prepare()
                self.run_as((ALICE, BOB)[number % 2], 0o002, *words)
                self.assertEqual(self.odd_modes(0o664, 0o2775, TEAM), [])

    def test_what_belongs_to_another_is_read_and_not_harmed(self):
        self.run_as(ALICE, 0o022, "pull", GOLDEN)
        before = harness.inventory(self.cache)
        self.assertIn(FIRST, self.run_as(BOB, 0o022, "pull", GOLDEN, "--offline").stdout)
        self.assertEqual(self.run_as(BOB, 0o022, "cache", "ls", "--quiet").stdout, "model/org/m\n")
        self.run_as(BOB, 0o022, "cache", "verify")
        for words in (["rm", "model/org/m", "--yes"], ["gc", "--max-size", "0", "--yes"], ["pin", GOLDEN]):
            with self.subTest(words=words):
                refused = self.run_as(BOB, 0o022, "cache", *words, code=8)
                self.assertRegex(refused.stderr, r"models--org--m.*[Pp]ermission denied")
        self.spoil()
        self.run_as(BOB, 0o022, "cache", "verify", code=7)
        self.run_as(BOB, 0o022, "cache", "verify", "--repair", code=8)
        self.run_as(ALICE, 0o022, "cache", "verify", "--repair")
        self.assertEqual(harness.inventory(self.cache, [".locks", ".larder"]), {k: v for k, v in before.items() if ".locks" not in k and ".larder" not in k})

    def test_of_two_targets_one_done_and_one_refused_is_partial(self):
        """docs/manual.md "Exit codes": 10 when some are done and some failed, else the code they share."""
        self.cache.mkdir()
        self.cache.chmod(0o777)
        self.run_as(ALICE, 0o000, "pull", GOLDEN)
        self.run_as(BOB, 0o000, "pull", "org/n")
        for path in [self.cache / REPO, *(self.cache / REPO).rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        done = self.run_as(BOB, 0o022, "cache", "rm", "model/org/m", "model/org/n", "--yes", "--json", code=10)
        document = json.loads(done.stdout)
        self.assertEqual((document["code"], [failure["exit"] for failure in document["failures"]]), ("Partial", [8]))
        self.assertTrue((self.cache / REPO / "snapshots" / FIRST / "model.bin").exists())
        self.assertFalse((self.cache / "models--org--n").exists())
        self.run_as(BOB, 0o022, "cache", "rm", "model/org/m", "--yes", code=8)


if __name__ == "__main__":
    harness.main(needs_clients=False)
