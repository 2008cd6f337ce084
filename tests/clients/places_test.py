"""Where things lie: every way to name the cache means the same folder to larder and to huggingface_hub (R-501, R-504), for every type of repository."""
import json
import os
import subprocess

import harness
from harness import ENV, LARDER, ClientTest, Hub, clean_env, inventory
from repos import FIRST, Root

SNAPSHOT = "from huggingface_hub import snapshot_download\nprint(snapshot_download(%r, repo_type=%r))"


class Places(ClientTest):
    def both(self, **variables):
        """(larder's, hf's) cache folder and token file with these variables; relative ones begin in the scratch folder."""
        env = clean_env(HOME=str(self.scratch / "home"))
        env.update(variables)
        ours = json.loads(subprocess.run([LARDER, "env", "--json"], env=env, cwd=self.scratch, capture_output=True, text=True, check=True).stdout)["paths"]
        code = ("import os\nfrom huggingface_hub import constants as c\n"
                "print(os.path.realpath(os.path.abspath(c.HF_HUB_CACHE)))\nprint(os.path.abspath(c.HF_TOKEN_PATH))")
        theirs = subprocess.run([ENV / "venv/bin/python", "-c", code], env=env, cwd=self.scratch, capture_output=True, text=True, check=True).stdout
        return [os.path.realpath(ours["cache"]), ours["token_file"]], theirs.split()

    def test_variables(self):
        (self.scratch / "home").mkdir()
        base = str(self.scratch)
        for variables in ({}, {"HF_HOME": base + "/a"}, {"XDG_CACHE_HOME": base + "/x"}, {"HF_HOME": base + "/a", "XDG_CACHE_HOME": base + "/x"},
                          {"HF_HUB_CACHE": base + "/c"}, {"HF_HUB_CACHE": base + "/c", "HF_HOME": base + "/a"}, {"HUGGINGFACE_HUB_CACHE": base + "/old"},
                          {"HUGGINGFACE_HUB_CACHE": base + "/old", "HF_HUB_CACHE": base + "/c"}, {"HF_HOME": "~/h"}, {"HF_HUB_CACHE": "~/c"},
                          {"HF_HUB_CACHE": "$PLACE/c", "PLACE": base + "/p"}, {"HF_HUB_CACHE": "${PLACE}/c", "PLACE": base + "/p"},
                          {"HF_HUB_CACHE": base + "/$NOBODY/c"}, {"HF_HUB_CACHE": "relative/c"}, {"HF_HUB_CACHE": base + "/c/../d/"},
                          {"HF_HOME": base + "/a", "HF_TOKEN_PATH": base + "/t"}, {"HF_TOKEN_PATH": "~/tok"}, {"HF_HOME": "$PLACE", "PLACE": base + "/p"}):
            with self.subTest(variables):
                ours, theirs = self.both(**variables)
                self.assertEqual(ours, theirs)

    def test_set_but_empty_is_unset(self):  # hf takes the working folder
        ours, _ = self.both(HF_HUB_CACHE="", HF_HOME="", XDG_CACHE_HOME="")
        self.assertEqual(ours[0], str(self.scratch / "home/.cache/huggingface/hub"))

    def test_every_type_has_its_folder(self):
        root = Root(self.scratch / "repos")
        for kind in ("model", "dataset", "space", "kernel"):
            root.add("Org/My.Name-1", [(FIRST, "main", {"a.txt": kind.encode(), "b.bin": b"b"})], kind=kind)
        root.add("gpt2", [(FIRST, "main", {"a.txt": b"legacy"})])
        theirs = self.scratch / "theirs"
        with Hub("--root", root.folder) as hub:
            for kind, name, folder in (("model", "Org/My.Name-1", "models--Org--My.Name-1"), ("dataset", "Org/My.Name-1", "datasets--Org--My.Name-1"),
                                       ("space", "Org/My.Name-1", "spaces--Org--My.Name-1"), ("kernel", "Org/My.Name-1", "kernels--Org--My.Name-1"),
                                       ("model", "gpt2", "models--gpt2")):
                with self.subTest(kind=kind, name=name):
                    report = self.pull(name, "--repo-type", kind, endpoint=hub.endpoint)
                    self.assertEqual(report["path"], f"{self.cache}/{folder}/snapshots/{FIRST}")
                    self.python(SNAPSHOT % (name, kind), endpoint=hub.endpoint, cache=theirs)
                    self.assertEqual(self.python(SNAPSHOT % (name, kind), offline=True), report["path"])
        ours, other = inventory(self.cache, (".larder", "trees", ".locks")), inventory(theirs, ("trees", ".locks"))
        self.assertEqual(ours, other)
        self.assert_scan_clean()

    def test_the_hf_program_prints_the_same_folder(self):
        root = Root(self.scratch / "repos").golden().folder
        with Hub("--root", root) as hub:
            ours = self.larder("pull", "org/m", endpoint=hub.endpoint).stdout.strip()
            theirs = self.hf("download", "org/m", "--quiet", endpoint=hub.endpoint).stdout.strip()
            self.assertEqual(ours, theirs)
            listed = self.hf("cache", "ls", "--revisions", "--quiet").stdout.split()
            self.assertEqual(listed, self.larder("cache", "ls", "--revisions", "--quiet").stdout.split())
            self.hf("cache", "verify", "org/m", endpoint=hub.endpoint)
            folder = self.scratch / "folder"
            self.larder("pull", "org/m", "--local-dir", folder, endpoint=hub.endpoint)
            self.hf("cache", "verify", "org/m", "--local-dir", folder, endpoint=hub.endpoint)
        self.assertEqual(os.path.basename(ours), FIRST)


if __name__ == "__main__":
    harness.main()
