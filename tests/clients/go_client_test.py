"""Go go-huggingface: takes what larder pulled (one information request, no file bytes); larder reuses what it downloaded. Built by tests/clients/full."""
import subprocess
import sys
import unittest

import harness
from harness import DEMO, ENV, FIXTURES, ClientTest, Hub

PROGRAM = ENV / "go" / "client"


class Go(ClientTest):
    def run_program(self, *arguments):
        done = subprocess.run([PROGRAM, *map(str, arguments)], env=harness.clean_env(HOME=str(self.scratch)), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.split()

    def test_it_takes_what_larder_pulled(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        with Hub("--root", FIXTURES) as hub:
            found = self.run_program(self.cache, hub.endpoint, DEMO, "config.json", "tokenizer.json")
        self.assertEqual(found, [report["path"] + "/config.json", report["path"] + "/tokenizer.json"])
        self.assertEqual(hub.body_requests(), [])

    def test_larder_reuses_what_it_downloaded(self):
        with Hub("--root", FIXTURES) as hub:
            self.run_program(self.cache, hub.endpoint, DEMO, "config.json", "model.safetensors")
            report = self.pull(DEMO, "config.json", "model.safetensors", endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], 0)


if __name__ == "__main__":
    if not PROGRAM.exists():
        print("skipped: no Go client (tests/clients/full builds it)")
        sys.exit(harness.SKIP)
    harness.main()
