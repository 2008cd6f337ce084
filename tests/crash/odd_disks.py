#!/usr/bin/env python3
"""File systems and limits that are not what a program hopes for: each case one pull (or several), the right result, the right exit.

  odd_disks.py --larder BIN --hub BIN --shim SO [--only CASE]

Ids are those of the fault catalogue in docs/reliability.md.
"""
import argparse
import errno
import json
import mmap
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import check_cache
import rig as rigs

EXIT_LOCAL, EXIT_PARTIAL, EXIT_POLICY, EXIT_UNSAFE = 8, 10, 11, 12


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

    def other_user(self, *words):
        """A run as somebody else, who owns nothing here; of a copy of the program, since he may not enter the folder where it was built."""
        program = self.rig.scratch / "larder"
        if not program.exists():
            shutil.copy(self.rig.larder, program)
        env = self.rig.environment(self.cache)
        return subprocess.run([program, *words], env=env, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=120, user=65534, group=65534)

    def serve(self, repo, files, branches, *hub_words):
        """One more repository of one commit, on a new Hub."""
        self.rig.serve(repo, {"commits": [{"id": "4" * 40, "files": files}], "branches": {name: 0 for name in branches}})
        self.restart_hub(*hub_words)

    def restart_hub(self, *words):
        self.rig.stop_hub()
        self.rig.start_hub(*words)

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
    for limit in range(4, 17):  # none is too few to say so
        for words in (("cache", "ls"), ("cache", "verify"), ("cache", "verify", "--repair"), ("cache", "prune", "--yes"), ("doctor", "fs")):
            result = bench.pull(None, words, RLIMIT_NOFILE=limit)
            bench.expect(result.returncode in (0, EXIT_LOCAL), f"{words} with {limit}: exit {result.returncode}: {result.stderr[-300:]}")
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


def made_small(bench, folder, *options):
    """A fresh small ext4, mounted at `folder`; False where that is not allowed."""
    image = bench.rig.scratch / "small.img"
    with open(image, "wb") as file:
        file.truncate(16 << 20)
    folder.mkdir(parents=True, exist_ok=True)
    for words in (["mkfs.ext4", "-q", "-F", *options, str(image)], ["mount", "-o", "loop", str(image), str(folder)]):
        if shutil.which(words[0]) is None or subprocess.run(words, capture_output=True, check=False).returncode != 0:
            return False
    (folder / "lost+found").rmdir()  # no cache has one
    return True


def aborted_disk(bench):
    """L13: the file system gives up and turns read-only in the middle: a local error, no crash, nothing wrong on it."""
    if not made_small(bench, bench.cache):
        return print("  aborted_disk: no loop mounts here, left out")
    try:
        process = bench.rig.start(["pull", rigs.REPO], bench.cache, {"SHIM_ROOT": bench.cache, "STOP_AT": 60})
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        aborted = subprocess.run(["mount", "-o", "remount,abort", str(bench.cache)], capture_output=True, check=False)
        process.send_signal(signal.SIGCONT)
        code = process.wait(timeout=60)
        if aborted.returncode == 0:
            bench.expect(code == EXIT_LOCAL, f"exit {code} instead of {EXIT_LOCAL}")
        bench.expect_sound()
    finally:
        subprocess.run(["umount", str(bench.cache)], check=False)
    return None


def no_inodes(bench):
    """L40: a disk with room but no inodes is named as such."""
    if not made_small(bench, bench.cache, "-N", "48"):
        return print("  no_inodes: no loop mounts here, left out")
    try:
        result = bench.pull(None, ("pull", rigs.SMALL))
        bench.expect_exit(result, EXIT_LOCAL)
        bench.expect("inode" in result.stderr, f"no word of inodes: {result.stderr.strip()[-200:]}")
        bench.expect_sound()
        bench.expect_exit(bench.pull(None, ("cache", "rm", f"model/{rigs.SMALL}", "--yes")), 0)
    finally:
        subprocess.run(["umount", str(bench.cache)], check=False)
    return None


def fill(path, piece):
    """A file that takes all the room there is, `piece` bytes at a time."""
    with open(path, "wb", buffering=0) as file:
        try:
            while file.write(bytes(piece)):
                pass
        except OSError:
            pass


