"""huggingface_hub 2.4 finds what larder pulled, larder reuses what huggingface_hub downloaded."""
import json
import os
import shutil
import subprocess
import threading
import unittest

import harness
from harness import DEMO, FIXTURES, ClientTest, Hub


class LarderThenPython(ClientTest):
    def test_offline_snapshot_and_single_file(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        found = self.python(f"from huggingface_hub import snapshot_download, hf_hub_download\n"
                            f"print(snapshot_download({DEMO!r}))\nprint(hf_hub_download({DEMO!r}, 'config.json'))", offline=True).splitlines()
        self.assertEqual(found[0], report["path"])
        self.assertEqual(found[1], report["path"] + "/config.json")
        self.assert_scan_clean()

    def test_offline_by_commit_tag_and_after_the_cache_moved(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO + "@v1.0", endpoint=hub.endpoint)
        moved = self.scratch / "elsewhere"
        shutil.move(self.cache, moved)
        for revision in ("v1.0", report["commit"]):
            found = self.python(f"from huggingface_hub import snapshot_download\nprint(snapshot_download({DEMO!r}, revision={revision!r}))",
                                offline=True, cache=moved)
            self.assertEqual(os.path.basename(found), report["commit"])
        self.assert_scan_clean(moved)

    def test_online_python_fetches_no_body_after_larder(self):
        with Hub("--root", FIXTURES) as hub:
            self.pull(DEMO, endpoint=hub.endpoint)
        with Hub("--root", FIXTURES) as hub:
            self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r})", endpoint=hub.endpoint)
        self.assertEqual(hub.body_requests(), [])

    def test_cache_sizes_and_files_are_seen_alike(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        seen = json.loads(self.python("import json\nfrom huggingface_hub import scan_cache_dir\nr=list(scan_cache_dir().repos)[0]\n"
                                      "print(json.dumps({'size':r.size_on_disk,'files':r.nb_files,'refs':sorted(r.refs)}))"))
        blobs = {file["blob"]: file["size"] for file in report["files"]}
        self.assertEqual(seen, {"size": sum(blobs.values()), "files": len(blobs), "refs": ["main"]})

    def test_filtered_pull_is_known_to_be_incomplete(self):
        with Hub("--root", FIXTURES) as hub:
            self.pull(DEMO, "--include", "*.json", endpoint=hub.endpoint)
        done = self.python(f"from huggingface_hub import snapshot_download\ntry:\n snapshot_download({DEMO!r})\n print('complete')\n"
                           "except Exception as e:\n print('incomplete')", offline=True)
        self.assertEqual(done, "incomplete")
        self.assert_scan_clean()

    def test_absence_is_remembered(self):
        with Hub("--root", FIXTURES) as hub:
            self.pull(DEMO, endpoint=hub.endpoint)
            missing = self.larder("pull", DEMO, "no_such_file.json", endpoint=hub.endpoint, check=False)
        self.assertEqual(missing.returncode, 3, missing.stderr)
        seen = self.python("from huggingface_hub import try_to_load_from_cache, _CACHED_NO_EXIST\n"
                           f"print(try_to_load_from_cache({DEMO!r}, 'no_such_file.json') is _CACHED_NO_EXIST)", offline=True)
        self.assertEqual(seen, "True")
        self.assert_scan_clean()

    def test_without_symlinks(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint, env={"HF_HUB_DISABLE_SYMLINKS": "1"})
        self.assertFalse(os.path.islink(report["path"] + "/config.json"))
        self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r})", offline=True)
        self.assert_scan_clean()

    def test_umask_decides_the_modes(self):
        for mask, expected in ((0o077, 0o600), (0o002, 0o664)):
            cache = self.scratch / oct(mask)
            with Hub("--root", FIXTURES) as hub:
                before = os.umask(mask)
                try:
                    report = self.pull(DEMO, endpoint=hub.endpoint, cache=cache)
                finally:
                    os.umask(before)
            self.assertEqual(os.stat(report["path"] + "/config.json").st_mode & 0o777, expected)
            self.assert_scan_clean(cache)


