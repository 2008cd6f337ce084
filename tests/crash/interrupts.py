#!/usr/bin/env python3
"""Signals at the moments when a program likes to be deaf (L21 to L23): each ends larder in about a second, says how to go on,
leaves a sound cache, and the same command then finishes. `--timeout` ends a pull at the same moments, with exit 5.

  interrupts.py --larder BIN --hub BIN --shim SO

The moments: while an answer about the repository stands still, while a body does, while another process holds the lock, while the disk takes
half a minute for a sync (of pull, verify --repair and gc). The second signal ends it at once.
"""
import argparse
import fcntl
import json
import signal
import subprocess
import sys
import time

import check_cache
import rig as rigs

PATIENCE = 4  # seconds; the promise is one, but a busy machine starts threads late
EXIT_NETWORK = 5
SIGNALS = ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129))
SLOW = {"SLOW_CALL": "fsync", "SLOW_MS": 30_000}


def is_document(text, code):
    try:
        return json.loads(text)["exit"] == code
    except ValueError:
        return False


class Moment:
    """One command at the moment when it waits for something that does not come."""

    def __init__(self, rig, name, words, begin=None, extra=None, is_there=None):
        self.rig, self.name, self.words = rig, name, words
        self.folder = rig.folder(f"moment-{name}")
        self.folder.mkdir()
        if begin:
            begin(rig, self.folder)
        self.is_there, self.extra = is_there, extra
        self.before = set(check_cache.Checker(self.folder / "hub").run())

    def start(self, *more):
        extra = None
        if self.extra:
            log = self.rig.scratch / "moment-points"
            log.unlink(missing_ok=True)
            extra = {"SHIM_ROOT": self.folder, "SHIM_LOG": log, **self.extra}
            self.is_there = lambda: log.exists() and "fsync" in log.read_text()
        return subprocess.Popen([self.rig.larder, *self.words, *more], env=self.rig.environment(self.folder / "hub", extra), cwd=self.rig.scratch,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def await_moment(self, process):
        begin = time.monotonic()
        while process.poll() is None and not (self.is_there() if self.is_there else time.monotonic() > begin + 0.5):
            time.sleep(0.01)  # another process' doing can only be watched

    def interrupt(self, number, code, times=1):
        process = self.start("--json")
        self.await_moment(process)
        begin = time.monotonic()
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.05 if times > 1 else 0)  # two signals at the same time are one
        return self.end_of(process, begin, code, ("to go on", self.words[0]) if times == 1 else ())

    def run_out_of_time(self):
        """A pull that has one second."""
        begin = time.monotonic() + 1
        return self.end_of(self.start("--timeout", "1", "--json"), begin, EXIT_NETWORK, ("time limit", "hint:"))

    def end_of(self, process, begin, code, says):
        try:
            out, said = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return ["a minute later it was still there"], 60
        took = time.monotonic() - begin
        wrong = [] if process.returncode == code else [f"exit {process.returncode} instead of {code}: {said.strip()[-200:]}"]
        if took > PATIENCE:
            wrong.append(f"it took {took:.1f} s")
        if says and not is_document(out, code):
            wrong.append(f"stdout has no document of exit {code}: {out[-200:]!r}")
        wrong += [f"it does not say \"{part}\": {said.strip()[-200:]}" for part in says if part not in said]
        return wrong + sorted(set(check_cache.Checker(self.folder / "hub").run()) - self.before), took


def standing_still(rig, target, scenario):
    rig.stop_hub()
    rig.start_hub("--fault", f"{target}={scenario}*1000")


def moments(rig):
    """(moment, what ends it). Each is set up when it is its turn."""
    pull = ["pull", rigs.REPO, "--stall-timeout", "600"]
    for target, scenario in (("api:info", "stallhdr"), ("api:tree", "stallhdr"), ("model.bin", "stall:0")):
        standing_still(rig, target, scenario)
        yield Moment(rig, f"{target} {scenario}".replace(":", "-"), pull)
    rig.stop_hub()
    rig.start_hub()
    yield Moment(rig, "sync of a pull", pull, extra=SLOW)
    yield Moment(rig, "sync of a repair", ["cache", "verify", "--repair"], rigs.with_damage, SLOW)
    yield Moment(rig, "sync of a gc", ["cache", "gc", "--max-size", "1", "--yes"], rigs.with_two_repos, SLOW)


def locked(rig):
    """A pull that waits for a lock that somebody holds."""
    moment = Moment(rig, "lock", ["pull", rigs.REPO], rigs.with_first_commit)
    big = next(path for path in check_cache.walk(moment.folder / "hub/models--org--m/blobs") if path.stat().st_size == rig.big_size)
    lock = moment.folder / "hub/.locks/models--org--m" / f"{big.name}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    big.unlink()
    (moment.folder / "hub/models--org--m/snapshots" / ("1" * 40) / "model.bin").unlink()
    holder = open(lock, "w")  # held while the moment lasts
    fcntl.flock(holder, fcntl.LOCK_EX)
    return moment, holder


def main():
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup a child would rightly ignore it too
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("larder", "hub", "shim"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    wrong, longest = [], 0

    def try_all(moment):
        nonlocal wrong, longest
        for number, code in SIGNALS:
            found, took = moment.interrupt(number, code)
            longest = max(longest, took)
            wrong += [f"{moment.name}, {number.name}: {line}" for line in found]
        found, took = moment.interrupt(signal.SIGINT, 130, times=2)
        wrong += [f"{moment.name}, twice: {line}" for line in found]
        if moment.words[0] == "pull":
            found, _ = moment.run_out_of_time()
            wrong += [f"{moment.name}, time limit: {line}" for line in found]
        print(f"{moment.name}: {'right' if not wrong else 'WRONG, or one before it'}", flush=True)

    with rigs.Rig(options.larder, options.hub, options.shim) as rig:
        for moment in moments(rig):
            try_all(moment)
        moment, holder = locked(rig)
        try_all(moment)
        holder.close()
        after = rig.run(moment.words, moment.folder / "hub")
        if after.returncode != 0:
            wrong.append(f"the rerun ended with {after.returncode}: {after.stderr.strip()[-200:]}")
        wrong += check_cache.Checker(moment.folder / "hub", complete=True).run()
    for line in wrong:
        print(line)
    print(f"interrupts: {len(wrong)} findings, the slowest took {longest:.2f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
