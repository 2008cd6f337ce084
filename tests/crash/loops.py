#!/usr/bin/env python3
"""The crash loops A, B and C of docs/reliability.md against the real binary.

  loops.py a --larder BIN --hub BIN --shim SO [--at-most N] [--jobs N] [--only SCENARIO]
      kills it before each call that changes the disk: the invariants hold at once, and the rerun ends right
  loops.py b … [--errno NAME]…
      lets each such call fail with each errno: never exit 0 with something missing, never an internal error
  loops.py c --larder BIN --hub BIN [--times N] [--seed N]
      kills it at random moments of a longer pull

--at-most N takes N points of each scenario instead of all: the short form. Exit 1 when something did not hold.
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
EXIT_LOCAL = 8


def kill_at(scenario, point):
    folder = scenario.fresh(f"a{point}")
    result = scenario.run(folder, {"CRASH_AT": point})
    problems = []
    if result.returncode not in (0, -signal.SIGKILL):
        problems.append(f"ended with {result.returncode} instead of being killed: {result.stderr.strip()[:200]}")
    problems += scenario.findings(folder)
    scenario.check_rerun(folder, problems)
    return [f"A {scenario.name} killed at {point}: {problem}" for problem in problems]


def fail_at(scenario, point, name, call):
    folder = scenario.fresh(f"b{point}-{name}")
    result = scenario.run(folder, {"FAIL_AT": point, "FAIL_ERRNO": getattr(errno, name)})
    problems = []
    said = result.stderr.strip()[:200]
    if rigs.is_bug(result):
        problems.append(f"ended with {result.returncode}: {said}")
    elif result.returncode == 0:
        if scenario.view(folder) != scenario.reference:
            problems.append(f"exit 0, but the cache is not complete: {sorted(set(scenario.view(folder)) ^ set(scenario.reference))[:3]}")
        problems += scenario.findings(folder, complete=True)
    else:
        if name == "EINTR" and call not in ("fsync", "fdatasync", "syncfs"):
            problems.append(f"an interrupted call ended it with {result.returncode}: {said}")  # L17
        if name in LOCAL and result.returncode != EXIT_LOCAL:
            problems.append(f"exit {result.returncode} instead of {EXIT_LOCAL}: {said}")
        problems += scenario.findings(folder)
    scenario.check_rerun(folder, problems)
    return [f"B {scenario.name} {name} at {point} ({call}): {problem}" for problem in problems]


def loop_a(options):
    with rigs.Rig(options.larder, options.hub, options.shim) as rig:
        wrong, tried = [], 0
        for scenario in rigs.scenarios(rig, options.only):
            start = time.monotonic()
            total = len(scenario.points())
            points = rigs.chosen(total, options.at_most)
            tried += len(points)
            found = rigs.in_parallel(lambda point, s=scenario: kill_at(s, point), points, options.jobs)
            print(f"A {scenario.name}: {len(points)} of {total} points, {len(found)} findings, {rigs.seconds_since(start)}")
            wrong += found
        return wrong, tried


def loop_b(options):
    with rigs.Rig(options.larder, options.hub, options.shim) as rig:
        wrong, tried = [], 0
        for scenario in rigs.scenarios(rig, options.only):
            start = time.monotonic()
            calls = [line.split(" ", 2)[1] for line in scenario.points()]
            work = [(point, name) for point in rigs.chosen(len(calls), options.at_most) for name in options.errno]
            tried += len(work)
            found = rigs.in_parallel(lambda item, s=scenario, c=calls: fail_at(s, item[0], item[1], c[item[0] - 1]), work, options.jobs)
            print(f"B {scenario.name}: {len(work)} failures at {len(calls)} points, {len(found)} findings, {rigs.seconds_since(start)}")
            wrong += found
        return wrong, tried


def loop_c(options):
    source = random.Random(options.seed)
    with rigs.Rig(options.larder, options.hub, big_size=40_000_000) as rig:
        scenario = rigs.Scenario(rig, "random", ["pull", rigs.REPO])
        start = time.monotonic()
        scenario.run(scenario.fresh("time"))
        longest = (time.monotonic() - start) * 1.1
        wrong, folder = [], scenario.fresh("kills")
        for number in range(options.times):
            process = rig.start(scenario.words(folder), folder / "hub")
            time.sleep(source.random() * longest)  # the moment is the test: nothing to wait for
            process.kill()
            process.wait()
            problems = scenario.findings(folder)
            if number % 5 == 4:  # several kills in a row wear the same cache, then it must come right
                scenario.check_rerun(folder, problems)
                folder = scenario.fresh("kills")
            wrong += [f"C kill {number} (seed {options.seed}): {problem}" for problem in problems]
        print(f"C: {options.times} kills within {longest:.2f} s, {len(wrong)} findings, {rigs.seconds_since(start)}")
        return wrong, options.times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loop", choices=["a", "b", "c"])
    parser.add_argument("--larder", required=True)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--shim")
    parser.add_argument("--at-most", type=int, default=10**9)
    parser.add_argument("--errno", action="append", choices=ERRORS)
    parser.add_argument("--only")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.errno = options.errno or ERRORS
    if options.loop in "ab" and not options.shim:
        parser.error("the loops a and b need --shim")
    wrong, tried = {"a": loop_a, "b": loop_b, "c": loop_c}[options.loop](options)
    for line in wrong[:60]:
        print(line)
    print(f"loop {options.loop}: {tried} tries, {len(wrong)} findings")
    return 1 if wrong or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
