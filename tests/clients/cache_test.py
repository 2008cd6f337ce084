"""The cache manager beside huggingface_hub: the same numbers before and after every command, nothing that the client then misses."""
import json
import os
import shutil
import unittest

import harness
from harness import DEMO, FIXTURES, ClientTest, Hub
from made_cache import MadeCache, picture

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
WEIGHTS = bytes(range(256)) * 4096  # 1 MiB

SCAN = """
import json
from huggingface_hub import scan_cache_dir
info = scan_cache_dir()
repos = {r.cache_id: {'bytes': r.size_on_disk, 'files': r.nb_files, 'revisions': len(r.revisions), 'refs': sorted(r.refs),
                      'modified': r.last_modified, 'accessed': r.last_accessed} for r in info.repos}
revisions = {r.cache_id + '@' + v.commit_hash: {'bytes': v.size_on_disk, 'files': len({f.blob_path for f in v.files}),
             'refs': sorted(v.refs), 'modified': v.last_modified, 'path': str(v.snapshot_path)} for r in info.repos for v in r.revisions}
print(json.dumps({'total': info.size_on_disk, 'repos': repos, 'revisions': revisions, 'warnings': [str(w) for w in info.warnings]}))
"""


def seconds(text):
    """Whole seconds of an ISO-8601 time of larder's."""
    import datetime
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class CacheTest(ClientTest):
    def setUp(self):
        super().setUp()
        self.made = MadeCache(self, self.cache)

    def scan(self):
        return json.loads(self.python(SCAN))

    def ls(self, *arguments):
        return json.loads(self.larder("cache", "ls", "--json", *arguments).stdout)

    @staticmethod
    def row(row):
        return {"bytes": row["bytes"], "files": row["files"], "refs": row["refs"], "modified": seconds(row["last_modified"])}

    def assert_numbers_agree(self):
        """`cache ls` in both forms against scan_cache_dir(), which must have no warning."""
        seen = self.scan()
        self.assertEqual(seen["warnings"], [])
        repos = self.ls()
        self.assertEqual(repos["bytes"]["total"], seen["total"])
        mine = {f"{r['repo']['type']}/{r['repo']['id']}": dict(self.row(r), revisions=r["revisions"], accessed=seconds(r["last_accessed"]))
                for r in repos["repos"]}
        theirs = {key: dict(value, modified=int(value["modified"]), accessed=int(value["accessed"])) for key, value in seen["repos"].items()}
        self.assertEqual(mine, theirs)
        mine = {f"{r['repo']['type']}/{r['repo']['id']}@{r['commit']}": dict(self.row(r), path=r["path"])
                for r in self.ls("--revisions")["revisions"]}
        theirs = {key: dict(value, modified=int(value["modified"])) for key, value in seen["revisions"].items()}
        self.assertEqual(mine, theirs)

    def removed(self, *arguments):
        """Runs a removal dry and for good; both tell the same."""
        plan = json.loads(self.larder("cache", *arguments, "--dry-run", "--json").stdout)
        done = json.loads(self.larder("cache", *arguments, "--yes", "--json").stdout)
        self.assertEqual(plan["items"], done["items"])
        self.assertEqual(plan["bytes"], done["bytes"])
        return done

    def fill(self):
        """Two commits of a repository downloaded by the client, a data set without links, an odd one, two that share a payload."""
        source = self.scratch / "source"
        source.mkdir()
        (source / "table.csv").write_text("a,b\n1,2\n")
        with Hub("--root", FIXTURES, "--source", source, "--id", "org/table", "--type", "dataset") as hub:
            self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r}, revision='v1.0')\n"
                        f"snapshot_download({DEMO!r})", endpoint=hub.endpoint)
            self.python("from huggingface_hub import snapshot_download\nsnapshot_download('org/table', repo_type='dataset')",
                        endpoint=hub.endpoint, HF_HUB_DISABLE_SYMLINKS="1")
        self.made.add("spaces--org--app", ONE, {"app.py": b"print()\n", "same.py": b"print()\n", "deep/er/x": b"x"}, ["main", "refs/pr/1"])
        self.made.add("spaces--org--app", TWO, {})
        self.made.repo("kernels--org--none")
        for folder in ("models--org--a", "models--org--b"):
            self.made.add(folder, ONE, {"config.json": folder.encode()}, ["main"])
        self.made.add("models--org--a", THREE, {"model.bin": WEIGHTS}, lfs=["model.bin"], refs=["v3"])
        self.made.publish("models--org--a", WEIGHTS)
        self.made.link_from_store("models--org--b", WEIGHTS)
        self.made.link("models--org--b", ONE, "model.bin", self.made.blob("models--org--b", WEIGHTS, lfs=True))


