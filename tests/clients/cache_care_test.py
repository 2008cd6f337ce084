"""Damage found and put right, and files of this machine taken over, held against huggingface_hub."""
import json
import os
import shutil

import harness
from harness import DEMO, FIXTURES, ClientTest, Hub
from made_cache import MadeCache, picture

FOLDER = "models--" + DEMO.replace("/", "--")


class CareTest(ClientTest):
    def setUp(self):
        super().setUp()
        self.made = MadeCache(self, self.cache)

    def verify(self, *arguments, code=0, **options):
        done = self.larder("cache", "verify", "--json", *arguments, check=False, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def findings(self, *arguments, **options):
        return {(one["kind"], os.path.basename(one["path"])) for one in self.verify(*arguments, **options)["findings"]}


class Damage(CareTest):
    def spoil(self, report):
        """Twelve kinds of damage, each on a file of its own; what verify must say of each."""
        repo, snapshot = self.cache / FOLDER, report["path"]
        names = iter([file for file in report["files"] if not file["digest"].startswith("sha256")])
        expected = set()

        def entry():
            file = next(names)
            return f"{snapshot}/{file['path']}", repo / "blobs" / file["blob"]

        link, blob = entry()
        blob.write_bytes(bytes([blob.read_bytes()[0] ^ 1]) + blob.read_bytes()[1:])
        expected.add(("digest", blob.name))
        link, blob = entry()
        blob.write_bytes(blob.read_bytes() + b"x")
        expected.add(("size", blob.name))
        link, blob = entry()
        blob.write_bytes(blob.read_bytes()[:-1])
        expected.add(("size", blob.name))
        link, blob = entry()
        blob.write_bytes(b"")
        expected.add(("empty", blob.name))
        link, blob = entry()
        blob.unlink()
        expected.add(("missing", blob.name))
        link, blob = entry()
        blob.rename(blob.with_name("f" * 40))
        expected |= {("misnamed", "f" * 40), ("missing", blob.name)}
        link, blob = entry()
        os.unlink(link)
        os.symlink(blob, link)  # absolute
        expected.add(("link", os.path.basename(link)))
        large = [file for file in report["files"] if file["digest"].startswith("sha256")]
        link, blob = f"{snapshot}/{large[0]['path']}", repo / "blobs" / large[0]["blob"]
        os.unlink(link)
        os.symlink("../" * 9 + "etc/passwd", link)
        expected.add(("link", os.path.basename(link)))
        link, blob = f"{snapshot}/{large[1]['path']}", repo / "blobs" / large[1]["blob"]
        blob.unlink()
        os.mkfifo(blob)
        expected.add(("missing", blob.name))
        link, blob = f"{snapshot}/{large[2]['path']}", repo / "blobs" / large[2]["blob"]
        blob.unlink()
        blob.mkdir()
        expected.add(("missing", blob.name))
        (repo / "refs" / "bad").write_text("garbage")
        (repo / "refs" / "gone").write_text("9" * 40)
        return expected | {("ref", "bad"), ("ref", "gone")}

    def test_every_kind_is_found_and_only_that_is_fetched(self):  # C16, C17, C18
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        expected = self.spoil(report)
        (self.cache / FOLDER / "snapshots" / report["commit"] / "mine.txt").write_text("mine")
        (self.cache / FOLDER / "blobs" / ("a" * 64 + ".incomplete")).write_text("part")
        notes = {("foreign", "mine.txt"), ("partial", "a" * 64 + ".incomplete")}
        before = picture(self.cache)
        self.assertEqual(self.findings(code=7), expected | notes)
        self.assertEqual(self.findings(DEMO, code=7), expected | notes)
        self.assertEqual(self.findings("--invariants", code=7), expected | notes)
        self.assertEqual({one["invariant"] for one in self.verify("--invariants", code=7)["findings"] if "invariant" in one},
                         {"I1", "I2", "I3", "I4"})
        self.assertEqual(picture(self.cache), before)
        damaged = {one["path"].split("/")[-1] for one in self.verify(code=7)["findings"] if "/blobs/" in one["path"]}
        with Hub("--root", FIXTURES) as hub:
            left = self.verify("--repair", code=7, endpoint=hub.endpoint)  # the refs stay: nothing says what they were
        self.assertEqual({os.path.basename(one["path"]) for one in left["findings"] if not one["repaired"]},
                         {"bad", "gone", "mine.txt", "a" * 64 + ".incomplete"})
        fetched = {file["path"] for file in report["files"] if file["blob"] in damaged}
        asked = {file["path"] for file in report["files"] for line in hub.body_requests() if file["path"].split("/")[-1] in line[2]}
        self.assertEqual(asked, fetched)
        for name in ("bad", "gone"):
            (self.cache / FOLDER / "refs" / name).unlink()
        self.assertEqual(self.findings(), notes)  # notes do not change the exit code
        self.assert_scan_clean()
        self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r})", offline=True)
        with Hub("--root", FIXTURES) as hub:  # and the client's own verify is content
            self.python(f"from huggingface_hub import HfApi\nHfApi().verify_repo_checksums({DEMO!r})", endpoint=hub.endpoint)

    def test_a_mirror_serves_the_repair(self):
        with Hub("--root", FIXTURES) as hub, Hub("--root", FIXTURES) as mirror:
            report = self.pull(DEMO, endpoint=hub.endpoint)
            os.truncate(os.path.realpath(report["path"] + "/LICENSE"), 7)
            self.verify("--repair", endpoint=hub.endpoint, env={"LARDER_MIRROR": mirror.endpoint})
        self.assertEqual([line for line in hub.body_requests() if "LICENSE" in line[2]][1:], [])
        self.assertEqual(len([line for line in mirror.body_requests() if "LICENSE" in line[2]]), 1)

    def test_a_hub_that_is_away_is_no_repair(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        os.truncate(os.path.realpath(report["path"] + "/LICENSE"), 7)
        before = picture(self.cache)
        away = self.larder("cache", "verify", "--repair", endpoint="http://127.0.0.1:9", check=False, env={"LARDER_RETRIES": "1"})
        self.assertEqual(away.returncode, 5, away.stderr)
        self.assertEqual(self.larder("cache", "verify", "--repair", "--offline", check=False).returncode, 2)
        self.assertEqual(self.findings(code=7), {("size", os.path.basename(os.path.realpath(report["path"] + "/LICENSE")))})
        self.assertEqual({path for path, what in picture(self.cache).items() if before.get(path) != what and ".larder" not in path
                          and ".locks" not in path}, set())

    def test_a_payload_is_never_written(self):  # R-578 b
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
            weights = open_bytes(report["path"] + "/model.safetensors")
            self.made.publish(FOLDER, weights)
            payload = self.made.payload(weights)
            os.chmod(payload, 0o644)
            payload.write_bytes(b"?" + weights[1:])
            os.chmod(payload, 0o444)
            blob = self.cache / FOLDER / "blobs" / self.made.blob(FOLDER, weights, lfs=True)
            self.assertEqual(self.findings(code=7), {("digest", blob.name)})
            store = picture(self.cache / "blobs")
            self.verify("--repair", endpoint=hub.endpoint)
            self.assertEqual(picture(self.cache / "blobs"), store)
        self.assertFalse(blob.is_symlink())
        self.assertEqual(blob.read_bytes(), weights)
        self.assertEqual(self.findings(), set())

    def test_a_local_folder(self):
        folder = self.scratch / "folder"
        with Hub("--root", FIXTURES) as hub:
            self.pull(DEMO, "--local-dir", folder, endpoint=hub.endpoint)
            self.assertEqual(self.findings("--local-dir", folder), set())
            data = (folder / "model.safetensors").read_bytes()
            times = os.stat(folder / "model.safetensors")
            (folder / "model.safetensors").write_bytes(b"?" + data[1:])
            os.utime(folder / "model.safetensors", ns=(times.st_atime_ns, times.st_mtime_ns))  # rot: nobody wrote
            (folder / "LICENSE").unlink()
            (folder / "mine.txt").write_text("mine")
            found = {("digest", "model.safetensors"), ("missing", "LICENSE"), ("foreign", "mine.txt")}
            self.assertEqual(self.findings("--local-dir", folder, code=7), found)
            self.verify(DEMO, "--local-dir", folder, "--repair", endpoint=hub.endpoint)
        self.assertEqual(self.findings("--local-dir", folder), {("foreign", "mine.txt")})
        self.assertEqual((folder / "model.safetensors").read_bytes(), data)
        self.assertFalse(self.cache.exists())


class Adoption(CareTest):
    def adopt(self, *arguments, **options):
        return json.loads(self.larder("cache", "adopt", "--json", *arguments, **options).stdout)

    def folder_of(self, report, name="folder"):
        """The files of a snapshot as a plain folder, with things in it that nobody can take."""
        folder = self.scratch / name
        shutil.copytree(report["path"], folder)
        os.mkfifo(folder / "fifo")
        (folder / "loop").symlink_to(".")
        (folder / "self").symlink_to("self")
        (folder / "away").symlink_to("/usr")
        (folder / "notes.txt").write_text("mine")
        return folder

    def test_a_folder_becomes_a_snapshot_the_client_uses(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        folder, other = self.folder_of(report), self.scratch / "other"
        before = picture(folder)
        with Hub("--root", FIXTURES) as hub:
            told = self.adopt(folder, DEMO, cache=other, endpoint=hub.endpoint)
        self.assertEqual(hub.body_requests(), [])
        self.assertEqual(picture(folder), before)
        self.assertEqual({file["path"] for file in told["taken"]}, {file["path"] for file in report["files"]})
        self.assertEqual({file["from"] for file in told["left"]}, {"fifo", "loop", "self", "away", "notes.txt"})
        self.assertTrue(all(file["how"] in ("reflink", "copy") for file in told["taken"]))
        self.assert_scan_clean(other)
        self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r})", offline=True, cache=other)
        self.larder("cache", "verify", cache=other)

    def test_a_part_writes_no_ref(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
            folder, other = self.folder_of(report), self.scratch / "other"
            (folder / "config.json").write_text("changed")
            told = self.adopt(folder, DEMO, cache=other, endpoint=hub.endpoint)
            self.assertIn("config.json", {file["from"] for file in told["left"]})
            self.assertEqual(list((other / FOLDER / "refs").iterdir()), [])
            self.assert_scan_clean(other)
            fetched = self.pull(DEMO, cache=other, endpoint=hub.endpoint)
        self.assertEqual([file["path"] for file in fetched["files"] if file["status"] == "fetched"], ["config.json"])

    def test_hard_links_where_asked(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
            folder, other = self.folder_of(report), self.scratch / "other"
            told = self.adopt(folder, DEMO, "--link", cache=other, endpoint=hub.endpoint)
        for file in told["taken"]:
            self.assertIn(file["how"], ("reflink", "hardlink"))

    def test_another_cache_comes_repository_by_repository(self):
        with Hub("--root", FIXTURES) as hub:
            self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r}, revision='v1.0')\n"
                        f"snapshot_download({DEMO!r})", endpoint=hub.endpoint)
        weights = next(path for path in (self.cache / FOLDER / "blobs").iterdir() if path.stat().st_size > 100_000)
        self.made.publish(FOLDER, weights.read_bytes())
        (self.cache / "models--org--broken").mkdir()
        (self.cache / "models--org--broken" / "snapshots").write_text("a file")
        (self.cache / "models--org--broken" / "trees").write_text("a file")
        before, other = picture(self.cache), self.scratch / "other"
        self.adopt(self.cache, cache=other)
        self.assertEqual(picture(self.cache), before)
        self.assert_scan_clean(other)
        self.assertFalse((other / "blobs").exists())  # the store of this cache is the client's to make
        for revision in ("main", "v1.0"):
            self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r}, revision={revision!r})", offline=True,
                        cache=other)
        self.larder("cache", "verify", cache=other)
        self.assertEqual({file["how"] for file in self.adopt(self.cache, cache=other)["taken"]}, {"reused"})
        for own in (self.cache, self.cache / FOLDER):
            self.assertEqual(self.larder("cache", "adopt", own, check=False).returncode, 2)

    def test_a_store_of_digests_is_not_believed(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
            ollama, other = self.scratch / "ollama" / "models", self.scratch / "other"
            (ollama / "blobs").mkdir(parents=True)
            large = [file for file in report["files"] if file["digest"].startswith("sha256")]
            for index, file in enumerate(large):
                data = open_bytes(f"{report['path']}/{file['path']}")
                (ollama / "blobs" / f"sha256-{file['blob']}").write_bytes(data if index else b"?" + data[1:])
            told = self.adopt(ollama, DEMO, cache=other, endpoint=hub.endpoint)
        self.assertEqual({file["path"] for file in told["taken"]}, {file["path"] for file in large[1:]})
        self.assertEqual([file["from"] for file in told["left"]], [f"blobs/sha256-{large[0]['blob']}"])
        self.larder("cache", "verify", cache=other)


def open_bytes(path):
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    harness.main()