def removal_from_a_full_disk(bench):
    """L7: who is out of space can still remove, and then pull."""
    if not mounted("size=8m", bench.cache):
        return print("  removal_from_a_full_disk: no mounts here, left out")
    try:
        bench.expect_exit(bench.pull(), 0)
        fill(bench.cache / "models--org--m/fill", 4096)
        shutil.rmtree(bench.cache / ".locks")
        (bench.cache / "CACHEDIR.TAG").unlink()
        fill(bench.cache / "models--org--m/more", 1)
        bench.expect_exit(bench.pull(None, ("cache", "rm", "2" * 40, "--yes")), 0)
        bench.expect(not list((bench.cache / "models--org--m/blobs").iterdir()), "blobs are left")
    finally:
        subprocess.run(["umount", str(bench.cache)], check=False)
    return None


def over_quota(bench):
    """L10: a quota is called by its name."""
    log = bench.rig.scratch / "quota"
    bench.expect_exit(bench.pull({"SHIM_LOG": log, "SHIM_ROOT": bench.cache}), 0)
    first = next(number for number, line in enumerate(log.read_text().splitlines(), 1) if "pwrite" in line and "/partial/" in line)
    shutil.rmtree(bench.cache)
    result = bench.pull({"FAIL_AT": first, "FAIL_TIMES": 10**6, "FAIL_ERRNO": 122, "SHIM_ROOT": bench.cache})
    bench.expect_exit(result, EXIT_LOCAL)
    bench.expect("quota" in result.stderr, f"no word of the quota: {result.stderr.strip()[-200:]}")
    bench.expect("bytes are not here yet" in result.stderr, f"no word of what is missing: {result.stderr.strip()[-200:]}")  # L7
    bench.expect_sound()


def blobs_elsewhere(bench):
    """L35: blobs/ is a mount of its own, so no rename leads into it."""
    bench.expect_exit(bench.pull(None, ("pull", rigs.REPO, "--revision", "first")), 0)
    blobs = bench.cache / "models--org--m/blobs"
    shutil.rmtree(blobs)
    if not mounted("size=32m", blobs):
        return print("  blobs_elsewhere: no mounts here, left out")
    try:
        bench.expect_exit(bench.pull(None, ("pull", rigs.REPO, "--revision", "first")), 0)
        bench.expect_exit(bench.pull(), 0)
        bench.expect_whole()
        bench.expect_exit(bench.pull(None, ("cache", "verify")), 0)
        bench.expect_exit(bench.pull(None, ("cache", "rm", "1" * 40, "--yes")), 0)
        bench.expect_whole()
    finally:
        subprocess.run(["umount", str(blobs)], check=False)
    return None


def no_reservation(bench):
    """L37: a disk that reserves no space takes the bytes as well."""
    bench.expect_exit(bench.pull({"FALLOCATE": "nosup"}), 0)
    bench.expect_whole()


def slow_syncs(bench):
    """L42: syncs that take long cost time and nothing else: the engine does not take its own pauses for stalls of the network."""
    bench.expect_exit(bench.pull({"SLOW_CALL": "fsync", "SLOW_MS": 150}, ("pull", rigs.REPO, "--stall-timeout", "1")), 0)
    bench.expect_whole()


def long_paths(bench):
    """L16: a cache whose own path leaves no room for names is a local error."""
    bench.cache = bench.cache.joinpath(*["d" * 200 for _ in range(20)])
    bench.expect_exit(bench.pull(), EXIT_LOCAL)


def other_users(bench):
    """L14, L12: somebody who may only read uses what is here, and is told the path of what he may not do."""
    if os.geteuid() != 0:
        return print("  other_users: not root, left out")
    bench.rig.scratch.chmod(0o755)
    bench.expect_exit(bench.pull(), 0)
    bench.expect_exit(bench.other_user("pull", rigs.REPO, "--offline"), 0)
    bench.expect_exit(bench.other_user("pull", rigs.REPO, "--revision", "2" * 40), 0)
    bench.expect_exit(bench.other_user("pull", rigs.REPO), 0)
    bench.expect_exit(bench.other_user("cache", "ls"), 0)
    bench.expect_exit(bench.other_user("cache", "verify"), 0)
    for words in (("pull", rigs.REPO, "--revision", "first"), ("pull", rigs.SMALL), ("cache", "rm", f"model/{rigs.REPO}", "--yes")):
        result = bench.other_user(*words)
        bench.expect_exit(result, EXIT_LOCAL)
        bench.expect(str(bench.cache) in result.stderr, f"{words}: the path is not named: {result.stderr.strip()[-200:]}")
    bench.expect_whole()
    return None