class Listing(CacheTest):
    def test_numbers_agree_before_and_after_every_command(self):
        self.fill()
        self.assert_numbers_agree()
        self.assertEqual(self.larder("cache", "verify").returncode, 0)
        self.assert_numbers_agree()
        before = self.scan()["total"]
        done = self.removed("rm", "space/org/app")
        self.assert_numbers_agree()
        self.assertEqual(before - self.scan()["total"], done["bytes"]["freed"])
        self.removed("prune")
        self.assert_numbers_agree()
        self.removed("gc", "--keep-last", "1")
        self.assert_numbers_agree()
        self.assertEqual({row["revisions"] for row in self.ls()["repos"]} - {0}, {1})
        self.removed("gc", "--max-size", "0")
        self.assert_numbers_agree()
        self.assertEqual(self.scan()["total"], 0)

    def test_ids_come_in_the_clients_order(self):
        self.fill()
        for arguments in ([], ["--revisions"], ["--sort", "size"], ["--sort", "size:asc"], ["--sort", "name:desc"], ["--sort", "modified"],
                          ["--revisions", "--sort", "size:asc"], ["--limit", "2"], ["--filter", "size>1KB"], ["--filter", "type=model"],
                          ["--filter", "refs=MAIN"], ["--revisions", "--filter", "refs=v1.0"], ["--filter", "size != 1048576"],
                          ["--filter", "modified<1h", "--filter", "size>0"], ["--filter", "accessed>1d"], ["--sort", "size", "--limit", "1"]):
            theirs = self.hf("cache", "ls", "--quiet", *arguments)
            mine = self.larder("cache", "ls", "--quiet", *arguments)
            self.assertEqual(mine.stdout.split(), theirs.stdout.split(), arguments)

    def test_words_the_client_refuses_are_refused(self):
        self.fill()
        for arguments in (["--filter", "size>1.5GB"], ["--filter", "size==1"], ["--filter", "size>1kib"], ["--filter", "owner=me"],
                          ["--filter", "type!=model"], ["--sort", "date"], ["--limit", "-1"]):
            self.assertNotEqual(self.hf("cache", "ls", *arguments).returncode, 0, arguments)
            self.assertEqual(self.larder("cache", "ls", *arguments, check=False).returncode, 2, arguments)

    def hf(self, *arguments):
        import subprocess
        env = harness.clean_env(HF_HUB_CACHE=str(self.cache), HF_HOME=str(self.scratch / "home"), HOME=str(self.scratch), NO_COLOR="1")
        return subprocess.run([harness.ENV / "venv" / "bin" / "hf", *arguments], env=env, cwd=self.scratch, capture_output=True, text=True)

    def test_a_broken_repository_is_listed_and_hides_none(self):
        self.fill()
        seen = self.scan()["repos"]
        self.made.add("models--org--broken", ONE, {"a": b"a", "b": b"b"}, ["main"])
        (self.cache / "models--org--broken" / "blobs" / self.made.blob("models--org--broken", b"a")).unlink()
        self.assertEqual(len(self.scan()["warnings"]), 1)
        rows = {row["repo"]["id"]: row for row in self.ls()["repos"]}
        self.assertEqual(len(rows), len(seen) + 1)
        self.assertEqual([problem["kind"] for problem in rows["org/broken"]["problems"]], ["missing"])
        self.assertEqual(rows["org/broken"]["bytes"], 1)


