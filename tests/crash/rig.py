"""What the crash loops share: a Hub with one repository, a way to run larder, caches to begin with, a verdict."""
import concurrent.futures
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import check_cache

REPO = "org/m"
SMALL = "org/small"
HERE = pathlib.Path(__file__).resolve().parent
CLIENT = HERE.parents[1] / "build/clients/venv/bin/python"  # of tests/clients/make-env
SIGNALS_OF_BUGS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


class RealScan:
    """`scan_cache_dir()` of the real client, one process for all scans; says nothing where the environment is not made."""

    def __init__(self):
        self.lock = threading.Lock()
        self.process = None
        if CLIENT.exists():
            self.process = subprocess.Popen([str(CLIENT), str(HERE / "real_scan.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, text=True)

    def warnings(self, cache):
        if self.process is None:
            return []
        with self.lock:
            print(cache, file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()


class Rig:
    """Owns a scratch folder and a larder-hub process."""

    def __init__(self, larder, hub, shim=None, big_size=3_000_000):
        self.larder, self.hub_binary = larder, hub
        self.big_size = big_size
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="larder-crash-"))
        # LD_PRELOAD splits its value at spaces, and the tree may lie below a folder that has one.
        self.shim = shutil.copy(shim, self.scratch / "shim.so") if shim else None
        self.endpoint = None
        self.hub = None
        self.numbers = itertools.count()
        self.scan = RealScan()

    def __enter__(self):
        self.describe()
        self.start_hub()
        return self

    def start_hub(self, *more):
        self.log = self.scratch / "requests"
        self.hub = subprocess.Popen([self.hub_binary, "serve", "--root", str(self.scratch / "hub"), "--log", str(self.log), *more],
                                    stdout=subprocess.PIPE, text=True)
        self.endpoint = self.hub.stdout.readline().strip()
        if not self.endpoint:
            raise RuntimeError("larder-hub did not start")

    def stop_hub(self):
        """Ends it; returns the body bytes it sent."""
        self.hub.terminate()
        self.hub.wait()
        self.hub.stdout.close()
        return sum(int(line.split(" ")[4]) for line in self.log.read_text().splitlines()) if self.log.exists() else 0

    def __exit__(self, *_):
        self.scan.close()
        self.stop_hub()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def describe(self):
        """Two commits of one repository: large and small, nested and empty, changed and kept files."""
        first = [{"path": "model.bin", "size": self.big_size, "seed": 1}, {"path": "config.json", "text": "{\"a\": 1}\n"},
                 {"path": "README.md", "text": "# hi\n"}, {"path": "empty.txt", "text": ""},
                 {"path": "sub dir/deep/a#b.txt", "text": "nested\n"}, {"path": "same.txt", "text": "# hi\n"}]
        second = [{"path": "config.json", "text": "{\"a\": 2}\n"}, {"path": "new.bin", "size": 70_000, "seed": 2}]
        small = [{"path": f"data/{i // 10}/{i}.txt", "text": f"file {i}\n"} for i in range(40)]
        self.serve(REPO, {"commits": [{"id": "1" * 40, "files": first}, {"id": "2" * 40, "from": 0, "files": second}],
                          "branches": {"main": 1, "first": 0}})
        self.serve(SMALL, {"commits": [{"id": "3" * 40, "files": small}], "branches": {"main": 0}})

    def serve(self, repo, description):
        folder = self.scratch / "hub/models" / repo
        folder.mkdir(parents=True)
        (folder / "repo.json").write_text(json.dumps(description))

    def folder(self, name):
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def environment(self, cache, extra=None):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.scratch), "HF_ENDPOINT": self.endpoint, "HF_HUB_CACHE": str(cache)}
        env.update({key: str(value) for key, value in (extra or {}).items()})
        if extra and self.shim:
            env["LD_PRELOAD"] = str(self.shim)
        return env

    def run(self, arguments, cache, extra=None, timeout=120):
        """Runs larder to its end. `extra`: environment of the shim."""
        return subprocess.run([self.larder, *arguments], env=self.environment(cache, extra), cwd=self.scratch,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=timeout)

    def start(self, arguments, cache, extra=None):
        return subprocess.Popen([self.larder, *arguments], env=self.environment(cache, extra), cwd=self.scratch,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Scenario:
    """A command, the cache it begins with, and what must hold before, while and after it is torn."""

    def __init__(self, rig, name, arguments, begin=None, is_local=False, removes=False, failure=None, foreign=None):
        """`failure`: one more exit code that is right when a call failed. `foreign`: files that no run may touch."""
        self.rig, self.name, self.arguments, self.is_local, self.removes, self.failure = rig, name, arguments, is_local, removes, failure
        self.foreign = foreign or {}
        self.template = rig.folder(f"template-{name}")
        self.template.mkdir()
        if begin:
            begin(rig, self.template)
        done = self.fresh("reference")
        result = self.run(done)
        if result.returncode != 0:
            raise RuntimeError(f"{name}: the undisturbed run failed: {result.stderr}")
        if any(self.touched(done)):
            raise RuntimeError(f"{name}: the undisturbed run touched foreign files: {list(self.touched(done))}")
        self.reference = self.view(done)
        self.before = self.view(self.template)
        self.damage = set()
        self.damage = {self.place(line) for line in self.findings(self.template)}  # of `repair`

    def fresh(self, label):
        target = self.rig.folder(f"{self.name}-{label}")
        shutil.copytree(self.template, target, symlinks=True)
        return target

    def words(self, folder):
        return [word.replace("@DIR@", str(folder / "dir")).replace("@OLD@", str(folder / "old")) for word in self.arguments]

    def run(self, folder, extra=None, timeout=120):
        if extra is not None:
            extra = {"SHIM_ROOT": folder, **extra}
        return self.rig.run(self.words(folder), folder / "hub", extra, timeout)

    def torn(self, folder, extra):
        """A run under the shim, and the counted calls it came to."""
        log = self.rig.scratch / f"points-{next(self.rig.numbers)}"
        result = self.run(folder, {"SHIM_LOG": log, **extra})
        calls = log.read_text(errors="replace").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return result, calls

    def view(self, folder):
        """What a reader sees. Left out: the times in the metadata of local folders, which differ from run to run, and CACHEDIR.TAG, which a
        cache may lack (R-503: errors ignored); the checker looks at it where it is."""
        lines = check_cache.what_readers_see(folder / "hub") if (folder / "hub").exists() else []
        lines = [line for line in lines if not line.startswith("CACHEDIR.TAG ")]
        if (folder / "dir").exists():
            lines += [f"dir/{line}" for line in check_cache.what_readers_see(folder / "dir") if ".cache/huggingface" not in line]
        return lines

    def touched(self, folder):
        """Foreign files that are gone or have other bytes."""
        for name, text in self.foreign.items():
            path = folder / "hub" / name
            if not path.is_file() or path.read_text() != text:
                yield f"I6 {name}: is not larder's, and was touched"

    @staticmethod
    def place(finding):
        """A finding without the scratch folder's name, which differs from try to try."""
        return re.sub(r"/\S*?/hub/", "", finding)

    def findings(self, folder, complete=False):
        found = list(check_cache.Checker(folder / "hub", complete).run())
        found += [f"I12 scan_cache_dir(): {warning}" for warning in self.rig.scan.warnings(folder / "hub")]
        found += self.touched(folder)
        seen, right = set(self.view(folder)), set(self.reference) | set(self.before)
        if self.is_local:
            found += [f"I1 {line}: a file of the folder that is not whole" for line in seen - right if line.startswith("dir/")]
        if self.removes:  # what was not planned to go is there, and nothing new is
            found += [f"I7 {line}: lost, and no plan named it" for line in set(self.reference) - seen]
            found += [f"I6 {line}: new in a removal" for line in seen - set(self.before)]
        return found if complete else [line for line in found if self.place(line) not in self.damage]

    def points(self):
        """The counted calls of an undisturbed run."""
        result, calls = self.torn(self.fresh("count"), {})
        if result.returncode != 0:
            raise RuntimeError(f"{self.name}: {result.stderr}")
        return calls

    def check_rerun(self, folder, problems):
        """I11: the same command, run again, ends where the undisturbed one did; prune leaves no junk."""
        again = self.run(folder)
        if again.returncode != 0:
            problems.append(f"the rerun ended with {again.returncode}: {again.stderr.strip()[:300]}")
        elif self.view(folder) != self.reference:
            differ = sorted(set(self.view(folder)) ^ set(self.reference))
            problems.append(f"the rerun's cache differs: {differ[:4]}")
        problems += self.findings(folder, complete=not self.removes)
        if not self.removes and (folder / "hub").exists():
            self.rig.run(["cache", "prune", "--yes"], folder / "hub")
            problems += [f"I11 {path}: left over after prune" for path in junk(folder / "hub")]
        self.discard(folder)
        return problems

    @staticmethod
    def discard(folder):
        shutil.rmtree(folder, ignore_errors=True)


def junk(cache):
    """What a finished run and a prune must not leave: temps and partials of a dead run. A temp of a run that took no lease, and an unfinished
    repository without one, have a day of grace."""
    found = [path for path in check_cache.walk(cache) if "/.larder/" in str(path) and path.parent.name not in ("pins", "used", "tmp")]
    return [str(path.relative_to(cache)) for path in found]


def must(rig, folder, *commands):
    for words in commands:
        result = rig.run(list(words), folder / "hub")
        if result.returncode != 0:
            raise RuntimeError(f"{words}: {result.stderr}")


def with_first_commit(rig, folder):
    """A cache in which main is at the first commit: what an update begins with."""
    must(rig, folder, ["pull", REPO, "--revision", "first"])
    (folder / "hub/models--org--m/refs/first").rename(folder / "hub/models--org--m/refs/main")


def with_both_commits(rig, folder):
    must(rig, folder, ["pull", REPO], ["pull", REPO, "--revision", "first"])


def with_detached_commit(rig, folder):
    with_both_commits(rig, folder)
    (folder / "hub/models--org--m/refs/first").unlink()


def with_two_repos(rig, folder):
    with_both_commits(rig, folder)
    must(rig, folder, ["pull", SMALL])


FOREIGN = {name: f"mine: {name}" for name in (
    "notes.txt", "models--org--m/notes.txt", "models--org--m/blobs/notes.txt", "models--org--m/snapshots/notes.txt", "models--org--m/refs/notes",
    f"models--org--m/snapshots/{'1' * 40}/notes.txt", "models--org--m/trees/notes.txt", "models--org--m/.larder/notes.txt",
    "models--org--m/.larder/partial/notes.txt", "models--org--m/.larder/tmp/notes.txt", ".locks/notes.txt", "models--org--m/mine/notes.txt")}


def with_foreign_files(rig, folder):
    """Two repositories, and files of the user's in every folder of the cache."""
    with_two_repos(rig, folder)
    for name, text in FOREIGN.items():
        (folder / "hub" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "hub" / name).write_text(text)


def with_another_cache(rig, folder):
    """@OLD@: a cache to adopt from."""
    with_both_commits(rig, folder)
    (folder / "hub").rename(folder / "old")


def with_damage(rig, folder):
    """A blob with a wrong byte, a short one, a missing one, an absolute link."""
    must(rig, folder, ["pull", REPO])
    snapshot = folder / "hub/models--org--m/snapshots" / ("2" * 40)
    wrong = (snapshot / "model.bin").resolve()
    data = bytearray(wrong.read_bytes())
    data[len(data) // 2] ^= 1
    wrong.write_bytes(data)
    os.truncate((snapshot / "new.bin").resolve(), 100)
    (snapshot / "config.json").resolve().unlink()
    (snapshot / "empty.txt").unlink()
    (snapshot / "empty.txt").symlink_to("/etc/hostname")


# name: (arguments, what makes the cache it begins with, more)
SCENARIOS = {
    "cold": (["pull", REPO], None, {}),
    "small": (["pull", SMALL], None, {}),
    "update": (["pull", REPO], with_first_commit, {}),
    "folder": (["pull", REPO, "--local-dir", "@DIR@"], None, {"is_local": True}),
    "adopt": (["cache", "adopt", "@OLD@", "--offline"], with_another_cache, {}),
    "repair": (["cache", "verify", "--repair"], with_damage, {"failure": 7}),  # what is damaged is so still
    "rm": (["cache", "rm", "1" * 40, "--yes"], with_both_commits, {"removes": True}),
    "rm-file": (["cache", "rm", f"hf://{REPO}/new.bin", "--yes"], with_both_commits, {"removes": True}),
    "rm-repo": (["cache", "rm", f"model/{REPO}", "--yes"], with_two_repos, {"removes": True}),
    "rm-mixed": (["cache", "rm", f"model/{REPO}", "--yes"], with_foreign_files, {"removes": True, "foreign": FOREIGN}),
    "gc-mixed": (["cache", "gc", "--max-size", "1", "--yes"], with_foreign_files, {"removes": True, "foreign": FOREIGN}),
    "prune": (["cache", "prune", "--yes"], with_detached_commit, {"removes": True}),
    "gc": (["cache", "gc", "--max-size", "1", "--yes"], with_two_repos, {"removes": True}),
}


def scenarios(rig, only=None):
    """The commands that are torn, one after the other; each is set up when it is its turn."""
    for name, (arguments, begin, more) in SCENARIOS.items():
        if not only or name in only:
            yield Scenario(rig, name, arguments, begin, **more)


def is_bug(result):
    """Killed by something else than us, or exit 1: an internal error."""
    return -result.returncode in SIGNALS_OF_BUGS or result.returncode == 1


def chosen(total, at_most):
    """1…total, thinned to about `at_most` values that keep both ends."""
    if total <= at_most:
        return list(range(1, total + 1))
    return sorted({1 + round(i * (total - 1) / (at_most - 1)) for i in range(at_most)})


def shared_out(total, errnos, at_most, seed):
    """(point, errno) pairs: all of them, or about `at_most`, each errno with points of its own."""
    if total * len(errnos) <= at_most:
        return [(point, name) for point in range(1, total + 1) for name in errnos]
    each = max(1, at_most // len(errnos))
    source = random.Random(seed)
    return [(point, name) for name in errnos for point in sorted(source.sample(range(1, total + 1), min(each, total)))]


def in_parallel(work, items, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return [line for lines in pool.map(work, items) for line in lines]


def seconds_since(start):
    return f"{time.monotonic() - start:.1f} s"
