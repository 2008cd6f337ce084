"""Rust hf-hub 0.5: finds what larder pulled, without a network; larder reuses what it downloaded. Built by tests/clients/full."""
import subprocess
import sys
import unittest

import harness
from harness import DEMO, ENV, FIXTURES, ClientTest, Hub

PROGRAM = ENV / "rust" / "release" / "larder-clients-rust"


class Rust(ClientTest):
    def run_program(self, *arguments):
        done = subprocess.run([PROGRAM, *map(str, arguments)], env=harness.clean_env(HOME=str(self.scratch)), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.split()

    def test_it_finds_what_larder_pulled(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        for file in report["files"]:
            self.assertEqual(self.run_program("find", self.cache, DEMO, "main", file["path"]), [f"{report['path']}/{file['path']}"])

    def test_larder_reuses_what_it_downloaded(self):
        with Hub("--root", FIXTURES) as hub:
            self.run_program("get", self.cache, hub.endpoint, DEMO, "config.json", "model.safetensors")
            report = self.pull(DEMO, "config.json", "model.safetensors", endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], 0)


if __name__ == "__main__":
    if not PROGRAM.exists():
        print("skipped: no Rust client (tests/clients/full builds it)")
        sys.exit(harness.SKIP)
    harness.main()
