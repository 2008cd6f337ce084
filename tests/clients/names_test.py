"""End to end over http and https with file names of every kind, twins, empty files and very many small ones (issue 3, Proof); both clients agree on each."""
import hashlib
import pathlib
import subprocess

import harness
from harness import ClientTest, Hub, inventory
from repos import FIRST, MODEL_BIN, SECOND, Root, blob_name

REPO = "org/odd"
BIG = MODEL_BIN[::-1] * 2
NAMES = ["plain.txt", "with space.txt", " leading and trailing ", "hash#tag.txt", "100%.txt", "%41.txt", "%2F.txt", "a+b.txt", "a&b=c?.txt", "semi;colon,.txt", "tilde~.txt",
         "quote'and\"double.txt", "star*[x]{y}.txt", "$HOME.txt", "`id`.txt", "-rf", "--json", "-", "~", "@", "a@b", "..a", "a..b", ".hidden", "...", "é.txt", "e\u0301.txt",
         "日本語/ファイル.txt", "emoji 🦀/🦀.bin", "Ω/ß/ı.txt", "A.txt", "a.txt", "CON", "aux.txt", "dot.", "model.bin.incomplete", "blobs/x", "refs/main", "snapshots/y",
         ".locks/z.lock", "x" * 255, "deep/" * 30 + "leaf", "con/trol.txt", "main", "colon-free.txt", "=", "eq=ual", "!bang", "(paren)", "pipe|.txt", "<angle>", "caret^"]
FILES = {**{name: b"bytes of %d\n" % at for at, name in enumerate(NAMES)},
         "empty.txt": b"", "also empty": b"", "twin-1.bin": BIG, "folder/twin-2.bin": BIG, "twin-3.txt": b"same\n", "folder/twin 4.txt": b"same\n", "one.bin": b"x"}


