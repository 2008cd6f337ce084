#!/usr/bin/env python3
"""Loop D of docs/reliability.md: power cuts, on an ext4 in a file whose backing bytes are copied at random moments.

  power_loss.py --larder BIN --hub BIN [--only SCENARIO]… [--during N] [--after N] [--latest SECONDS] [--seed N] [--options MOUNT_OPTIONS]

The copy lacks all that the inner file system had not yet flushed: what a disk holds after the plug is pulled. During a command: no wrong
blob, no wrong file in a local folder, no ref to something incomplete, nothing lost that no plan named (I1, I2, I4, I7). Up to --latest seconds
after its exit 0: everything is there (I5). Then the same command, run on what is left, ends as if nothing had been (I11). The scenarios take
turns; they are those of the loops A and B. Needs root and loop devices; exit 77 without them.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import rig as rigs

SKIPPED = 77


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Disk:
    """A file with an ext4 in it, mounted."""

    def __init__(self, scratch, name, options):
        self.image, self.mount, self.options = scratch / f"{name}.img", scratch / name, options
        self.mount.mkdir(exist_ok=True)

    def make(self):
        with open(self.image, "wb") as file:
            file.truncate(160 << 20)
        made = run("mkfs.ext4", "-q", "-F", str(self.image))
        return made if made.returncode else self.attach()

    def attach(self):
        return run("mount", "-o", f"loop,{self.options}", str(self.image), str(self.mount))

    def detach(self):
        run("umount", str(self.mount))


def cut_power(disk, other):
    """The state of the disk at this moment, as a machine finds it when it starts again."""
    run("cp", "--sparse=always", str(disk.image), str(other.image))
    attached = other.attach()  # replays the journal
    if attached.returncode:
        raise RuntimeError(attached.stderr)


def place_template(scenario, disk):
    """What the command begins with, on the disk for certain."""
    folder = disk.mount / "all"
    shutil.copytree(scenario.template, folder, symlinks=True)
    run("sync", "-f", str(folder))
    return folder


def cut_during(rig, scenario, disk, source, folder):
    """The command stands still at a random moment: the copy of a standing disk is exact."""
    process = rig.start(scenario.words(folder), folder / "hub")
    time.sleep(source.random() * scenario.longest)  # the moment is the test
    process.send_signal(signal.SIGSTOP)
    cut_power(disk, rig.other)
    process.kill()
    process.wait()
    return []


def cut_after(rig, scenario, disk, source, folder):
    result = scenario.run(folder)
    if result.returncode != 0:
        return [f"it ended with {result.returncode}: {result.stderr.strip()[-300:]}"]
    time.sleep(source.random() * rig.latest)  # the moment is the test
    cut_power(disk, rig.other)
    left = rig.other.mount / "all"
    return [f"I5 {line}: lost" for line in set(scenario.reference) - set(scenario.view(left))] + scenario.findings(left, not scenario.removes)


def trial(rig, scenario, cut, source):
    disk, rig.other = Disk(rig.scratch, "disk", rig.mount_options), Disk(rig.scratch, "cut", rig.mount_options)
    made = disk.make()
    if made.returncode:
        raise PermissionError(made.stderr.strip())
    try:
        problems = cut(rig, scenario, disk, source, place_template(scenario, disk))
        problems += scenario.findings(rig.other.mount / "all")
        return scenario.check_rerun(rig.other.mount / "all", problems)
    finally:
        rig.other.detach()
        disk.detach()


def time_of(scenario):
    start = time.monotonic()
    scenario.run(scenario.fresh("time"))
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--larder", required=True)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--only", action="append", choices=list(rigs.SCENARIOS))
    parser.add_argument("--during", type=int, default=50, help="cuts while it runs")
    parser.add_argument("--after", type=int, default=50, help="cuts when it has ended")
    parser.add_argument("--latest", type=float, default=6, help="how long after the end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--options", default="commit=1", help="of the mounts")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: mounting needs root")
        return SKIPPED
    source = random.Random(options.seed)
    wrong, start = [], time.monotonic()
    with rigs.Rig(options.larder, options.hub, big_size=20_000_000) as rig:
        rig.mount_options, rig.latest = options.options, options.latest
        scenarios = list(rigs.scenarios(rig, options.only))
        for scenario in scenarios:
            scenario.longest = time_of(scenario)
        cuts = [cut_during] * options.during + [cut_after] * options.after
        try:
            for number, cut in enumerate(cuts):
                scenario = scenarios[number % len(scenarios)]
                wrong += [f"D {scenario.name}, {cut.__name__}, {number}: {line}" for line in trial(rig, scenario, cut, source)]
        except PermissionError as refused:
            print(f"skipped: no loop mounts here: {refused}")
            return SKIPPED
    for line in wrong:
        print(line)
    print(f"loop D: {options.during} cuts during, {options.after} after; {len(wrong)} findings, {rigs.seconds_since(start)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
