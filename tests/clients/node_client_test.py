"""node @huggingface/hub 2.17: reads larder's cache by full commit; larder reuses what it downloaded (R-553)."""
import json
import os
import shutil

import harness
from harness import DEMO, FIXTURES, ClientTest, Hub

HEAD = "import { snapshotDownload, downloadFileToCacheDir, scanCacheDir } from '@huggingface/hub';\n"


class Node(ClientTest):
    def test_node_finds_what_larder_pulled(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        code = HEAD + (f"const p = await downloadFileToCacheDir({{repo: {{type: 'model', name: '{DEMO}'}}, path: 'config.json', revision: '{report['commit']}',"
                       f" cacheDir: '{self.cache}', hubUrl: 'http://127.0.0.1:9'}});\nconsole.log(p);")
        self.assertEqual(self.node(code), report["path"] + "/config.json")

    def test_node_scans_it_without_warnings(self):
        with Hub("--root", FIXTURES) as hub:
            self.pull(DEMO, endpoint=hub.endpoint)
        seen = self.node(HEAD + f"const i = await scanCacheDir('{self.cache}');\nconsole.log(i.repos.length, i.warnings.length);")
        self.assertEqual(seen, "1 0")

    def test_node_finds_every_file_of_a_pulled_commit_after_the_cache_moved(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        shutil.move(self.cache, self.scratch / "elsewhere")
        self.cache = self.scratch / "elsewhere"
        code = HEAD + (f"for (const path of {json.dumps([file['path'] for file in report['files']])})\n console.log(await downloadFileToCacheDir({{repo: {{type: 'model',"
                       f" name: '{DEMO}'}}, path, revision: '{report['commit']}', cacheDir: '{self.cache}', hubUrl: 'http://127.0.0.1:9'}}));")
        found = self.node(code).split("\n")
        self.assertEqual([os.path.relpath(path, self.cache) for path in found],
                         [f"models--{DEMO.replace('/', '--')}/snapshots/{report['commit']}/{file['path']}" for file in report["files"]])

    def test_one_file_that_node_downloaded_is_reused(self):
        with Hub("--root", FIXTURES) as hub:
            commit = self.larder("resolve", DEMO, endpoint=hub.endpoint).stdout.strip()
            self.node(HEAD + f"await downloadFileToCacheDir({{repo: {{type: 'model', name: '{DEMO}'}}, path: 'model.safetensors', revision: '{commit}',"
                             f" cacheDir: '{self.cache}', hubUrl: '{hub.endpoint}'}});")
            report = self.pull(DEMO, "model.safetensors", endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], 0)
        self.assert_scan_clean()

    def test_larder_reuses_what_node_downloaded(self):
        with Hub("--root", FIXTURES) as hub:
            self.node(HEAD + f"await snapshotDownload({{repo: {{type: 'model', name: '{DEMO}'}}, revision: 'main', cacheDir: '{self.cache}', hubUrl: '{hub.endpoint}'}});")
            report = self.pull(DEMO, endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], 0)


if __name__ == "__main__":
    harness.main(needs_node=True)