class Removal(CacheTest):
    def test_a_payload_stays_until_its_last_repository_goes(self):
        self.fill()
        payload = self.made.payload(WEIGHTS)
        self.larder("cache", "rm", "model/org/a", "-y")
        self.assertEqual(payload.read_bytes(), WEIGHTS)
        self.assertEqual(payload.with_name(payload.name + ".refs").read_text().count("\n"), 1)
        self.assert_numbers_agree()
        found = self.python("from huggingface_hub import hf_hub_download\nprint(hf_hub_download('org/b', 'model.bin'))", offline=True)
        self.assertEqual(os.path.getsize(found), len(WEIGHTS))
        done = self.removed("rm", "model/org/b")
        self.assertIn("payload", [item["kind"] for item in done["items"]])
        self.assertFalse(payload.exists())
        self.assertFalse(payload.with_name(payload.name + ".refs").exists())
        self.assertTrue(payload.with_name(payload.name + ".lock").exists())
        self.assertTrue((self.cache / "blobs" / ".huggingface-shared-blobs").exists())
        self.assert_numbers_agree()
        self.made.add("models--org--again", ONE, {"model.bin": WEIGHTS}, lfs=["model.bin"])
        self.made.publish("models--org--again", WEIGHTS)  # the client still takes the store for its own
        self.assertTrue(payload.exists())

    def test_in_doubt_a_payload_stays(self):
        for name, spoil in {"no manifest": lambda refs: refs.unlink(), "a folder": lambda refs: (refs.unlink(), refs.mkdir()),
                            "no text": lambda refs: refs.write_bytes(b"\xff\xfe\n"), "a link": self.to_link}.items():
            with self.subTest(name):
                self.made.add("models--org--a", ONE, {"model.bin": WEIGHTS}, lfs=["model.bin"], refs=["main"])
                self.made.publish("models--org--a", WEIGHTS)
                payload = self.made.payload(WEIGHTS)
                spoil(payload.with_name(payload.name + ".refs"))
                self.removed("rm", "model/org/a")
                self.assertEqual(payload.read_bytes(), WEIGHTS)
                shutil.rmtree(self.cache)

    def to_link(self, refs):
        victim = self.scratch / "victim"
        victim.write_text("models--org--a/blobs/x\n")
        refs.unlink()
        refs.symlink_to(victim)

    def test_any_way_to_write_the_link_keeps_the_payload(self):
        """The client takes an absolute or a roundabout link into its store for a reference too."""
        self.fill()
        payload = self.made.payload(WEIGHTS)
        entry = self.cache / "models--org--b" / "blobs" / self.made.blob("models--org--b", WEIGHTS, lfs=True)
        for text in (str(payload), f"../.././blobs/{payload.parent.name}/{payload.name}",
                     f"../../models--org--b/../blobs/{payload.parent.name}/{payload.name}"):
            entry.unlink()
            entry.symlink_to(text)
            self.assert_numbers_agree()
            self.removed("rm", THREE)
            self.removed("prune")
            self.assertEqual(payload.read_bytes(), WEIGHTS, text)
            self.assertEqual(self.larder("cache", "verify", check=False).returncode, 0, text)
            self.made.link_from_store("models--org--a", WEIGHTS)
            self.made.link("models--org--a", THREE, "model.bin", entry.name)
            self.made.ref("models--org--a", "v3", THREE)

    def test_twin_commits_are_told_apart(self):
        for folder in ("models--gpt2", "models--openai-community--gpt2"):
            self.made.add(folder, ONE, {"config.json": b"{}"}, ["main"])
        refused = self.larder("cache", "rm", ONE, "-y", check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("openai-community/gpt2", refused.stderr)
        self.removed("rm", "model/gpt2")
        self.assertFalse((self.cache / "models--gpt2").exists())
        self.assertTrue((self.cache / "models--openai-community--gpt2" / "snapshots" / ONE / "config.json").exists())
        self.made.add("models--gpt2", ONE, {"config.json": b"{}"})  # detached here, named there
        self.removed("prune")
        self.assertFalse((self.cache / "models--gpt2" / "snapshots" / ONE).exists())
        self.assertTrue((self.cache / "models--openai-community--gpt2" / "refs" / "main").exists())
        self.assert_numbers_agree()

    def test_what_a_1x_client_broke_is_left_readable(self):
        self.fill()
        self.made.payload(WEIGHTS).unlink()  # its `cache rm` took the payload of everybody
        before = picture(self.cache)
        self.removed("prune")
        self.assertEqual(self.larder("cache", "verify", check=False).returncode, 7)
        after = picture(self.cache)
        lost = {path for path in before if path not in after}
        self.assertEqual({path for path in lost if not path.startswith("spaces--org--app")}, set())
        self.python("from huggingface_hub import hf_hub_download\nprint(hf_hub_download('org/b', 'config.json'))", offline=True)
        self.removed("rm", "model/org/b")
        self.removed("rm", "model/org/a")
        self.assert_numbers_agree()

    def test_prune_takes_what_the_clients_leave_after_a_day(self):
        self.fill()
        blobs = self.cache / "models--org--a" / "blobs"
        blob, payload = self.made.blob("models--org--a", WEIGHTS, lfs=True), self.made.payload(WEIGHTS)
        temps = [blobs / f"{blob}.0123abcd.incomplete", blobs / f"{blob}.incomplete", blobs / f".{blob}.0123abcd.new",
                 blobs / f".{blob}.0123abcd.old", blobs / "tmp_01234567-89ab-cdef-0123-456789abcdef"]
        for temp in temps:
            temp.write_bytes(b"part")
        link = blobs / f".{blob}.0123abcd.shared"
        link.symlink_to("../../blobs/x")
        store = [payload.with_name(payload.name + ".refs.0123abcd.tmp"), self.cache / "blobs" / ".huggingface-shared-blobs.0123abcd.tmp"]
        for temp in store:
            temp.write_bytes(b"1\n")
        self.removed("prune")
        for temp in [*temps, *store, link]:
            self.assertTrue(os.path.lexists(temp), temp)
        for temp in [*temps, *store, link]:
            os.utime(temp, (1, 1), follow_symlinks=False)
        self.removed("prune")
        self.assertEqual([str(temp) for temp in [*temps, *store, link] if os.path.lexists(temp)], [])
        self.assert_numbers_agree()

    def test_foreign_files_are_never_touched(self):  # I6, C21
        self.fill()
        foreign = ["version.txt", "xet/log", "my model/weights", "models--no", ".DS_Store", "models--org--a/notes.txt", "models--org--a/own/x",
                   "models--org--a/blobs/readme", "models--org--a/blobs/folder/x", f"models--org--a/snapshots/{ONE}/mine.txt",
                   f"models--org--a/snapshots/{THREE}/sub/mine.txt", "models--org--a/snapshots/notes", "models--org--a/trees/mine.json",
                   "models--org--a/.no_exist/mine", "models--org--a/.larder/mine", ".locks/mine", ".locks/models--org--a/mine",
                   "models--org--a/refs/notes", "blobs/mine", "blobs/64/mine", "blobs/zz/x"]
        for path in foreign:
            (self.cache / path).parent.mkdir(parents=True, exist_ok=True)
            (self.cache / path).write_text("mine: " + path)
        outside = self.scratch / "outside"
        outside.mkdir()
        (outside / "precious").write_text("precious")
        (self.cache / "models--org--a" / "snapshots" / ONE / "out").symlink_to(outside)
        (self.cache / "models--org--a" / "snapshots" / ONE / "out.txt").symlink_to(outside / "precious")
        (self.cache / "elsewhere").symlink_to(outside)
        for command in (["ls"], ["ls", "--revisions"], ["verify"], ["prune", "-y"], ["gc", "--keep-last", "1", "-y"], ["rm", THREE, "-y"],
                        ["rm", "hf://org/a/config.json", "-y"], ["gc", "--max-size", "0", "-y"], ["rm", "model/org/a", "-y"]):
            self.larder("cache", *command, check=False)
            for path in foreign:
                self.assertEqual((self.cache / path).read_text() if (self.cache / path).exists() else None, "mine: " + path, (command, path))
            self.assertEqual((outside / "precious").read_text(), "precious")
        self.assertTrue((self.cache / "elsewhere").is_symlink())


if __name__ == "__main__":
    harness.main()
