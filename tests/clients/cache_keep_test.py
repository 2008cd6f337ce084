"""What removal must leave, and whom it must ask: downloads under way, pins, locks of every kind, other users, links in place of folders."""
import fcntl
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import threading
import time
import unittest

import harness
from harness import DEMO, FIXTURES, ClientTest, Hub
from made_cache import MadeCache, picture

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
BIG = b"w" * 100_000
DAY = 86400


class KeepTest(ClientTest):
    maxDiff = None
    def setUp(self):
        super().setUp()
        self.made = MadeCache(self, self.cache)

    def removal(self, *arguments, check=True):
        return json.loads(self.larder("cache", *arguments, "--yes", "--json", check=check).stdout)

    def three(self, folder="models--org--m"):
        """Three revisions, the first the longest unused."""
        for index, commit in enumerate((ONE, TWO, THREE)):
            content = bytes([index]) * 100_000
            self.made.add(folder, commit, {"model.bin": content}, [f"v{index}"], lfs=["model.bin"])
            self.used(folder, content, (4 - index) * 10 * DAY)

    def used(self, folder, content, age):
        path = self.cache / folder / "blobs" / self.made.blob(folder, content, lfs=True)
        os.utime(path, (time.time() - age, time.time() - age))

    def snapshots(self, folder="models--org--m"):
        return sorted(path.name for path in (self.cache / folder / "snapshots").iterdir())


class Rules(KeepTest):
    def test_each_rule_chooses_and_both_choose_together(self):
        for rules, stay in ((["--older-than", "25d"], [THREE]), (["--keep-last", "2"], [TWO, THREE]),
                            (["--older-than", "35d", "--keep-last", "1"], [TWO, THREE]), (["--older-than", "5d", "--keep-last", "2"], [TWO, THREE]),
                            (["--max-size", "250000"], [TWO, THREE]), (["--max-size", "200K", "--keep-last", "3"], [ONE, TWO, THREE]),
                            (["--max-size", "150K", "--older-than", "35d"], [TWO, THREE]), (["--max-size", "1T"], [ONE, TWO, THREE])):
            with self.subTest(rules):
                shutil.rmtree(self.cache, True)
                self.three()
                plan = json.loads(self.larder("cache", "gc", *rules, "--dry-run", "--json").stdout)
                self.assertEqual(self.snapshots(), [ONE, TWO, THREE])
                done = self.removal("gc", *rules)
                self.assertEqual((plan["items"], plan["bytes"]), (done["items"], done["bytes"]))
                self.assertEqual(self.snapshots(), stay)
                self.assertEqual(done["bytes"]["before"] - done["bytes"]["after"], done["bytes"]["freed"])
                self.assert_scan_clean()

    def test_pins_of_both_kinds_stay(self):
        self.three()
        self.larder("cache", "pin", "org/m@v0")
        pins = self.scratch / "pins"
        pins.write_text(f"# mine\norg/m@{TWO}  # why\n\n")
        done = self.removal("gc", "--max-size", "0", "--pins", pins)
        self.assertEqual(self.snapshots(), [ONE, TWO])
        self.assertEqual({(kept["commit"], kept["reason"]) for kept in done["kept"]}, {(ONE, "pinned"), (TWO, "pinned")})
        lock = self.scratch / "larder.lock"
        lock.write_text(f'version = 1\n[[snapshot]]\nrepo = "org/m"\ntype = "model"\ncommit = "{TWO}"\n')
        self.larder("cache", "unpin", "org/m@v0")
        self.removal("gc", "--max-size", "0", "--pins", lock)
        self.assertEqual(self.snapshots(), [TWO])
        for wrong in ("org/m@main\n", "org/m\n", f"org/m@{TWO}/file\n", "???\n"):
            pins.write_text(wrong)
            refused = self.larder("cache", "gc", "--max-size", "0", "--pins", pins, "-y", check=False)
            self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertEqual(self.larder("cache", "gc", "--max-size", "0", "--pins", self.scratch / "no", "-y", check=False).returncode, 2)

    def test_a_pull_is_a_use(self):
        with Hub("--root", FIXTURES) as hub:
            self.pull(DEMO + "@v1.0", endpoint=hub.endpoint)
            self.pull(DEMO, endpoint=hub.endpoint)
            folder = self.cache / ("models--" + DEMO.replace("/", "--"))
            for base, _, names in os.walk(folder):
                for name in names:
                    os.utime(os.path.join(base, name), (1, 1), follow_symlinks=False)
            warm = self.pull(DEMO + "@v1.0", endpoint=hub.endpoint)
        self.removal("gc", "--older-than", "1d")
        self.assertEqual([path.name for path in (folder / "snapshots").iterdir()], [warm["commit"]])


