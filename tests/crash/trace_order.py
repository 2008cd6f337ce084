#!/usr/bin/env python3
"""Loop E of docs/reliability.md: the order of the system calls of a pull, by strace, is the commit order: of large files, of many small
ones, and without syncs.

  trace_order.py --larder BIN --hub BIN        exit 0: it is; 1: it is not; 77: strace is not possible here

What must hold (docs/cache-layout.md "The order in which things appear"): a file that is renamed to blobs/X, trees/X or refs/X was synced after its last write and before the
rename; the blobs folder is synced between the last blob and the first ref, each snapshot folder between its last link and the ref, the
trees folder after its rename; the refs folder is synced after the ref; and only then stdout gets its line. --no-fsync leaves out the
syncs, all of them, and keeps the order.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

import rig as rigs

SKIPPED = 77
CALLS = ("write,pwrite64,pwritev,writev,ftruncate,copy_file_range,fsync,fdatasync,syncfs,rename,renameat,renameat2,"
         "link,linkat,symlink,symlinkat,openat")
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
OPEN_PATH = re.compile(r"^-?\w*\d+<([^>]*)>")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
FOLDER_AND_NAME = re.compile(r'(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, "((?:[^"\\]|\\.)*)"')


class Event:
    """One call. `begin` and `end` are line numbers: two calls are in order when the end of one is before the begin of the other."""

    def __init__(self, call, arguments, begin):
        self.call, self.arguments, self.begin, self.end, self.failed = call, arguments, begin, begin, False

    def finish(self, rest, end):
        self.arguments += rest
        self.end = end
        self.failed = bool(re.search(r"\) += -1 ", self.arguments))

    @property
    def file(self):
        """Path of the descriptor in the first argument."""
        found = OPEN_PATH.match(self.arguments)
        return found.group(1) if found else ""

    @property
    def paths(self):
        """Full paths of the names in the arguments, relative ones joined to their folder's descriptor."""
        pairs = FOLDER_AND_NAME.findall(self.arguments)
        if self.call.endswith("at") or self.call.endswith("at2"):
            return [name if name.startswith("/") else f"{folder}/{name}" for folder, name in pairs]
        return STRING.findall(self.arguments)


def parse(lines):
    events, waiting = [], {}
    for number, line in enumerate(lines):
        resumed = RESUMED.match(line)
        if resumed:
            event = waiting.pop((resumed.group(1), resumed.group(2)), None)
            if event:
                event.finish(resumed.group(3), number)
            continue
        match = LINE.match(line)
        if not match:
            continue
        event = Event(match.group(2), "", number)
        if line.endswith("<unfinished ...>"):
            event.arguments = match.group(3)[:-len("<unfinished ...>")]
            waiting[(match.group(1), match.group(2))] = event
        else:
            event.finish(match.group(3), number)
        events.append(event)
    return [event for event in events if not event.failed]


