#!/usr/bin/env python3
"""File systems and limits that are not what a program hopes for: each case one pull (or several), the right result, the right exit.

  odd_disks.py --larder BIN --hub BIN --shim SO [--only CASE]

Ids are those of the fault catalogue in docs/reliability.md.
"""
import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import check_cache
import rig as rigs

EXIT_LOCAL = 8


class Bench:
    """One case: a fresh cache, runs of larder, a list of what was wrong."""

    def __init__(self, rig, name):
        self.rig, self.cache, self.wrong = rig, rig.folder(f"odd-{name}"), []

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(what)

    def pull(self, extra=None, words=("pull", rigs.REPO), **limits):
        if not limits:
            return self.rig.run(list(words), self.cache, extra)
        env = self.rig.environment(self.cache, extra)
        return subprocess.run([self.rig.larder, *words], env=env, cwd=self.rig.scratch, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, timeout=120, preexec_fn=lambda: set_limits(limits))

    def expect_exit(self, result, code):
        self.expect(result.returncode == code, f"exit {result.returncode} instead of {code}: {result.stderr.strip()[-300:]}")

    def expect_whole(self):
        self.wrong += check_cache.Checker(self.cache, complete=True).run()
        for name, size in (("model.bin", self.rig.big_size), ("new.bin", 70_000), ("config.json", 9), ("sub dir/deep/a#b.txt", 7)):
            path = self.cache / "models--org--m/snapshots" / ("2" * 40) / name
            self.expect(path.exists() and path.stat().st_size == size, f"{name} is not there whole")

    def expect_sound(self):
        self.wrong += check_cache.Checker(self.cache).run()


def set_limits(limits):
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, name), (value, value))


def flock_missing(bench):
    """L32: locks that are not there cost a notice, nothing else."""
    result = bench.pull({"FLOCK": "nosys"})
    bench.expect_exit(result, 0)
    bench.expect("lock" in result.stderr, "no notice about locks")
    bench.expect_whole()


def flock_lies(bench):
    """L33, C2: eight writers who all believe to hold the lock."""
    runs = [bench.rig.start(["pull", rigs.REPO], bench.cache, {"FLOCK": "ok"}) for _ in range(8)]
    codes = [run.wait(timeout=120) for run in runs]
    bench.expect(codes == [0] * 8, f"exits {codes}")
    bench.expect_whole()


def flock_held(bench):
    """L34, T51: a lock that another never gives up is waited for only so long."""
    result = bench.pull({"FLOCK": "busy"}, ("pull", rigs.REPO, "--lock-timeout", "1"))
    bench.expect_exit(result, 9)
    bench.expect_sound()


def no_symlinks(bench):
    """L31: hard links or copies, and the next run knows them."""
    for extra in ({"SYMLINK": "eperm"}, {"SYMLINK": "eperm", "LINK": "eperm"}):
        shutil.rmtree(bench.cache, ignore_errors=True)
        bench.expect_exit(bench.pull(extra), 0)
        bench.expect_whole()
        bench.expect_exit(bench.pull(extra, ("pull", rigs.REPO, "--offline")), 0)


def no_renameat2(bench):
    """L36: the older way publishes as well."""
    bench.expect_exit(bench.pull({"RENAMEAT2": "nosys"}), 0)
    bench.expect_whole()


def short_writes(bench):
    """L18: any write may do only a part."""
    log = bench.rig.scratch / "writes"
    bench.expect_exit(bench.pull({"SHIM_LOG": log, "SHIM_ROOT": bench.cache}), 0)
    lines = log.read_text().splitlines()
    writes = [number for number, line in enumerate(lines, 1) if "write" in line.split()[1]]
    for number in writes[:: max(1, len(writes) // 8)]:
        shutil.rmtree(bench.cache)
        bench.expect_exit(bench.pull({"SHORT_AT": number, "SHIM_ROOT": bench.cache}), 0)
        bench.expect_whole()


def few_descriptors(bench):
    """L15: fewer connections, no file lost."""
    bench.expect_exit(bench.pull(RLIMIT_NOFILE=40), 0)
    bench.expect_whole()


def small_files_only(bench):
    """L19: a limit on file sizes is a local error, not a death by SIGXFSZ."""
    result = bench.pull(RLIMIT_FSIZE=1_000_000)
    bench.expect_exit(result, EXIT_LOCAL)
    bench.expect_sound()
    bench.expect_exit(bench.pull(), 0)
    bench.expect_whole()


def little_memory(bench):
    """L20: without memory it ends cleanly, and the next run goes on."""
    result = bench.pull(RLIMIT_AS=60 << 20)
    bench.expect(result.returncode != -signal.SIGSEGV, "it crashed")
    bench.expect_sound()
    bench.expect_exit(bench.pull(), 0)
    bench.expect_whole()


def read_only(bench):
    """L12: a read-only cache serves what it has, writes are exit 8. Root writes anywhere, so it is mounted so."""
    bench.expect_exit(bench.pull(), 0)
    if not mounted("--bind", bench.cache):
        return print("  read_only: no mounts here, left out")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(bench.cache)], check=True)
        bench.expect_exit(bench.pull(), 0)
        bench.expect_exit(bench.pull(None, ("pull", rigs.REPO, "--offline")), 0)
        bench.expect_exit(bench.pull(None, ("cache", "ls")), 0)
        bench.expect_exit(bench.pull(None, ("cache", "verify")), 0)
        bench.expect_exit(bench.pull(None, ("pull", rigs.REPO, "--revision", "first")), EXIT_LOCAL)
    finally:
        subprocess.run(["umount", str(bench.cache)], check=False)
    return None