def left_in_the_middle(bench):
    """L25: stopped for so long that every connection is gone, then continued."""
    port = bench.rig.endpoint.rsplit(":", 1)[1]
    process = bench.rig.start(["pull", rigs.REPO], bench.cache, {"SHIM_ROOT": bench.cache, "STOP_AT": 45})
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    bench.rig.stop_hub()
    bench.rig.start_hub("--port", port)
    process.send_signal(signal.SIGCONT)
    bench.expect(process.wait(timeout=60) in (0, 5), f"exit {process.returncode}")
    bench.expect_sound()
    bench.expect_exit(bench.pull(), 0)
    bench.expect_whole()


def nowhere(bench):
    """L30: no home, no folder to stand in, no place for temporary files."""
    gone = bench.rig.folder("gone")
    gone.mkdir()
    env = {"HF_ENDPOINT": bench.rig.endpoint, "HF_HUB_CACHE": str(bench.cache), "TMPDIR": "/nonexistent"}
    result = subprocess.run(["sh", "-c", f'cd "{gone}" && rmdir "{gone}" && exec "{bench.rig.larder}" pull {rigs.REPO}'], env=env, text=True,
                            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120)
    bench.expect_exit(result, 0)
    bench.expect_whole()


def mapped_blob(bench):
    """L43: a model that a program has mapped stays whole for it when its blob is removed, and when it is replaced."""
    for words in (("pull", rigs.REPO, "--force"), ("cache", "rm", f"model/{rigs.REPO}", "--yes")):
        bench.expect_exit(bench.pull(), 0)
        with open(bench.cache / "models--org--m/snapshots" / ("2" * 40) / "model.bin", "rb") as file:
            with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                before = bytes(mapped)
                bench.expect_exit(bench.pull(None, words), 0)
                bench.expect(bytes(mapped) == before, f"{words}: the mapped bytes changed")


def short_names(bench):
    """T7: a file system of shorter names (eCryptfs: 143 bytes) is asked, and nothing is fetched that would not fit."""
    bench.serve("org/long", [{"path": "n" * 144, "text": "1"}, {"path": "good", "text": "2"}], ["main", "b" * 130])
    bench.serve("org/" + "l" * 90, [{"path": "a", "text": "1"}], ["main"])
    limit = {"LONGEST_NAME": 143}
    result = bench.pull(limit, ("pull", "org/long"))
    bench.expect_exit(result, EXIT_UNSAFE)
    bench.expect("n" * 144 in result.stderr and "143" in result.stderr, f"the name is not said: {result.stderr.strip()[-200:]}")
    bench.expect(not (bench.cache / "models--org--long").exists(), "something was made")
    bench.expect_exit(bench.pull(limit, ("pull", "org/long", "--exclude", "n*")), 0)
    bench.expect_exit(bench.pull({"LONGEST_NAME": 129}, ("pull", "org/long", "--exclude", "n*", "--revision", "b" * 130)), EXIT_UNSAFE)
    bench.expect_exit(bench.pull(limit, ("pull", "org/" + "l" * 90)), 0)
    bench.expect_exit(bench.pull({"LONGEST_NAME": 100}, ("pull", "org/" + "l" * 90)), EXIT_UNSAFE)
    folder = str(bench.rig.folder("short-names"))
    bench.expect_exit(bench.pull({"LONGEST_NAME": 152}, ("pull", "org/long", "--local-dir", folder)), EXIT_UNSAFE)
    bench.expect_exit(bench.pull({"LONGEST_NAME": 153}, ("pull", "org/long", "--local-dir", folder)), 0)