class PythonThenLarder(ClientTest):
    def download(self, hub, extra=""):
        return self.python(f"from huggingface_hub import snapshot_download\nprint(snapshot_download({DEMO!r}{extra}))", endpoint=hub.endpoint)

    def test_nothing_is_fetched_again(self):
        with Hub("--root", FIXTURES) as hub:
            folder = self.download(hub)
            report = self.pull(DEMO, endpoint=hub.endpoint)
            self.assertEqual(report["path"], folder)
            self.assertEqual(report["bytes"]["fetched"], 0)
            self.assertEqual({file["status"] for file in report["files"]}, {"reused"})
        self.assertEqual(self.larder("pull", DEMO, "--offline").stdout.strip(), folder)

    def test_no_symlink_layout_is_read(self):
        with Hub("--root", FIXTURES) as hub:
            self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r})", endpoint=hub.endpoint,
                        HF_HUB_DISABLE_SYMLINKS="1")
            report = self.pull(DEMO, endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], 0)

    def test_a_new_commit_fetches_what_differs(self):
        with Hub("--root", FIXTURES) as hub:
            self.download(hub, ", revision='v1.0'")
            report = self.pull(DEMO, endpoint=hub.endpoint)
        statuses = {file["status"] for file in report["files"]}
        self.assertEqual(statuses, {"reused", "fetched"})
        self.assert_scan_clean()

    def test_incomplete_files_of_other_clients_do_no_harm(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
            largest = max(report["files"], key=lambda file: file["size"])
            blobs = self.cache / ("models--" + DEMO.replace("/", "--")) / "blobs"
            (blobs / largest["blob"]).unlink()
            foreign = blobs / (largest["blob"] + ".incomplete")
            foreign.write_bytes(b"garbage")  # hf-hub's and 1.x's shared partial (R-518, C14)
            again = self.pull(DEMO, endpoint=hub.endpoint)
        self.assertEqual(again["bytes"]["fetched"], largest["size"])
        self.assertEqual(foreign.read_bytes(), b"garbage")


class SideBySide(ClientTest):
    def test_both_at_once(self):
        with Hub("--root", FIXTURES) as hub:
            failures = []

            def python():
                try:
                    self.python(f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r})", endpoint=hub.endpoint)
                except AssertionError as error:
                    failures.append(error)

            thread = threading.Thread(target=python)
            thread.start()
            report = self.pull(DEMO, endpoint=hub.endpoint)
            thread.join()
        self.assertEqual(failures, [])
        self.assert_scan_clean()
        self.larder("cache", "verify")
        leftovers = [path for path in (self.cache / ("models--" + DEMO.replace("/", "--")) / "blobs").iterdir() if len(path.name) not in (40, 64)]
        self.assertEqual(leftovers, [])
        self.assertTrue(report["files"])

    def test_local_dir_goes_back_and_forth(self):
        folder = self.scratch / "folder"
        call = f"from huggingface_hub import snapshot_download\nsnapshot_download({DEMO!r}, local_dir={str(folder)!r})"
        with Hub("--root", FIXTURES) as hub:
            self.pull(DEMO, "--local-dir", folder, endpoint=hub.endpoint)
        with Hub("--root", FIXTURES) as hub:
            self.python(call, endpoint=hub.endpoint)
        self.assertEqual(hub.body_requests(), [])
        shutil.rmtree(folder)
        shutil.rmtree(self.cache, ignore_errors=True)
        with Hub("--root", FIXTURES) as hub:
            self.python(call, endpoint=hub.endpoint)
            report = self.pull(DEMO, "--local-dir", folder, endpoint=hub.endpoint)
            self.assertEqual(report["bytes"]["fetched"], 0)
            (folder / "config.json").write_text("{}")
            refused = self.larder("pull", DEMO, "--local-dir", folder, endpoint=hub.endpoint, check=False)
            self.assertEqual(refused.returncode, 11, refused.stderr)
            self.assertEqual((folder / "config.json").read_text(), "{}")
            self.pull(DEMO, "--local-dir", folder, "--overwrite", endpoint=hub.endpoint)
            self.assertNotEqual((folder / "config.json").read_text(), "{}")


if __name__ == "__main__":
    harness.main()