def mounted(kind, folder):
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "--bind", str(folder), str(folder)] if kind == "--bind" else ["mount", "-t", "tmpfs", "-o", kind, "larder", str(folder)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def full_disk(bench):
    """L7, L8, L9: too little space is said before the first body; when there is space the run goes on."""
    if not mounted("size=2m", bench.cache):
        return print("  full_disk: no mounts here, left out")
    try:
        result = bench.pull()
        bench.expect_exit(result, EXIT_LOCAL)
        bench.expect_sound()
        subprocess.run(["mount", "-o", "remount,size=64m", str(bench.cache)], check=True)
        bench.expect_exit(bench.pull(), 0)
        bench.expect_whole()
    finally:
        subprocess.run(["umount", str(bench.cache)], check=False)
    return None


def odd_umasks(bench):
    """T52: modes follow the umask."""
    for umask, file_mode, folder_mode in ((0o077, 0o600, 0o700), (0o002, 0o664, 0o775), (0o000, 0o666, 0o777)):
        shutil.rmtree(bench.cache, ignore_errors=True)
        old = os.umask(umask)
        try:
            bench.expect_exit(bench.pull(), 0)
        finally:
            os.umask(old)
        repo = bench.cache / "models--org--m"
        for path in check_cache.walk(repo / "blobs") + check_cache.walk(repo / "refs") + check_cache.walk(repo / "trees"):
            bench.expect(path.stat().st_mode & 0o777 == file_mode, f"umask {umask:o}: {path.name} has {path.stat().st_mode & 0o777:o}")
        for folder in (repo, repo / "blobs", repo / "snapshots"):
            bench.expect(folder.stat().st_mode & 0o777 == folder_mode, f"umask {umask:o}: {folder.name} has {folder.stat().st_mode & 0o777:o}")


def folder_vanishes(bench):
    """L29: the cache is removed while it runs: an error or a whole cache, nothing outside it, no crash."""
    process = bench.rig.start(["pull", rigs.REPO], bench.cache)
    while process.poll() is None and not (bench.cache / "models--org--m").exists():
        time.sleep(0.001)  # another process' doing can only be watched
    shutil.rmtree(bench.cache, ignore_errors=True)
    code = process.wait(timeout=60)
    bench.expect(code >= 0 and code != 1, f"it ended with {code}")
    bench.expect_sound()


def odd_lock_files(bench):
    """C13: lock files that are folders, links or pipes are never waited for."""
    locks = bench.cache / ".locks/models--org--m"
    victim = bench.rig.scratch / "victim"
    for make in (lambda path: path.mkdir(), os.mkfifo, lambda path: path.symlink_to(victim)):
        shutil.rmtree(bench.cache, ignore_errors=True)
        victim.write_text("precious")
        bench.expect_exit(bench.pull(), 0)
        names = [path.name for path in sorted(locks.iterdir())] if locks.exists() else []
        shutil.rmtree(bench.cache)
        locks.mkdir(parents=True)
        for name in names:
            make(locks / name)
        result = bench.pull()
        bench.expect(result.returncode in (0, 8, 12), f"exit {result.returncode}: {result.stderr.strip()[-200:]}")
        bench.expect(victim.read_text() == "precious", "it wrote through a link")
        bench.expect_sound()


CASES = (flock_missing, flock_lies, flock_held, no_symlinks, no_renameat2, short_writes, few_descriptors, small_files_only, little_memory,
         read_only, full_disk, odd_umasks, folder_vanishes, odd_lock_files)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("larder", "hub", "shim"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--only", choices=[case.__name__ for case in CASES])
    options = parser.parse_args()
    wrong = 0
    with rigs.Rig(options.larder, options.hub, options.shim) as rig:
        for case in CASES:
            if options.only not in (None, case.__name__):
                continue
            bench = Bench(rig, case.__name__)
            case(bench)
            print(f"{case.__name__}: {'right' if not bench.wrong else 'WRONG'}")
            for line in bench.wrong[:8]:
                print(f"  {line}")
            wrong += len(bench.wrong)
    print(f"odd disks: {wrong} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