def folding_names(bench):
    """L39, T8: where two names are one file, a repository that has both is refused before anything is fetched."""
    bench.serve("org/pair", [{"path": name, "text": name} for name in ("Readme.md", "readme.md", "other")], ["main"])
    folder = bench.rig.folder("folding")
    for words in (("pull", "org/pair"), ("pull", "org/pair", "--local-dir", str(folder))):
        result = bench.pull({"FOLDS": 1}, words)
        bench.expect_exit(result, EXIT_UNSAFE)
        bench.expect("Readme.md and readme.md" in result.stderr, f"not both are named: {result.stderr.strip()[-200:]}")
        bench.expect(not list(folder.glob("[!.]*")), "something was fetched")
        bench.expect_exit(bench.pull({"FOLDS": 1}, (*words, "--exclude", "R*")), 0)
        bench.expect_exit(bench.pull(None, words), 0)
    bench.expect_sound()


def coarse_times(bench):
    """L38: times in steps of two seconds: what is here is known as such, an edited file as the user's."""
    coarse = {"COARSE_TIMES": 2}
    folder = bench.rig.folder("coarse")
    for words in (("pull", rigs.REPO), ("pull", rigs.REPO, "--local-dir", str(folder))):
        bench.expect_exit(bench.pull(coarse, words), 0)
        again = bench.pull(coarse, (*words, "--json"))
        bench.expect_exit(again, 0)
        bench.expect('"fetched":0' in again.stdout.replace(" ", ""), f"fetched again: {again.stdout[-300:]}")
    with open(folder / "config.json", "a", encoding="utf-8") as file:
        file.write("mine")
    bench.expect_exit(bench.pull(coarse, ("pull", rigs.REPO, "--local-dir", str(folder))), EXIT_POLICY)
    bench.expect_exit(bench.pull(coarse, ("pull", rigs.REPO, "--revision", "first")), 0)
    bench.expect_exit(bench.pull(coarse, ("cache", "gc", "--older-than", "1d", "--yes")), 0)
    bench.expect_exit(bench.pull(coarse, ("cache", "prune", "--yes")), 0)
    bench.expect_whole()


def clock_jumps(bench):
    """L28: the wall clock goes a day on, or back, in the middle of a run; so do those that come after it."""
    for seconds in (86400, -86400):
        shutil.rmtree(bench.cache, ignore_errors=True)
        for words in (("pull", rigs.REPO, "--revision", "first"), ("pull", rigs.REPO), ("cache", "prune", "--yes"), ("pull", rigs.SMALL)):
            begin = time.monotonic()
            bench.expect_exit(bench.pull({"CLOCK_JUMP": seconds, "SHIM_ROOT": bench.cache}, words), 0)
            bench.expect(time.monotonic() - begin < 30, f"{words} took a part of the jump")
            bench.expect_sound()
        bench.expect_whole()


