"""Without a network: --offline, HF_HUB_OFFLINE and pinned commits open no socket (R-534…R-539, issue 3 item 6), seen from outside by strace."""
import json
import os
import shutil
import subprocess
import unittest

import harness
from harness import LARDER, ClientTest, Hub, inventory
from repos import FIRST, GOLDEN, GOLDEN_FILES, SECOND, Root

OTHER = "org/other"


def works(program):
    return shutil.which(program) and subprocess.run([program, "-f", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


STRACE = works("strace")


class Offline(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").golden().add(OTHER, [("9" * 40, "main", {"a.txt": b"a\n"})]).folder
        with Hub("--root", self.root) as hub:
            self.pull(GOLDEN, endpoint=hub.endpoint)
            self.pull(OTHER, endpoint=hub.endpoint)
        self.snapshot = self.cache / "models--org--m" / "snapshots" / FIRST

    def traced(self, *arguments, env=None):
        """(exit code, output, calls that were seen) of larder under strace."""
        log = self.scratch / "trace"
        done = subprocess.run(["strace", "-f", "-qq", "-s", "300", "-e", "trace=socket,connect,sendto,%file,getdents64", "-o", log, LARDER, *map(str, arguments)],
                              env=self.larder_env("http://127.0.0.1:9", env=env), cwd=self.scratch, capture_output=True, text=True)
        return done.returncode, done.stdout, log.read_text().splitlines()

    def assert_no_network(self, calls):
        self.assertEqual([line for line in calls if "socket(" in line or "connect(" in line], [])

    @unittest.skipUnless(STRACE, "strace does not work here")
    def test_no_socket_is_opened(self):
        for arguments, env in ((("--offline",), {}), ((), {"HF_HUB_OFFLINE": "1"}), ((), {"HF_HUB_OFFLINE": "YES"}), ((), {"TRANSFORMERS_OFFLINE": "1"}),
                               ((), {"LARDER_OFFLINE": "1"})):
            for words, expected in ((("pull", GOLDEN), 0), (("pull", GOLDEN, "config.json"), 0), (("pull", GOLDEN + "@v9"), 3), (("pull", "org/unknown"), 3),
                                    (("resolve", GOLDEN), 0), (("files", GOLDEN), 0), (("plan", GOLDEN), 0), (("pull", GOLDEN, "nothing.txt"), 3)):
                with self.subTest(words=words, arguments=arguments, env=env):
                    code, out, calls = self.traced(*words, *arguments, env=env)
                    self.assertEqual(code, expected, out)
                    self.assert_no_network(calls)

    @unittest.skipUnless(STRACE, "strace does not work here")
    def test_a_warm_pull_of_a_commit_asks_nobody_and_reads_no_other_repository(self):
        with Hub("--root", self.root) as hub:
            self.pull(f"{GOLDEN}@{FIRST}", endpoint=hub.endpoint)  # online: marks it as asked for
        for options in ((), ("--offline",)):
            code, out, calls = self.traced("pull", f"{GOLDEN}@{FIRST}", *options)
            self.assertEqual((code, out.strip()), (0, str(self.snapshot)))
            self.assert_no_network(calls)
            self.assertEqual([line for line in calls if "models--org--other" in line], [])
            root = str(self.cache) + '"'
            self.assertEqual([line for line in calls if root in line and "O_DIRECTORY" in line], [])
        report = self.pull(f"{GOLDEN}@{FIRST}", endpoint="http://127.0.0.1:9")
        self.assertEqual((report["requests"], report["bytes"]["fetched"]), (0, 0))

    def test_variables_that_are_off(self):
        with Hub("--root", self.root) as hub:
            for env in ({"HF_HUB_OFFLINE": "0"}, {"HF_HUB_OFFLINE": ""}, {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"}):
                self.assertGreater(self.pull(GOLDEN, endpoint=hub.endpoint, env=env)["requests"], 0, env)

    def test_the_marks_of_use_and_of_a_pulled_commit(self):
        own = self.cache / "models--org--m" / ".larder"
        used = own / "used" / FIRST
        os.utime(used, (1, 1))
        self.assertFalse((own / "pins" / FIRST).exists())
        self.larder("pull", GOLDEN, "--offline")
        self.assertGreater(used.stat().st_mtime, 1)
        self.assertFalse((own / "pins" / FIRST).exists())
        os.utime(used, (1, 1))
        self.larder("pull", f"{GOLDEN}@{FIRST}", endpoint="http://127.0.0.1:9")
        self.assertGreater(used.stat().st_mtime, 1)
        self.assertEqual(json.loads((own / "pins" / FIRST).read_text())["kind"], "commit")
        self.assert_scan_clean()

    def offline(self, *words, expected=0):
        done = self.larder("pull", *words, "--offline", check=False)
        self.assertEqual(done.returncode, expected, f"{words}: {done.stdout}{done.stderr}")
        return done

    def test_names_commits_files_and_filters(self):
        for words in ((GOLDEN,), (GOLDEN + "@" + FIRST,), (GOLDEN + "@" + FIRST[:7],), (GOLDEN, "--include", "*.json"), (GOLDEN, "--revision", "main")):
            self.assertEqual(self.offline(*words).stdout.strip(), str(self.snapshot))
        for path in GOLDEN_FILES:
            self.assertEqual(self.offline(GOLDEN, path).stdout.strip(), str(self.snapshot / path))
        self.assertEqual(self.offline(GOLDEN, "sub dir").stdout.strip(), str(self.snapshot))
        for words in ((GOLDEN + "@v2",), (GOLDEN + "@" + SECOND,), (GOLDEN + "@" + SECOND[:8],), ("datasets/" + GOLDEN,), ("org/none",)):
            self.assertIn("offline", self.offline(*words, expected=3).stderr)
        self.assertIn("no.txt", self.offline(GOLDEN, "no.txt", expected=3).stderr)

    def test_an_incomplete_snapshot_is_named(self):  # R-536, N47
        before = inventory(self.cache)
        (self.snapshot / "config.json").unlink()
        self.offline(GOLDEN)  # its blob is here: the link is only made again
        self.assertTrue((self.snapshot / "config.json").is_symlink())
        blob = (self.snapshot / "config.json").resolve()
        blob.unlink()
        for words in ((GOLDEN,), (GOLDEN + "@" + FIRST,), (GOLDEN, "config.json")):
            self.assertIn("config.json", self.offline(*words, expected=3).stderr)
        self.offline(GOLDEN, "README.md")
        self.offline(GOLDEN, "--exclude", "config.*")
        self.assertEqual(set(inventory(self.cache)), set(before) - {str(blob.relative_to(self.cache))})

    def test_without_a_listing_completeness_is_unknown(self):
        (self.cache / "models--org--m" / "trees" / (FIRST + ".json")).unlink()
        (self.snapshot / "README.md").unlink()
        for words in ((GOLDEN,), (GOLDEN + "@" + FIRST,)):
            done = self.offline(*words)
            self.assertEqual(done.stdout.strip(), str(self.snapshot))
            self.assertIn("unknown", done.stderr)
        self.assertEqual(self.offline(GOLDEN, "config.json").stdout.strip(), str(self.snapshot / "config.json"))
        self.offline(GOLDEN, "README.md", expected=3)

    def test_refs_are_read_as_python_writes_them_and_more(self):
        ref = self.cache / "models--org--m" / "refs" / "main"
        for text, expected in ((FIRST, 0), (FIRST + "\n", 0), (" " + FIRST + " \r\n", 0), ("", 3), (FIRST[:39], 3), (FIRST.upper().replace("1", "A"), 3)):
            ref.write_bytes(text.encode())
            self.offline(GOLDEN, expected=expected)
            self.assertEqual(ref.read_bytes(), text.encode())  # only read

    def test_the_network_is_down_but_nobody_said_offline(self):
        done = self.larder("pull", GOLDEN, endpoint="http://127.0.0.1:9", env={"LARDER_RETRIES": "1"}, check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn("--offline", done.stderr)
        self.assertIn(FIRST, done.stderr)
        self.larder("pull", f"{GOLDEN}@{FIRST}", endpoint="http://127.0.0.1:9")

    @unittest.skipUnless(os.getuid() == 0, "only root can act as somebody else")
    def test_a_cache_of_somebody_else_that_may_only_be_read(self):
        self.scratch.chmod(0o755)
        nobody, before = 65534, inventory(self.cache)
        with Hub("--root", self.root) as hub:
            for words in ((GOLDEN, "--offline"), (f"{GOLDEN}@{FIRST}",), (GOLDEN,), (GOLDEN, "config.json")):
                done = self.larder("pull", *words, endpoint=hub.endpoint, user=nobody)
                self.assertTrue(done.stdout.startswith(str(self.snapshot)), words)
            refused = self.larder("pull", GOLDEN + "@v2", endpoint=hub.endpoint, user=nobody, check=False)
        self.assertEqual(refused.returncode, 8, refused.stderr)
        self.assertEqual(inventory(self.cache), before)


class Absence(ClientTest):
    """.no_exist, moved repositories, refs (R-206, R-504, R-511, R-512, R-520, R-521)."""

    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").golden().move("old/m", GOLDEN).folder
        self.repo = self.cache / "models--org--m"

    def known(self, path, revision="main"):
        """What transformers sees: a path, "absent", or None."""
        return self.python("from huggingface_hub import try_to_load_from_cache as t, _CACHED_NO_EXIST as n\n"
                           f"r = t({GOLDEN!r}, {path!r}, revision={revision!r})\nprint('absent' if r is n else r)", offline=True)

    def test_both_write_the_same_marker(self):
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, "sub dir/none.txt", "README.md", endpoint=hub.endpoint, check=False)
            self.assert_scan_clean()
            self.python("from huggingface_hub import hf_hub_download\n"
                        f"for n in ('none.json',):\n try: hf_hub_download({GOLDEN!r}, n)\n except Exception as e: pass", endpoint=hub.endpoint)
        markers = inventory(self.repo / ".no_exist")
        self.assertEqual(markers, {FIRST: (0o755, "folder"), f"{FIRST}/sub dir": (0o755, "folder"), f"{FIRST}/sub dir/none.txt": (0o644, b""),
                                   f"{FIRST}/none.json": (0o644, b"")})
        for name in ("sub dir/none.txt", "none.json"):
            self.assertEqual(self.known(name), "absent")

    def test_a_marker_goes_when_the_file_comes(self):
        marker = self.repo / ".no_exist" / FIRST / "config.json"
        marker.parent.mkdir(parents=True)
        marker.touch()
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
        self.assertFalse(marker.exists())
        self.assertEqual(self.known("config.json"), str(self.repo / "snapshots" / FIRST / "config.json"))

    def test_a_moved_repository_keeps_the_name_that_was_typed(self):
        with Hub("--root", self.root) as hub:
            report = self.pull("old/m", endpoint=hub.endpoint)
            path = self.python("from huggingface_hub import snapshot_download\nprint(snapshot_download('old/m'))", endpoint=hub.endpoint)
        self.assertEqual(report["repo"], {"type": "model", "id": "old/m", "canonical": GOLDEN})
        self.assertEqual(path, report["path"])
        self.assertIn("models--old--m", path)
        self.assertFalse(self.repo.exists())

    def test_a_ref_is_written_last_and_only_when_it_differs(self):
        ref = self.repo / "refs" / "main"
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
            before = ref.stat()
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
            self.assertEqual((ref.stat().st_ino, ref.stat().st_mtime_ns), (before.st_ino, before.st_mtime_ns))
            ref.write_text(FIRST + "\n")
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
            self.assertEqual(ref.read_text(), FIRST)
            self.larder("pull", f"{GOLDEN}@{SECOND}", endpoint=hub.endpoint)
        self.assertEqual([path.name for path in (self.repo / "refs").iterdir()], ["main"])
        Root(self.root).golden(main=SECOND)
        with Hub("--root", self.root, "--fault", "config.json=status:404") as hub:
            (self.repo / "snapshots" / SECOND / "config.json").resolve().unlink()
            self.larder("pull", GOLDEN, endpoint=hub.endpoint, check=False)
            self.assertEqual(ref.read_text(), FIRST)
            for words in (("plan", GOLDEN), ("pull", GOLDEN, "--dry-run"), ("resolve", GOLDEN), ("files", GOLDEN)):
                self.larder(*words, endpoint=hub.endpoint)
                self.assertEqual(ref.read_text(), FIRST)
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)
        self.assertEqual(ref.read_text(), SECOND)


if __name__ == "__main__":
    harness.main()