class Order:
    def __init__(self, events, cache):
        self.events, self.cache, self.wrong = events, cache, []
        self.syncs = [e for e in events if e.call in ("fsync", "fdatasync", "syncfs")]
        self.writes = [e for e in events if e.call in ("write", "pwrite64", "pwritev", "writev", "ftruncate", "copy_file_range")]
        self.moves = [e for e in events if e.call.startswith("rename") or e.call in ("link", "linkat")]
        self.links = [e for e in events if e.call.startswith("symlink")]

    def is_synced(self, path, after, before, is_folder=False):
        """Was `path` synced in the lines between? syncfs syncs all."""
        return any(s.begin >= after and s.end < before and
                   (s.call == "syncfs" or (s.file == path and (not is_folder or s.call == "fsync"))) for s in self.syncs)

    def target(self, event):
        return event.paths[-1] if event.paths else ""

    def published(self, folder):
        return [e for e in self.moves if f"/{folder}/" in self.target(e) and "/.larder" not in self.target(e)]

    def check_content(self, move):
        """The renamed file was synced after its last write. It may have had other names: descriptors show the newest."""
        source = move.paths[0]
        names = {source}
        writes = [w for w in self.writes if w.file in names and w.begin < move.begin]
        last = max((w.end for w in writes), default=-1)
        if writes and not self.is_synced(source, last, move.begin):
            self.wrong.append(f"{self.target(move)} was renamed although its last write was not synced")
        if any(w.file in (source, self.target(move)) and w.begin > move.begin for w in self.writes):
            self.wrong.append(f"{self.target(move)} was written to after it had its final name")

    def check(self, line_on_stdout, is_synced=True):
        refs, blobs, trees = self.published("refs"), self.published("blobs"), self.published("trees")
        if not refs or not blobs or not trees:
            self.wrong.append(f"the trace lacks steps: {len(blobs)} blobs, {len(trees)} trees, {len(refs)} refs")
            return
        first_ref, last_ref = min(r.begin for r in refs), max(r.end for r in refs)
        if last_ref > line_on_stdout:
            self.wrong.append("stdout got its line before the ref was there")
        for kind, moves in (("blob", blobs), ("listing", trees), ("link", [e for e in self.links if "/snapshots/" in self.target(e)])):
            if any(move.end > first_ref for move in moves):
                self.wrong.append(f"the ref was there before the last {kind}")
        if not is_synced:
            self.wrong += [f"{sync.call} of {sync.file} in spite of --no-fsync" for sync in self.syncs]
            return
        for move in blobs + trees + refs:
            self.check_content(move)
        for kind, moves in (("blobs", blobs), ("trees", trees)):
            self.check_folder(kind, moves, first_ref, "the ref")
        self.check_links(first_ref)
        self.check_folder("refs", refs, line_on_stdout, "the line on stdout")

    def check_folder(self, kind, moves, before, what):
        for folder in {os.path.dirname(self.target(move)) for move in moves}:
            last = max(move.end for move in moves if os.path.dirname(self.target(move)) == folder)
            if not self.is_synced(folder, last, before, is_folder=True):
                self.wrong.append(f"{folder} was not synced between its last rename ({kind}) and {what}")

    def check_links(self, first_ref):
        folders = {}
        for link in self.links:
            target = self.target(link)
            if "/snapshots/" in target:
                folders.setdefault(os.path.dirname(target), []).append(link.end)
        if not folders:
            self.wrong.append("the trace has no snapshot link")
        for folder, ends in folders.items():
            if not self.is_synced(folder, max(ends), first_ref, is_folder=True):
                self.wrong.append(f"{folder} was not synced between its last link and the ref")


def trace(rig, cache, words):
    log = rig.scratch / "strace"
    command = ["strace", "-f", "-y", "-s", "4096", "-e", f"trace={CALLS}", "-o", str(log), rig.larder, *words]
    result = subprocess.run(command, env=rig.environment(cache), cwd=rig.scratch, capture_output=True, text=True, check=False)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return result, lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--larder", required=True)
    parser.add_argument("--hub", required=True)
    options = parser.parse_args()
    if shutil.which("strace") is None:
        print("skipped: no strace here")
        return SKIPPED
    wrong = 0
    with rigs.Rig(options.larder, options.hub) as rig:
        for words in (["pull", rigs.REPO], ["pull", rigs.SMALL], ["pull", rigs.REPO, "--no-fsync"], ["pull", rigs.SMALL, "--no-fsync"]):
            found = check_one(rig, words)
            if found is None:
                return SKIPPED
            wrong += len(found)
            for line in found:
                print(f"{' '.join(words)}: {line}")
    return 1 if wrong else 0


def check_one(rig, words):
    """What is out of order; None: strace is not possible here."""
    cache = rig.folder("traced")
    (rig.scratch / "strace").unlink(missing_ok=True)
    result, lines = trace(rig, cache, words)
    if not any("execve" in line or LINE.match(line) for line in lines):
        print(f"skipped: strace is not possible here: {result.stderr.strip()[:200]}")
        return None
    if result.returncode != 0:
        return [f"it ended with {result.returncode}: {result.stderr[-500:]}"]
    events = parse(lines)
    said = [e for e in events if e.call == "write" and e.arguments.startswith("1<") and "/snapshots/" in e.arguments]
    order = Order(events, str(cache))
    order.check(said[0].begin if said else len(lines), "--no-fsync" not in words)
    if not said:
        order.wrong.append("stdout got no line")
    print(f"loop E, {' '.join(words)}: {len(events)} calls, {len(order.wrong)} out of order")
    return order.wrong


if __name__ == "__main__":
    sys.exit(main())
