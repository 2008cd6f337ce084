#!/usr/bin/env python3
"""Loop D of docs/reliability.md: power cuts, on an ext4 in a file whose backing bytes are copied at random moments.

  power_loss.py --larder BIN --hub BIN [--during N] [--after N] [--seed N] [--options MOUNT_OPTIONS]

The copy lacks all that the inner file system had not yet flushed: what a disk holds after the plug is pulled. During a pull: no wrong blob,
no ref to something incomplete (I1, I2, I4). After exit 0: everything is there (I5). Needs root and loop devices; exit 77 without them.
"""
import argparse
import os
import random
import subprocess
import sys
import time

import check_cache
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


def trial(rig, number, source, longest, after):
    disk, other = Disk(rig.scratch, "disk", rig.mount_options), Disk(rig.scratch, "cut", rig.mount_options)
    made = disk.make()
    if made.returncode:
        raise PermissionError(made.stderr.strip())
    try:
        words = ["pull", rigs.REPO if number % 2 == 0 else rigs.SMALL]
        process = rig.start(words, disk.mount / "hub")
        if after:
            code = process.wait()
            if code != 0:
                return [f"D {number}: the pull ended with {code}"]
            time.sleep(source.random() * 6)  # the moment is the test
        else:
            time.sleep(source.random() * longest)
            process.send_signal(19)  # SIGSTOP: the copy of a standing disk is exact
        cut_power(disk, other)
        process.kill()
        process.wait()
        cache = other.mount / "hub"
        problems = check_cache.Checker(cache, complete=True).run()
        if after:
            problems += [f"I5 {line}: lost" for line in set(rig.references[words[1]]) - set(check_cache.what_readers_see(cache))]
        problems += [f"I12 scan_cache_dir(): {warning}" for warning in rig.scan.warnings(cache)]
        return [f"D {'after' if after else 'during'} {number}: {problem}" for problem in problems]
    finally:
        other.detach()
        disk.detach()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--larder", required=True)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--during", type=int, default=50)
    parser.add_argument("--after", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--options", default="commit=1", help="of the mounts")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: mounting needs root")
        return SKIPPED
    source = random.Random(options.seed)
    with rigs.Rig(options.larder, options.hub, big_size=20_000_000) as rig:
        rig.mount_options, rig.references = options.options, {}
        start = time.monotonic()
        for repo in (rigs.REPO, rigs.SMALL):
            rig.run(["pull", repo], rig.folder("reference"))
            rig.references[repo] = check_cache.what_readers_see(rig.scratch / "reference")
        longest = time.monotonic() - start
        wrong = []
        try:
            for number in range(options.during):
                wrong += trial(rig, number, source, longest, after=False)
            for number in range(options.after):
                wrong += trial(rig, number, source, longest, after=True)
        except PermissionError as refused:
            print(f"skipped: no loop mounts here: {refused}")
            return SKIPPED
    for line in wrong:
        print(line)
    print(f"loop D: {options.during} cuts during, {options.after} after; {len(wrong)} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