class Names(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").add(REPO, [(FIRST, "main", FILES), (SECOND, "next", {**FILES, "plain.txt": b"new\n"})]).folder
        self.snapshot = self.cache / "models--org--odd" / "snapshots" / FIRST

    def assert_files(self, folder):
        found = {str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*") if not path.is_dir() and ".cache" not in path.parts}
        self.assertEqual(found, set(FILES))
        for name, data in FILES.items():
            self.assertEqual((pathlib.Path(folder) / name).read_bytes(), data, name)

    def test_over_http_and_https_with_and_without_redirects(self):
        for flags in ((), ("--direct",), ("--tls",), ("--page-size", "3")):
            with self.subTest(flags):
                ca = self.scratch / "ca.pem"
                with Hub("--root", self.root, *flags, *(("--ca-file", ca) if "--tls" in flags else ())) as hub:
                    self.assertEqual(hub.endpoint.startswith("https"), "--tls" in flags)
                    report = self.pull(REPO, endpoint=hub.endpoint, env={"SSL_CERT_FILE": str(ca)} if "--tls" in flags else {})
                self.assertEqual(report["path"], str(self.snapshot))
                self.assert_files(self.snapshot)
                self.assertEqual(report["bytes"]["fetched"], sum({blob_name(name, data): len(data) for name, data in FILES.items()}.values()))
                self.assert_scan_clean()
                self.larder("cache", "verify", "--invariants")
                harness.shutil.rmtree(self.cache)

    def test_https_of_nobody_known_is_refused(self):
        with Hub("--root", self.root, "--tls") as hub:
            self.assertEqual(self.larder("pull", REPO, endpoint=hub.endpoint, check=False).returncode, 5)

    def test_python_and_larder_agree_on_every_name(self):
        theirs = self.scratch / "theirs"
        with Hub("--root", self.root) as hub:
            self.pull(REPO, endpoint=hub.endpoint)
            self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({REPO!r})", endpoint=hub.endpoint, cache=theirs)
            ours, other = inventory(self.cache, (".larder", ".locks")), inventory(theirs, (".locks",))
            tree = f"models--org--odd/trees/{FIRST}.json"
            self.assertEqual(ours.pop(tree)[1], other.pop(tree)[1])
            self.assertEqual(ours, other)
            report = self.pull(REPO, endpoint=hub.endpoint, cache=theirs)
            self.assertEqual(report["bytes"]["fetched"], 0)

    def test_each_by_its_name(self):
        sums = [hashlib.sha256(data).hexdigest() for data in FILES.values()]
        with Hub("--root", self.root) as hub:
            for name in ("--json", "-rf", "with space.txt", "100%.txt", "%2F.txt", "é.txt", "e\u0301.txt", "@", "emoji 🦀/🦀.bin", "x" * 255, "star*[x]{y}.txt"):
                out = self.larder("pull", "--quiet", REPO, "--", name, endpoint=hub.endpoint).stdout
                self.assertEqual(out, f"{self.snapshot}/{name}\n")
            self.pull(REPO, endpoint=hub.endpoint)
        seen = self.python(f"import hashlib\nfrom huggingface_hub import hf_hub_download\nfor n in {list(FILES)!r}:\n"
                           f" print(hashlib.sha256(open(hf_hub_download({REPO!r}, n), 'rb').read()).hexdigest())", offline=True)
        self.assertEqual(seen.split(), sums)

    def test_in_a_local_folder(self):
        folder, longest = self.scratch / "folder", "x" * 255
        with Hub("--root", self.root) as hub:
            refused = self.larder("pull", REPO, "--local-dir", folder, endpoint=hub.endpoint, check=False)  # "….metadata" has no room (T7)
            self.assertEqual(refused.returncode, 12)
            self.assertFalse(folder.exists())
            Root(self.root).add(REPO, [(FIRST, "main", {name: data for name, data in FILES.items() if name != longest} | {"x" * 246: FILES[longest]})])
        with Hub("--root", self.root) as hub:
            self.pull(REPO, "--local-dir", folder, endpoint=hub.endpoint)
        (folder / ("x" * 246)).rename(folder / longest)
        self.assert_files(folder)
        (folder / longest).rename(folder / ("x" * 246))
        with Hub("--root", self.root) as hub:
            self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({REPO!r}, local_dir={str(folder)!r})", endpoint=hub.endpoint)
            self.assertEqual(self.pull(REPO, "--local-dir", folder, endpoint=hub.endpoint)["bytes"]["fetched"], 0)
        self.assertEqual(hub.body_requests(), [])

    def test_twins_without_links(self):
        with Hub("--root", self.root) as hub:
            self.pull(REPO, endpoint=hub.endpoint, env={"HF_HUB_DISABLE_SYMLINKS": "1"})
        self.assert_files(self.snapshot)
        self.assert_scan_clean()
        self.assertEqual({path.is_symlink() for path in self.snapshot.rglob("*")}, {False})


class VeryMany(ClientTest):
    def test_twenty_thousand_small_files(self):
        source = self.scratch / "source"
        for at in range(20_000):
            path = source / f"{at % 100:02}" / f"{at:05}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'{{"n": {at}}}\n')
        with Hub("--source", source, "--id", "org/many", "--type", "dataset") as hub:
            report = self.pull("datasets/org/many", endpoint=hub.endpoint)
            warm = self.pull(f"datasets/org/many@{report['commit']}", endpoint="http://127.0.0.1:9")
        self.assertEqual(len(report["files"]), 20_000)
        self.assertEqual(report["bytes"]["fetched"], sum(file["size"] for file in report["files"]))
        self.assertEqual((warm["requests"], warm["bytes"]["fetched"]), (0, 0))
        done = subprocess.run(["diff", "-rq", source, report["path"]], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        seen = self.python("from huggingface_hub import snapshot_download\nprint(snapshot_download('org/many', repo_type='dataset'))", offline=True)
        self.assertEqual(seen, report["path"])
        self.assert_scan_clean()


if __name__ == "__main__":
    harness.main()