def stale_handles(bench):
    """L41: a network file system that loses a handle once is asked again; its .nfs files are nobody's."""
    log = bench.rig.scratch / "stale"
    bench.expect_exit(bench.pull({"SHIM_LOG": log, "SHIM_ROOT": bench.cache}), 0)
    lines = log.read_text().splitlines()
    asked_again = 0
    for number in range(1, len(lines) + 1, max(1, len(lines) // 16)):
        shutil.rmtree(bench.cache)
        log.unlink()
        result = bench.pull({"FAIL_AT": number, "FAIL_ERRNO": errno.ESTALE, "SHIM_ROOT": bench.cache, "SHIM_LOG": log})
        # Threads make their calls in an order of their own, so the n-th is known only afterwards.
        call = next((line.split()[1] for line in log.read_text().splitlines() if line.split()[0] == str(number)), "none")
        if "sync" in call and result.returncode != 0:  # one that failed is never believed when asked again (fsyncgate)
            bench.expect_exit(result, EXIT_LOCAL)
            bench.expect_sound()
            bench.expect_exit(bench.pull(), 0)
        else:
            bench.expect_exit(result, 0)
            asked_again += "sync" not in call
        bench.expect_whole()
    bench.expect(asked_again >= 4, f"only {asked_again} calls were asked again")
    repo = bench.cache / "models--org--m"
    silly = [folder / ".nfs00000000001b1e5500000001" for folder in (repo / "blobs", repo / "snapshots" / ("2" * 40))]
    for path in silly:
        path.write_text("open elsewhere")
        os.utime(path, (0, 0))
    bench.expect_exit(bench.pull(), 0)
    for words in (("cache", "verify"), ("cache", "prune", "--yes"), ("cache", "gc", "--older-than", "1d", "--yes")):
        bench.expect_exit(bench.pull(None, words), 0)
    bench.expect(all(path.exists() for path in silly), "a file of the NFS client was removed")


MIXED = {"good.bin": 2_500_000, "good.txt": 30, "gone.txt": 40, "lied.bin": 1_800_000, "barred.bin": 1_900_000}


def mixed_failures(bench):
    """N24, T20, L14, L7: a file that is not there, one of wrong bytes and one that can't be written, in one run: each is named, the good
    ones are kept, and the next run fetches the rest and nothing else."""
    faults = ("--fault", "gone.txt=404one", "--fault", "lied.bin=wrong")
    files = [{"path": name, "size": size, "seed": size} for name, size in MIXED.items()]
    bench.serve("org/mixed", files, ["main"], *faults)
    listing = json.loads(bench.pull(None, ("files", "org/mixed", "--json")).stdout)["files"]
    blobs = {file["path"]: bench.cache / "models--org--mixed/blobs" / file["blob"] for file in listing}
    bars = {"FAIL_PATH": f"partial/{blobs['barred.bin'].name}", "SHIM_ROOT": bench.cache}
    good = ("good.bin", "good.txt")

    result = bench.pull({**bars, "FAIL_ERRNO": errno.EACCES}, ("pull", "org/mixed", "--json", "--retries", "2"))
    bench.expect_exit(result, EXIT_PARTIAL)
    said = json.loads(result.stdout)
    bench.expect((said["schema"], said["exit"]) == ("larder.error/1", EXIT_PARTIAL), f"the document says {said['schema']}, {said['exit']}")
    exits = {failure["path"]: failure["exit"] for failure in said["failures"]}
    bench.expect(exits == {"gone.txt": 3, "lied.bin": 7, "barred.bin": 8}, f"failures {exits}")
    bench.expect(all(failure["message"] for failure in said["failures"]), "a failure without a word")
    bench.expect(all(name in result.stderr for name in exits), f"not all are named: {result.stderr.strip()[-400:]}")
    bench.expect({name for name, blob in blobs.items() if blob.exists()} == set(good), "other blobs than the good ones")
    bench.expect(not (bench.cache / "models--org--mixed/refs/main").exists(), "the ref was moved")
    bench.expect_sound()

    bench.restart_hub()
    result = bench.pull(None, ("pull", "org/mixed", "--json"))
    bench.expect_exit(result, 0)
    said = json.loads(result.stdout)
    bench.expect(said["bytes"]["fetched"] == sum(size for name, size in MIXED.items() if name not in good), f"{said['bytes']}")
    bench.expect({file["path"] for file in said["files"] if file["status"] == "reused"} == set(good), "others than the good ones are reused")
    bench.expect_exit(bench.pull(None, ("cache", "verify")), 0)

    # A full disk ends the run, whatever else had failed before.
    shutil.rmtree(bench.cache)
    bench.restart_hub(*faults)
    bench.expect_exit(bench.pull({**bars, "FAIL_ERRNO": errno.ENOSPC}, ("pull", "org/mixed", "--retries", "2")), EXIT_LOCAL)
    bench.expect_sound()
    bench.restart_hub()
    bench.expect_exit(bench.pull(None, ("pull", "org/mixed")), 0)


CASES = (short_names, mixed_failures, folding_names, coarse_times, clock_jumps, stale_handles,
         flock_missing, flock_lies, flock_held, no_symlinks, no_renameat2, short_writes, few_descriptors, small_files_only, little_memory,
         read_only, full_disk, odd_umasks, folder_vanishes, odd_lock_files, aborted_disk, no_inodes, removal_from_a_full_disk, over_quota,
         blobs_elsewhere, no_reservation, slow_syncs, long_paths, other_users, left_in_the_middle, nowhere, mapped_blob)


def main(cases=CASES, about=__doc__, title="odd disks"):
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("larder", "hub", "shim"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--only", choices=[case.__name__ for case in cases])
    options = parser.parse_args()
    wrong = 0
    with rigs.Rig(options.larder, options.hub, options.shim) as rig:
        for case in cases:
            if options.only not in (None, case.__name__):
                continue
            bench = Bench(rig, case.__name__)
            case(bench)
            print(f"{case.__name__}: {'right' if not bench.wrong else 'WRONG'}")
            for line in bench.wrong[:8]:
                print(f"  {line}")
            wrong += len(bench.wrong)
    print(f"{title}: {wrong} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
