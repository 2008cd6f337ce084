"""`larder cache adopt` from the stores of other programs, and from trees made to mislead it: what was taken over, what was not, and DIR as it was."""
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))
import harness  # noqa: E402
from harness import ClientTest, Hub  # noqa: E402
from made_cache import picture  # noqa: E402
from repos import FIRST, Root, blob_name  # noqa: E402

REPO, FOLDER = "org/model", "models--org--model"
WEIGHTS = b"GGUF" + bytes(range(256)) * 2048
FILES = {"model-Q4_K_M.gguf": WEIGHTS, "model-Q8_0.gguf": WEIGHTS[::-1], "config.json": b'{"a": 1}\n', "README.md": b"# hi\n", "sub/vocab.txt": b"a\nb\n"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class AdoptTest(ClientTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").add(REPO, [(FIRST, "main", FILES)]).folder
        self.hub = Hub("--root", self.root)
        self.addCleanup(self.hub.close)
        self.folder = self.scratch / "theirs"
        self.folder.mkdir()

    def write(self, path, data):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def adopt(self, *more, code=0, folder=None, **options):
        """The report; DIR must be as it was, and what is in the cache right."""
        before = picture(self.folder)
        done = self.larder("cache", "adopt", folder or self.folder, REPO, *more, "--json", endpoint=self.hub.endpoint, check=False, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(picture(self.folder), before)
        self.larder("cache", "verify", "--invariants")
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        return json.loads(done.stdout)

    def taken(self, told):
        return {one["from"]: one["path"] for one in told["taken"]}

    def left(self, told):
        return {one["from"] for one in told["left"]}

    def stored(self, path):
        """The bytes that the cache has for a file of the repository, or None."""
        link = self.cache / FOLDER / "snapshots" / FIRST / path
        return link.read_bytes() if link.exists() else None

    def assert_stored(self, *paths):
        self.assertEqual({path for path in FILES if self.stored(path) == FILES[path]}, set(paths))
        self.assertEqual({path for path in FILES if self.stored(path) is not None}, set(paths))


class OtherStores(AdoptTest):
    def ollama(self):
        """~/.ollama/models as Ollama makes it: manifests by registry, name and tag, layers as blobs/sha256-<digest>."""
        models = self.folder / "models"
        layers = []
        for kind, data in (("model", WEIGHTS), ("template", b"{{ .Prompt }}"), ("license", b"MIT"), ("params", b'{"stop":["<|end|>"]}')):
            self.write(f"models/blobs/sha256-{sha256(data)}", data)
            layers.append({"mediaType": f"application/vnd.ollama.image.{kind}", "digest": "sha256:" + sha256(data), "size": len(data)})
        config = b'{"model_format":"gguf","model_family":"llama"}'
        self.write(f"models/blobs/sha256-{sha256(config)}", config)
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                    "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": "sha256:" + sha256(config), "size": len(config)},
                    "layers": layers}
        self.write("models/manifests/registry.ollama.ai/library/model/latest", json.dumps(manifest).encode())
        return models

    def test_ollama(self):
        models = self.ollama()
        half = self.write(f"models/blobs/sha256-{sha256(FILES['model-Q8_0.gguf'])}-partial", WEIGHTS[::-1][:1000])
        self.write(f"models/blobs/sha256-{sha256(FILES['model-Q8_0.gguf'])}-partial-0", b"{}")
        told = self.adopt(folder=models)
        self.assertEqual(self.taken(told), {f"blobs/sha256-{sha256(WEIGHTS)}": "model-Q4_K_M.gguf"})
        self.assertIn("blobs/" + half.name, self.left(told))
        self.assertIn("manifests/registry.ollama.ai/library/model/latest", self.left(told))
        self.assertEqual(len(told["left"]), 7)  # four layers, two halves, the manifest: everything is accounted for
        self.assert_stored("model-Q4_K_M.gguf")
        self.assertFalse((self.cache / FOLDER / "refs" / "main").exists())
        rest = self.pull(REPO, endpoint=self.hub.endpoint)
        self.assertEqual({file["path"] for file in rest["files"] if file["status"] == "reused"}, {"model-Q4_K_M.gguf"})

    def test_ollama_from_above_and_with_colons(self):
        """~/.ollama itself, and the blobs' names as old versions wrote them."""
        models = self.ollama()
        blob = models / "blobs" / f"sha256-{sha256(WEIGHTS)}"
        blob.rename(blob.with_name(f"sha256:{sha256(WEIGHTS)}"))
        self.write("id_ed25519", b"-----BEGIN OPENSSH PRIVATE KEY-----\n")
        told = self.adopt()
        self.assertEqual(list(self.taken(told).values()), ["model-Q4_K_M.gguf"])
        self.assertIn("id_ed25519", self.left(told))

    def test_lm_studio(self):
        """~/.lmstudio/models/PUBLISHER/REPO/FILE, with the files of other repositories beside it."""
        self.write("lmstudio-community/model-GGUF/model-Q4_K_M.gguf", WEIGHTS)
        self.write("org/model/model-Q8_0.gguf", FILES["model-Q8_0.gguf"])
        self.write("org/other/other-Q4_K_M.gguf", b"GGUF" + bytes(len(WEIGHTS) - 4))  # the size of one that is asked for
        self.write("org/model/mmproj-model-f16.gguf", b"GGUF mmproj")
        self.write("org/model/.model-Q8_0.gguf.part", b"GGUF")
        told = self.adopt()
        self.assertEqual(self.taken(told), {"lmstudio-community/model-GGUF/model-Q4_K_M.gguf": "model-Q4_K_M.gguf",
                                            "org/model/model-Q8_0.gguf": "model-Q8_0.gguf"})
        self.assertEqual(self.left(told), {"org/other/other-Q4_K_M.gguf", "org/model/mmproj-model-f16.gguf", "org/model/.model-Q8_0.gguf.part"})
        self.assert_stored("model-Q4_K_M.gguf", "model-Q8_0.gguf")

    def test_the_listings_of_the_cache_tell_where_files_belong(self):
        """Without REF: an LM Studio folder against whatever repositories the cache knows."""
        self.larder("cache", "adopt", self.write("org/model/config.json", FILES["config.json"]).parent, REPO, endpoint=self.hub.endpoint)
        self.write("org/model/model-Q4_K_M.gguf", WEIGHTS)
        before = picture(self.folder)
        told = json.loads(self.larder("cache", "adopt", self.folder, "--json").stdout)  # no endpoint: nobody is asked
        self.assertEqual(set(self.taken(told).values()), {"config.json", "model-Q4_K_M.gguf"})
        self.assertEqual(picture(self.folder), before)
        self.assert_stored("config.json", "model-Q4_K_M.gguf")

    def test_a_person_is_told_both_halves(self):
        self.write("model-Q4_K_M.gguf", WEIGHTS)
        self.write("notes.txt", b"mine")
        done = self.larder("cache", "adopt", self.folder, REPO, endpoint=self.hub.endpoint)
        self.assertIn("model-Q4_K_M.gguf", done.stdout)
        self.assertIn("notes.txt", done.stdout + done.stderr)


class HostileTrees(AdoptTest):
    def test_what_is_no_file(self):
        self.write("model-Q4_K_M.gguf", WEIGHTS)
        os.mkfifo(self.folder / "fifo.gguf")
        with socket.socket(socket.AF_UNIX) as listening:
            here = os.getcwd()
            os.chdir(self.folder)  # a socket's path is short
            listening.bind("socket.gguf")
            os.chdir(here)
            (self.folder / "null").symlink_to("/dev/zero")
            (self.folder / "terminal").symlink_to("/dev/tty")
            (self.folder / "self").symlink_to("self")
            (self.folder / "gone").symlink_to("nowhere")
            (self.folder / "up").symlink_to("..")
            (self.folder / "root").symlink_to("/")
            (self.folder / "memory").symlink_to("/proc/self/mem")
            told = self.adopt()
        self.assertEqual(list(self.taken(told)), ["model-Q4_K_M.gguf"])
        self.assertEqual(self.left(told), {"fifo.gguf", "socket.gguf", "null", "terminal", "self", "gone", "up", "root", "memory"})

    def test_links_out_are_read_but_never_linked_to(self):
        outside = self.scratch / "outside.gguf"
        outside.write_bytes(WEIGHTS)
        (self.folder / "model.gguf").symlink_to(outside)
        (self.folder / "second.gguf").symlink_to("model.gguf")  # a link to a link
        told = self.adopt()
        self.assertEqual(set(self.taken(told).values()), {"model-Q4_K_M.gguf"})
        blob = self.cache / FOLDER / "blobs" / sha256(WEIGHTS)
        self.assertFalse(blob.is_symlink())
        self.assertNotEqual(blob.stat().st_ino, outside.stat().st_ino)
        outside.write_bytes(b"x")
        self.assert_stored("model-Q4_K_M.gguf")

    def test_hard_links_where_asked_and_copies_where_not(self):
        first = self.write("a.gguf", WEIGHTS)
        os.link(first, self.folder / "b.gguf")
        (self.folder / "deep").mkdir()
        os.link(first, self.folder / "deep" / "c.gguf")
        told = self.adopt()
        self.assertEqual(len(told["taken"]), 1)  # one file of the repository, taken once
        blob = self.cache / FOLDER / "blobs" / sha256(WEIGHTS)
        self.assertEqual(blob.stat().st_nlink, 1)
        shutil.rmtree(self.cache)
        self.assertIn(self.adopt("--link")["taken"][0]["how"], ("hardlink", "reflink"))

    def test_names_for_a_terminal(self):
        names = ["esc\x1b[2J\x07.gguf", "line\nbreak.gguf", "tab\t.gguf", "\u202egpj.gguf", "right \U0001f600.gguf", "-rf", "quote'\".gguf"]
        for name in names:
            self.write(name, b"GGUF" + os.fsencode(name).ljust(len(WEIGHTS) - 4, b" "))
        with open(os.fsencode(self.folder) + b"/latin1-\xe9.gguf", "wb") as file:
            file.write(WEIGHTS)
        told = self.adopt()
        self.assertEqual([one["path"] for one in told["taken"]], ["model-Q4_K_M.gguf"])
        self.assertEqual(len(told["left"]), len(names))
        shown = self.larder("cache", "adopt", self.folder, REPO, endpoint=self.hub.endpoint)
        for line in (shown.stdout + shown.stderr).splitlines():
            self.assertTrue(all(sign.isprintable() for sign in line), repr(line))

    def test_a_tree_without_end(self):
        """Deeper than PATH_MAX, made from within, and removed so."""
        self.write("model-Q4_K_M.gguf", WEIGHTS)
        here = os.getcwd()
        os.chdir(self.folder)
        for _ in range(60):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        with open("config.json", "wb") as file:
            file.write(FILES["config.json"])
        os.chdir(here)
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder], check=True)
        done = self.larder("cache", "adopt", self.folder, REPO, "--json", endpoint=self.hub.endpoint, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        told = json.loads(done.stdout)
        self.assertIn("model-Q4_K_M.gguf", self.taken(told).values())
        self.assertTrue("config.json" in self.taken(told).values() or told["left"], told)  # nothing passed over in silence

    def test_no_listing_is_fooled_by_size_or_name(self):
        self.write("model-Q4_K_M.gguf", b"GGUF" + bytes(len(WEIGHTS) - 4))  # its name and its size
        self.write("config.json", b'{"a": 2}\n')
        told = self.adopt()
        self.assertEqual(told["taken"], [])
        self.assertEqual(self.left(told), {"model-Q4_K_M.gguf", "config.json"})
        self.assert_stored()

    def test_several_files_with_the_same_content(self):
        """The one with the listed name is taken, and the others are told, too."""
        for name in ("a-copy.bin", "other/model-Q4_K_M.gguf", "z/copy.bin"):
            self.write(name, WEIGHTS)
        told = self.adopt()
        self.assertEqual(self.taken(told), {"other/model-Q4_K_M.gguf": "model-Q4_K_M.gguf"})
        self.assertEqual(self.left(told), {"a-copy.bin", "z/copy.bin"})
        for one in told["left"]:
            self.assertIn("another file of DIR with this content", one["reason"])

    def test_a_file_that_changes_all_the_time(self):
        """Somebody writes while it is hashed and copied: what is taken is right, or it is left."""
        path = self.write("model-Q4_K_M.gguf", WEIGHTS)
        stop = threading.Event()

        def write():
            turn = 0
            while not stop.is_set():
                with open(path, "r+b") as file:
                    file.seek(turn % 1000 * 100)
                    file.write(b"\0" if turn % 2 else bytes([WEIGHTS[turn % 1000 * 100]]))
                turn += 1
                if turn % 50 == 0:
                    path.rename(path.with_name("away"))
                    path.with_name("away").rename(path)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(8):
                for more in ([], ["--link"]):
                    done = self.larder("cache", "adopt", self.folder, REPO, "--json", *more, endpoint=self.hub.endpoint, check=False)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    told = json.loads(done.stdout)
                    self.assertLessEqual(len(told["taken"]), 1)
                    if "--link" not in more:  # a hard link to what is still written changes with it, as was asked for
                        self.larder("cache", "verify")
                    shutil.rmtree(self.cache, True)
        finally:
            stop.set()
            writer.join()

    @unittest.skipUnless(os.geteuid() == 0, "needs root to be another user")
    def test_folders_and_files_that_may_not_be_read(self):
        os.chmod(self.scratch, 0o755)
        self.write("model-Q4_K_M.gguf", WEIGHTS)
        os.chmod(self.write("secret.gguf", FILES["model-Q8_0.gguf"]), 0)
        self.write("shut/config.json", FILES["config.json"])
        os.chmod(self.folder / "shut", 0)
        program = self.scratch / "larder"
        shutil.copy(harness.LARDER, program)
        home = self.scratch / "home"
        home.mkdir()
        os.chown(home, 65534, 65534)
        env = {**self.larder_env(self.hub.endpoint, home / "hub"), "HOME": str(home)}
        done = subprocess.run([program, "cache", "adopt", self.folder, REPO, "--json"], env=env, cwd="/", capture_output=True, text=True, user=65534,
                              group=65534, extra_groups=[])
        os.chmod(self.folder / "shut", 0o755)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(self.taken(told), {"model-Q4_K_M.gguf": "model-Q4_K_M.gguf"})
        self.assertEqual(self.left(told), {"secret.gguf", "shut"})
        for one in told["left"]:
            self.assertIn("ermission", one["reason"], one)


class Folders(AdoptTest):
    def test_folders_that_are_none(self):
        for folder, code in ((self.scratch / "none", 3), (self.write("file", b"x"), 3)):
            self.adopt(folder=folder, code=code)
        self.larder("pull", REPO, endpoint=self.hub.endpoint)
        for folder in (self.cache, self.cache / FOLDER, self.cache / FOLDER / "blobs", self.scratch / "repos" / ".." / "hub"):
            done = self.larder("cache", "adopt", folder, REPO, endpoint=self.hub.endpoint, check=False)
            self.assertEqual(done.returncode, 2, (folder, done.stderr))

    def test_an_empty_folder(self):
        told = self.adopt()
        self.assertEqual((told["taken"], told["left"]), ([], []))

    def test_a_cache_that_cannot_be_written(self):
        self.write("model-Q4_K_M.gguf", WEIGHTS)
        done = self.larder("cache", "adopt", self.folder, REPO, endpoint=self.hub.endpoint, cache="/proc/larder", check=False)
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertIn("/proc/larder", done.stderr)


if __name__ == "__main__":
    harness.main(needs_clients=False)