class InUse(KeepTest):
    def hold(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        held = open(path, "w")
        fcntl.flock(held, fcntl.LOCK_EX)
        self.addCleanup(held.close)
        return held

    def test_a_clients_lock_keeps_what_it_may_need(self):
        self.three()
        blob = self.made.blob("models--org--m", bytes([0]) * 100_000, lfs=True)
        held = self.hold(self.cache / ".locks" / "models--org--m" / f"{blob}.lock")
        done = self.removal("gc", "--max-size", "0")
        self.assertEqual(self.snapshots(), [ONE])
        self.assertEqual([(kept["commit"], kept["reason"]) for kept in done["kept"]], [(ONE, "in-use")])
        busy = self.larder("cache", "rm", ONE, "--yes", check=False)
        self.assertEqual(busy.returncode, 9, busy.stderr)
        self.assertEqual(self.snapshots(), [ONE])
        held.close()
        self.removal("rm", ONE)

    def test_downloads_of_the_client_beside_gc(self):  # I7, I12
        stop = threading.Event()
        failures = []

        def collect():
            while not stop.is_set():
                for command in (["gc", "--max-size", "0"], ["prune"]):
                    done = self.larder("cache", *command, "-y", check=False)
                    if done.returncode not in (0, 9, 10):
                        failures.append(done.stderr)

        collector = threading.Thread(target=collect)
        root = self.scratch / "root"
        for index in range(8):
            shutil.copytree(FIXTURES / "models" / DEMO, root / "models" / "org" / f"n{index}")
        with Hub("--root", root) as hub:
            collector.start()
            try:  # by commit: nothing names the snapshot, and no lock lies between two files
                self.python("from huggingface_hub import HfApi, snapshot_download, scan_cache_dir\nfor i in range(8):\n"
                            "  commit = HfApi().model_info(f'org/n{i}').sha\n"
                            "  snapshot_download(f'org/n{i}', revision=commit, max_workers=1)\n"
                            "  snapshot_download(f'org/n{i}', revision='v1.0', max_workers=2)\n", endpoint=hub.endpoint)
            finally:
                stop.set()
                collector.join()
        self.assertEqual(failures, [])
        self.larder("cache", "verify")

    def test_pulls_beside_gc_and_rm(self):  # C6, C8
        failures = []
        stop = threading.Event()

        def remove(*command):
            while not stop.is_set():
                done = self.larder("cache", *command, "-y", check=False)
                if done.returncode not in (0, 9, 10):
                    failures.append((command, done.returncode, done.stderr))

        with Hub("--root", FIXTURES) as hub:
            threads = [threading.Thread(target=remove, args=command)
                       for command in (("gc", "--max-size", "0"), ("gc", "--keep-last", "1"), ("rm", "model/" + DEMO))]
            for thread in threads:
                thread.start()

            def pull(revision):
                for _ in range(6):
                    done = self.larder("pull", f"{DEMO}@{revision}", endpoint=hub.endpoint, check=False)
                    if done.returncode != 0:
                        failures.append(("pull", done.returncode, done.stderr))

            pulls = [threading.Thread(target=pull, args=(revision,)) for revision in ("main", "v1.0", "main")]
            for thread in pulls:
                thread.start()
            for thread in pulls:
                thread.join()
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])
        self.assert_scan_clean()
        self.larder("cache", "verify")

    def test_odd_lock_files_neither_hang_nor_help(self):  # C13
        self.three()
        locks = self.cache / ".locks" / "models--org--m"
        locks.mkdir(parents=True)
        victim = self.scratch / "victim"
        victim.write_text("precious")
        names = [self.made.blob("models--org--m", bytes([index]) * 100_000, lfs=True) + ".lock" for index in range(3)]
        (locks / names[0]).mkdir()
        os.mkfifo(locks / names[1])
        (locks / names[2]).symlink_to(victim)
        for index in range(2000):
            (locks / f"{index:064x}.lock").touch()
        done = self.larder("cache", "gc", "--max-size", "0", "-y", check=False)
        self.assertIn(done.returncode, (0, 8, 10, 12), done.stderr)
        self.assertEqual(victim.read_text(), "precious")
        self.assertTrue((locks / names[2]).is_symlink())
        self.assert_scan_clean()
        self.assertEqual(self.larder("cache", "ls").returncode, 0)

    def test_a_blob_between_its_rename_and_its_link_survives(self):  # C7
        self.three()
        fresh = self.made.blob("models--org--m", b"just renamed")
        done = self.removal("gc", "--max-size", "0")
        self.assertTrue((self.cache / "models--org--m" / "blobs" / fresh).exists())
        self.assertIn("recent", [kept["reason"] for kept in done["kept"]])


