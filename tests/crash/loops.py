#!/usr/bin/env python3
"""The crash loops A, B and C of docs/reliability.md against the real binary.

  loops.py a --larder BIN --hub BIN --shim SO [--at-most N] [--jobs N] [--only SCENARIO]…
      kills it before each call that changes the disk: the invariants hold at once, and the rerun ends right
  loops.py b … [--errno NAME]…
      lets each such call fail with each errno: never exit 0 with something missing, never an internal error
  loops.py c --larder BIN --hub BIN [--times N] [--seed N] [--size BYTES]
      kills it at random moments of a longer pull; after a kill at most 32 MiB are fetched again

--at-most N takes N points of each scenario instead of all (b: N failures, the errnos shared out among the points): the short form. Where
build/clients is made, the real scan_cache_dir() looks at each state too. Exit 1 when something did not hold.
"""
import argparse
import errno
import random
import signal
import sys
import time

import rig as rigs

ERRORS = ["ENOSPC", "EIO", "EDQUOT", "EROFS", "EMFILE", "EINTR", "ENOENT", "EACCES"]
LOCAL = ("ENOSPC", "EIO", "EDQUOT", "EROFS", "EACCES")  # must end as "local" when the run can't go on
SYNCS = ("fsync", "fdatasync", "syncfs")
EXIT_LOCAL = 8
REFETCH_BOUND = 32 << 20  # bytes that may be fetched again after a kill (docs/reliability.md)
KILLS_IN_A_ROW = 4


def kill_at(scenario, point):
    folder = scenario.fresh(f"a{point}")
    result, _ = scenario.torn(folder, {"CRASH_AT": point})
    problems = []
    if result.returncode not in (0, -signal.SIGKILL):
        problems.append(f"ended with {result.returncode} instead of being killed: {result.stderr.strip()[:200]}")
    problems += scenario.findings(folder)
    scenario.check_rerun(folder, problems)
    return [f"A {scenario.name} killed at {point}: {problem}" for problem in problems]


def fail_at(scenario, point, name):
    folder = scenario.fresh(f"b{point}-{name}")
    result, calls = scenario.torn(folder, {"FAIL_AT": point, "FAIL_ERRNO": getattr(errno, name)})
    call = calls[point - 1].split(" ", 2)[1] if len(calls) >= point else "no call"  # threads: the order differs from run to run
    problems = []
    said = result.stderr.strip()[:300]
    if name == "ENOENT" and call in ("unlink", "unlinkat", "rmdir"):
        scenario.discard(folder)  # "it is gone already": nobody could know that this is a lie
        return [f"B {scenario.name} {name} at {point}: ended with {result.returncode}: {said}"] if result.returncode else []
    if rigs.is_bug(result):
        problems.append(f"ended with {result.returncode}: {said}")
    elif result.returncode == 0:
        if scenario.view(folder) != scenario.reference:
            differ = sorted(set(scenario.view(folder)) ^ set(scenario.reference))
            problems.append(f"exit 0, but the cache is not complete: {differ[:3]}")
        problems += scenario.findings(folder, complete=not scenario.removes)
    else:
        # L17: Linux interrupts no such call on a local disk, FUSE and NFS may; asking again is right for all of them but a sync, whose
        # failure is never asked twice.
        if name == "EINTR" and call not in SYNCS:
            problems.append(f"an interrupted call ended it with {result.returncode}: {said}")
        if name in LOCAL and result.returncode not in (EXIT_LOCAL, scenario.failure):
            problems.append(f"exit {result.returncode} instead of {EXIT_LOCAL}: {said}")
        problems += scenario.findings(folder)
    scenario.check_rerun(folder, problems)
    where = calls[point - 1].split(" ", 1)[1].replace(str(folder), "") if len(calls) >= point else call
    return [f"B {scenario.name} {name} at {point} ({where}): {problem}" for problem in problems]


def loop_a(options):
    with rigs.Rig(options.larder, options.hub, options.shim) as rig:
        wrong, tried = [], 0
        for scenario in rigs.scenarios(rig, options.only):
            start = time.monotonic()
            total = len(scenario.points())
            points = rigs.chosen(total, options.at_most)
            tried += len(points)
            found = rigs.in_parallel(lambda point, s=scenario: kill_at(s, point), points, options.jobs)
            print(f"A {scenario.name}: {len(points)} of {total} points, {len(found)} findings, {rigs.seconds_since(start)}", flush=True)
            wrong += found
        return wrong, tried


def loop_b(options):
    with rigs.Rig(options.larder, options.hub, options.shim) as rig:
        wrong, tried = [], 0
        for scenario in rigs.scenarios(rig, options.only):
            start = time.monotonic()
            total = len(scenario.points())
            work = rigs.shared_out(total, options.errno, options.at_most, options.seed)
            tried += len(work)
            found = rigs.in_parallel(lambda item, s=scenario: fail_at(s, *item), work, options.jobs)
            print(f"B {scenario.name}: {len(work)} failures at {total} points, {len(found)} findings, {rigs.seconds_since(start)}", flush=True)
            wrong += found
        return wrong, tried


def one_chain(rig, scenario, source, longest, kills):
    """Several kills wear the same cache, then it must come right; and the bytes that were fetched twice are bounded."""
    folder, problems = scenario.fresh("kills"), []
    for _ in range(kills):
        process = rig.start(scenario.words(folder), folder / "hub")
        time.sleep(source.random() * longest)  # the moment is the test: nothing to wait for
        process.kill()
        process.wait()
        problems += scenario.findings(folder)
    scenario.check_rerun(folder, problems)
    sent = rig.stop_hub()
    rig.start_hub()
    twice = sent - rig.big_size
    if twice > kills * REFETCH_BOUND:
        problems.append(f"{twice} bytes fetched twice after {kills} kills")
    return problems, max(0, twice) / kills


def loop_c(options):
    source = random.Random(options.seed)
    with rigs.Rig(options.larder, options.hub, big_size=options.size) as rig:
        scenario = rigs.Scenario(rig, "random", ["pull", rigs.REPO, "--jobs", "8"])
        start = time.monotonic()
        scenario.run(scenario.fresh("time"))
        longest = (time.monotonic() - start) * 1.1
        rig.stop_hub()
        rig.start_hub()
        wrong, most = [], 0
        for number in range(0, options.times, KILLS_IN_A_ROW):
            problems, twice = one_chain(rig, scenario, source, longest, min(KILLS_IN_A_ROW, options.times - number))
            most = max(most, twice)
            wrong += [f"C kills from {number} (seed {options.seed}): {problem}" for problem in problems]
        print(f"C: {options.times} kills within {longest:.2f} s, at most {most / (1 << 20):.1f} MiB a kill fetched twice, "
              f"{len(wrong)} findings, {rigs.seconds_since(start)}")
        return wrong, options.times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loop", choices=["a", "b", "c"])
    parser.add_argument("--larder", required=True)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--shim")
    parser.add_argument("--at-most", type=int, default=10**9)
    parser.add_argument("--errno", action="append", choices=ERRORS)
    parser.add_argument("--only", action="append", choices=list(rigs.SCENARIOS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--size", type=int, default=300_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.errno = options.errno or ERRORS
    if options.loop in "ab" and not options.shim:
        parser.error("the loops a and b need --shim")
    wrong, tried = {"a": loop_a, "b": loop_b, "c": loop_c}[options.loop](options)
    for line in wrong[:200]:
        print(line)
    print(f"loop {options.loop}: {tried} tries, {len(wrong)} findings")
    return 1 if wrong or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
