"""What the crash loops share: a Hub with one repository, a way to run larder, caches to begin with, a verdict."""
import concurrent.futures
import errno
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import check_cache

REPO = "org/m"
SIGNALS_OF_BUGS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


class Rig:
    """Owns a scratch folder and a larder-hub process."""

    def __init__(self, larder, hub, shim=None, big_size=3_000_000):
        self.larder, self.hub_binary, self.shim = larder, hub, shim
        self.big_size = big_size
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="larder-crash-"))
        self.endpoint = None
        self.hub = None

    def __enter__(self):
        self.describe()
        self.hub = subprocess.Popen([self.hub_binary, "serve", "--root", str(self.scratch / "hub")],
                                    stdout=subprocess.PIPE, text=True)
        self.endpoint = self.hub.stdout.readline().strip()
        if not self.endpoint:
            raise RuntimeError("larder-hub did not start")
        return self

    def __exit__(self, *_):
        self.hub.terminate()
        self.hub.wait()
        self.hub.stdout.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def describe(self):
        """Two commits of one repository: large and small, nested and empty, changed and kept files."""
        first = [{"path": "model.bin", "size": self.big_size, "seed": 1}, {"path": "config.json", "text": "{\"a\": 1}\n"},
                 {"path": "README.md", "text": "# hi\n"}, {"path": "empty.txt", "text": ""},
                 {"path": "sub dir/deep/a#b.txt", "text": "nested\n"}, {"path": "same.txt", "text": "# hi\n"}]
        second = [{"path": "config.json", "text": "{\"a\": 2}\n"}, {"path": "new.bin", "size": 70_000, "seed": 2}]
        folder = self.scratch / "hub/models" / REPO
        folder.mkdir(parents=True)
        (folder / "repo.json").write_text(json.dumps({
            "commits": [{"id": "1" * 40, "files": first}, {"id": "2" * 40, "from": 0, "files": second}],
            "branches": {"main": 1, "first": 0}}))

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

    def __init__(self, rig, name, arguments, begin=None, local_dir=False):
        self.rig, self.name, self.arguments, self.begin, self.is_local = rig, name, arguments, begin, local_dir
        self.template = rig.folder(f"template-{name}")
        self.template.mkdir()
        if begin:
            begin(rig, self.template)
        done = self.fresh("reference")
        result = self.run(done)
        if result.returncode != 0:
            raise RuntimeError(f"{name}: the undisturbed run failed: {result.stderr}")
        self.reference = self.view(done)
        self.before = self.view(self.template)

    def fresh(self, label):
        target = self.rig.folder(f"{self.name}-{label}")
        shutil.copytree(self.template, target, symlinks=True)
        return target

    def words(self, folder):
        return [word.replace("@DIR@", str(folder / "dir")) for word in self.arguments]

    def run(self, folder, extra=None, timeout=120):
        if extra is not None:
            extra = {"SHIM_ROOT": folder, **extra}
        return self.rig.run(self.words(folder), folder / "hub", extra, timeout)

    def view(self, folder):
        """What a reader sees. Times in the metadata of local folders differ from run to run, so they are left out."""
        lines = check_cache.what_readers_see(folder / "hub") if (folder / "hub").exists() else []
        if (folder / "dir").exists():
            lines += [f"dir/{line}" for line in check_cache.what_readers_see(folder / "dir") if ".cache/huggingface" not in line]
        return lines

    def findings(self, folder, complete=False):
        found = list(check_cache.Checker(folder / "hub", complete).run())
        if self.is_local and (folder / "dir").exists():
            right = set(self.reference) | set(self.before)
            for line in self.view(folder):
                if line.startswith("dir/") and line not in right:
                    found.append(f"I1 {line}: a file of the folder that is not whole")
        return found

    def points(self):
        """Number of counted calls of an undisturbed run, and their names."""
        folder = self.fresh("count")
        log = self.rig.scratch / f"points-{self.name}"
        log.unlink(missing_ok=True)
        result = self.run(folder, {"SHIM_LOG": log})
        if result.returncode != 0:
            raise RuntimeError(f"{self.name}: {result.stderr}")
        return log.read_text().splitlines() if log.exists() else []

    def check_rerun(self, folder, problems):
        """I11: the same command, run again, ends where the undisturbed one did."""
        again = self.run(folder)
        if again.returncode != 0:
            problems.append(f"the rerun ended with {again.returncode}: {again.stderr.strip()[:300]}")
        elif self.view(folder) != self.reference:
            differ = sorted(set(self.view(folder)) ^ set(self.reference))
            problems.append(f"the rerun's cache differs: {differ[:4]}")
        problems += self.findings(folder, complete=True)
        shutil.rmtree(folder, ignore_errors=True)
        return problems


def with_first_commit(rig, folder):
    """A cache in which main is at the first commit: what an update begins with."""
    result = rig.run(["pull", REPO, "--revision", "first"], folder / "hub")
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    (folder / "hub/models--org--m/refs/first").rename(folder / "hub/models--org--m/refs/main")


def with_both_commits(rig, folder):
    for words in (["pull", REPO], ["pull", REPO, "--revision", "first"]):
        result = rig.run(words, folder / "hub")
        if result.returncode != 0:
            raise RuntimeError(result.stderr)


def with_detached_commit(rig, folder):
    with_both_commits(rig, folder)
    (folder / "hub/models--org--m/refs/first").unlink()


def scenarios(rig, only=None):
    """The commands that are torn, one after the other; each is set up when it is its turn."""
    every = {"cold": (["pull", REPO], None, False),
             "update": (["pull", REPO], with_first_commit, False),
             "folder": (["pull", REPO, "--local-dir", "@DIR@"], None, True),
             "rm": (["cache", "rm", "1" * 40, "--yes"], with_both_commits, False),
             "prune": (["cache", "prune", "--yes"], with_detached_commit, False)}
    for name, (arguments, begin, is_local) in every.items():
        if only in (None, name):
            yield Scenario(rig, name, arguments, begin, is_local)


def is_bug(result):
    """Killed by something else than us, or exit 1: an internal error."""
    return -result.returncode in SIGNALS_OF_BUGS or result.returncode == 1


def chosen(total, at_most):
    """1…total, thinned to about `at_most` values that keep both ends."""
    if total <= at_most:
        return list(range(1, total + 1))
    return sorted({1 + round(i * (total - 1) / (at_most - 1)) for i in range(at_most)})


def in_parallel(work, items, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return [line for lines in pool.map(work, items) for line in lines]


def errno_name(value):
    return errno.errorcode.get(value, str(value))


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def seconds_since(start):
    return f"{time.monotonic() - start:.1f} s"