class Asking(KeepTest):
    def on_terminal(self, answer, *arguments):
        """Runs larder on a terminal of its own; what it showed, and how it ended."""
        pid, terminal = pty.fork()
        if pid == 0:
            env = harness.clean_env(HF_HUB_CACHE=str(self.cache), HOME=str(self.scratch), TERM="xterm")
            os.execve(harness.LARDER, ["larder", *map(str, arguments)], env)
        shown = b""
        answered = False
        while True:
            ready, _, _ = select.select([terminal], [], [], 60)
            if not ready:
                break
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
            if b"[y/N]" in shown and not answered:
                answered = True
                os.write(terminal, answer)
        os.close(terminal)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_nobody_to_ask_is_a_usage_error(self):
        self.three()
        for command in (["rm", "model/org/m"], ["rm", "model/org/m", "--json"], ["gc", "--max-size", "0"]):
            before = picture(self.cache)
            done = self.larder("cache", *command, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(picture(self.cache), before)

    def test_a_person_sees_what_and_how_much(self):
        self.three()
        shown, code = self.on_terminal(b"n\n", "cache", "rm", "model/org/m")
        self.assertIn("models--org--m", shown)
        self.assertIn("300.0 kB", shown)
        self.assertNotEqual(code, 0)
        self.assertEqual(len(self.snapshots()), 3)
        for answer in (b"\n", b"\x04", b"nope\n"):
            self.assertNotEqual(self.on_terminal(answer, "cache", "rm", "model/org/m")[1], 0)
        self.assertEqual(len(self.snapshots()), 3)
        shown, code = self.on_terminal(b"\x03", "cache", "rm", "model/org/m")
        self.assertEqual(code, 130, shown)
        shown, code = self.on_terminal(b"y\n", "cache", "gc", "--older-than", "35d")
        self.assertEqual(code, 0, shown)
        self.assertIn(ONE, shown)
        self.assertEqual(self.snapshots(), [TWO, THREE])
        shown, code = self.on_terminal(b"", "cache", "prune")  # nothing to do: nobody is asked
        self.assertEqual(code, 0, shown)
        self.assertNotIn("[y/N]", shown)


class Places(KeepTest):
    def test_the_root_may_be_a_link(self):
        self.three()
        real = self.scratch / "real"
        shutil.move(self.cache, real)
        self.cache.symlink_to(real)
        self.assertEqual(len(json.loads(self.larder("cache", "ls", "--revisions", "--json").stdout)["revisions"]), 3)
        self.larder("cache", "verify")
        self.removal("rm", ONE)
        self.assertEqual(self.snapshots(), [TWO, THREE])
        self.assertTrue(self.cache.is_symlink())

    def test_links_below_the_root_are_read_and_left(self):  # T49, C20
        for below in ("", "/blobs", "/snapshots", "/refs", "/trees"):
            with self.subTest(below):
                shutil.rmtree(self.scratch / "away", True)
                shutil.rmtree(self.cache, True)
                self.three()
                (self.scratch / "away").mkdir()
                place = self.cache / ("models--org--m" + below)
                shutil.move(place, self.scratch / "away" / "x")
                place.symlink_to(self.scratch / "away" / "x")
                before = picture(self.scratch / "away"), picture(self.cache)
                rows = json.loads(self.larder("cache", "ls", "--json").stdout)["repos"]
                self.assertEqual([row["repo"]["id"] for row in rows], ["org/m"])
                if below in ("", "/blobs"):
                    self.assertEqual(rows[0]["bytes"], 300_000)
                self.larder("cache", "gc", "--max-size", "0", "-y", check=False)
                self.larder("cache", "prune", "-y", check=False)
                self.assertEqual(self.larder("cache", "rm", "model/org/m", "-y", check=False).returncode, 12)
                self.assertEqual(self.larder("cache", "rm", ONE, "-y", check=False).returncode, 12)
                self.assertEqual((picture(self.scratch / "away"), picture(self.cache)), before)


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root and setpriv to be another user")
class OtherUsers(KeepTest):
    def as_nobody(self, *arguments, endpoint=None, umask="022", group="65534"):
        env = harness.clean_env(HF_HUB_CACHE=str(self.cache), HOME=str(self.home))
        if endpoint:
            env["HF_ENDPOINT"] = endpoint
        return subprocess.run(["setpriv", "--reuid=65534", f"--regid={group}", "--clear-groups", "--", "sh", "-c",
                               f'umask {umask}; exec "$@"', "sh", str(self.program), *map(str, arguments)],
                              env=env, cwd="/", capture_output=True, text=True)

    def setUp(self):
        super().setUp()
        os.chmod(self.scratch, 0o755)
        self.home = self.scratch / "home"
        self.home.mkdir()
        os.chown(self.home, 65534, 65534)
        self.program = self.scratch / "larder"
        shutil.copy(harness.LARDER, self.program)

    def test_a_cache_that_may_only_be_read_is_read(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
            before = picture(self.cache)
            for arguments in (["cache", "ls", "--json"], ["cache", "ls", "--revisions"], ["cache", "verify"], ["cache", "prune", "-y"],
                              ["pull", DEMO, "--offline"], ["cache", "gc", "--max-size", "1T", "-y"]):
                done = self.as_nobody(*arguments)
                self.assertEqual(done.returncode, 0, (arguments, done.stderr))
            warm = self.as_nobody("pull", DEMO, endpoint=hub.endpoint)
            self.assertEqual((warm.returncode, warm.stdout.strip()), (0, report["path"]), warm.stderr)
            for arguments in (["cache", "rm", "model/" + DEMO, "-y"], ["cache", "pin", DEMO], ["cache", "gc", "--max-size", "0", "-y"]):
                done = self.as_nobody(*arguments)
                self.assertEqual(done.returncode, 8, (arguments, done.stdout, done.stderr))
            self.assertEqual(picture(self.cache), before)
            self.assert_scan_clean()

    def test_a_group_shares_a_cache(self):  # T52
        self.cache.mkdir()
        shutil.chown(self.cache, 0, 65534)
        os.chmod(self.cache, 0o2775)
        with Hub("--root", FIXTURES) as hub:
            before = os.umask(0o002)
            try:
                self.pull(DEMO + "@v1.0", endpoint=hub.endpoint)
            finally:
                os.umask(before)
            second = self.as_nobody("pull", DEMO, endpoint=hub.endpoint, umask="002")
            self.assertEqual(second.returncode, 0, second.stderr)
        for base, folders, files in os.walk(self.cache):
            for name in folders + files:
                facts = os.lstat(os.path.join(base, name))
                self.assertEqual(facts.st_gid, 65534, os.path.join(base, name))
                if not os.path.islink(os.path.join(base, name)):
                    self.assertTrue(facts.st_mode & 0o020, (oct(facts.st_mode), os.path.join(base, name)))
                if name in folders:
                    self.assertTrue(facts.st_mode & 0o2000, os.path.join(base, name))
        done = self.as_nobody("cache", "rm", "model/" + DEMO, "-y", umask="002")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(self.larder("cache", "ls", "--json").stdout)["repos"], [])

    def test_what_everybody_may_write_is_hashed_before_it_is_used(self):  # T50
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
            config = os.path.realpath(report["path"] + "/config.json")
            right = pathlib.Path(config).read_bytes()
            os.chmod(config, 0o666)
            with open(config, "r+b") as blob:
                blob.write(b"?")
            self.assertEqual(self.larder("cache", "verify", check=False).returncode, 7)
            self.pull(DEMO, endpoint=hub.endpoint)
            self.assertEqual(pathlib.Path(config).read_bytes(), right)


if __name__ == "__main__":
    harness.main()
