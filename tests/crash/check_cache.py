#!/usr/bin/env python3
"""Holds a cache folder against the invariants I1 to I4 and I12 of docs/reliability.md, by its own reading of the layout.

  check_cache.py CACHE [--complete] [--foreign]     prints one line a finding, "I3 path: what"; exit 1 when there is one
  check_cache.py --tree CACHE                       prints what a reader sees: refs, links, contents (to compare two caches)

  --complete   each snapshot that a ref names must hold every file of its tree (a pull without filters has ended)
  --foreign    leftovers of other clients (blobs/*.incomplete and the like) are no finding

Standard library only, and no code shared with larder: it must not inherit a mistake. The scan rules are those of
huggingface_hub's scan_cache_dir (R-801 to R-804).
"""
import hashlib
import json
import os
import pathlib
import re
import stat
import sys

HEX40 = re.compile(r"[0-9a-f]{40}\Z")
BLOB = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
TYPES = ("datasets", "kernels", "models", "spaces")
IGNORED = (".DS_Store", "Thumbs.db", "desktop.ini")
MARKER = ".huggingface-shared-blobs"
TAG = (b"Signature: 8a477f597d28d172789f06886806bc55\n"
       b"# This file is a cache directory tag created by huggingface_hub.\n"
       b"# For information about cache directory tags, see:\n"
       b"#\thttps://bford.info/cachedir/\n")
FOREIGN_TEMP = re.compile(r".*\.incomplete\Z|\..*\.(shared|new|old)\Z|tmp_.*\Z")


def digest(path, name):
    """sha256 of a file, or its git blob id when `name` is 40 digits long."""
    size = os.stat(path).st_size
    hasher = hashlib.sha256() if len(name) == 64 else hashlib.sha1(b"blob %d\0" % size)
    with open(path, "rb") as data:
        while piece := data.read(1 << 20):
            hasher.update(piece)
    return hasher.hexdigest()


def walk(folder):
    """Everything below `folder` that is no folder, links not followed; sorted."""
    found = []
    for base, names, files in os.walk(folder):
        links = [name for name in names if os.path.islink(os.path.join(base, name))]
        found += [pathlib.Path(base, name) for name in files + links]
    return sorted(found)


class Checker:
    def __init__(self, cache, complete=False, foreign=False):
        self.cache = pathlib.Path(cache)
        self.complete = complete
        self.foreign = foreign
        self.findings = []

    def find(self, invariant, path, what):
        try:
            path = pathlib.Path(path).relative_to(self.cache)
        except ValueError:
            pass
        self.findings.append(f"{invariant} {str(path)!r}: {what}")

    def run(self):
        if not self.cache.exists():
            return self.findings
        for entry in sorted(self.cache.iterdir()):
            self.check_root_entry(entry)
        return self.findings

    def is_shared_store(self, entry):
        marker = entry / MARKER
        return entry.name == "blobs" and entry.is_dir() and marker.is_file() and marker.read_bytes() == b"1\n"

    def check_root_entry(self, entry):
        if entry.name in IGNORED or entry.name == ".locks":
            return
        if entry.name == "CACHEDIR.TAG":
            if entry.read_bytes() != TAG:
                self.find("I4", entry, "is not the 191 bytes of R-503")
            return
        if self.is_shared_store(entry):
            return
        warning = scan_warning(entry)
        if warning:
            self.find("I12", entry, "a scan would say: " + warning)
        if entry.is_dir() and "--" in entry.name and entry.name.split("--")[0] in TYPES:
            self.check_repo(entry)
        else:
            self.find("I4", entry, "is not of a known shape at the root of a cache")

    def check_repo(self, repo):
        trees = self.check_trees(repo)
        self.check_blobs(repo)
        self.check_snapshots(repo, trees)
        self.check_refs(repo, trees)

    def check_trees(self, repo):
        trees = {}
        folder = repo / "trees"
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if not re.fullmatch(r"[0-9a-f]{40}\.json", path.name):
                self.find("I4", path, "is not named COMMIT.json")
                continue
            try:
                tree = json.loads(path.read_bytes())
                assert tree["format_version"] == 1
                trees[path.name[:40]] = {name: (f.get("lfs_sha256") or f["blob_id"], f.get("lfs_size", f["size"]))
                                         for name, f in tree["files"].items()}
            except (ValueError, KeyError, AssertionError, TypeError) as wrong:
                self.find("I4", path, f"is no tree of format 1: {wrong!r}")
        return trees

    def check_blobs(self, repo):
        folder = repo / "blobs"
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if not BLOB.match(path.name):
                if not (self.foreign and FOREIGN_TEMP.match(path.name)):
                    self.find("I4", path, "is no name of a blob")
                continue
            if path.is_symlink() and not re.fullmatch(r"\.\./\.\./blobs/[0-9a-f]{2}/[0-9a-f]{64}", os.readlink(path)):
                self.find("I1", path, f"is a link to {os.readlink(path)!r}, not into the shared store")
                continue
            if not path.is_file():
                self.find("I1", path, "is no regular file")
                continue
            actual = digest(path, path.name)
            if actual != path.name:
                self.find("I1", path, f"holds {actual} ({path.stat().st_size} bytes)")

    def check_snapshots(self, repo, trees):
        folder = repo / "snapshots"
        for snapshot in sorted(folder.iterdir()) if folder.is_dir() else []:
            if not snapshot.is_dir() or snapshot.is_symlink() or not HEX40.match(snapshot.name):
                if snapshot.name not in IGNORED:
                    self.find("I4", snapshot, "is not the folder of a commit")
                continue
            for path in walk(snapshot):
                self.check_entry(repo, snapshot, path, trees.get(snapshot.name))

    def check_entry(self, repo, snapshot, path, tree):
        name = path.relative_to(snapshot).as_posix()
        known = tree.get(name) if tree is not None else None
        if tree is not None and known is None:
            self.find("I4", path, "is not in the tree of its commit")
        if path.is_symlink():
            text = os.readlink(path)
            wanted = "../" * (2 + name.count("/")) + "blobs/"
            blob = text[len(wanted):]
            if not text.startswith(wanted) or not BLOB.match(blob):
                self.find("I3", path, f"links to {text!r}")
            elif not (repo / "blobs" / blob).exists():
                self.find("I3", path, f"its blob {blob} is not there")
            elif known and known[0] != blob:
                self.find("I3", path, f"links to {blob}, but the tree says {known[0]}")
        elif not stat.S_ISREG(path.lstat().st_mode):
            self.find("I3", path, "is neither link nor file")
        elif known and digest(path, known[0]) != known[0]:
            self.find("I1", path, f"is a copy that is not {known[0]}")

    def check_refs(self, repo, trees):
        for path in walk(repo / "refs"):
            name = path.relative_to(repo / "refs").as_posix()
            text = path.read_bytes().decode("latin-1")
            if not HEX40.match(text):
                self.find("I2", path, f"holds {text[:60]!r}")
                continue
            snapshot = repo / "snapshots" / text
            if not snapshot.is_dir():
                self.find("I2", path, f"names {text}, which has no snapshot")
            elif self.complete and text in trees:
                missing = [file for file in trees[text] if not (snapshot / file).exists()]
                if missing:
                    self.find("I2", path, f"{name} moved although {len(missing)} files are missing: {missing[:3]}")


def scan_warning(entry):
    """What scan_cache_dir would warn of for this entry of the root; None: a good repository (R-802, in its order)."""
    if not entry.is_dir():
        return "Repo path is not a directory"
    if "--" not in entry.name:
        return "Repo path is not a valid HuggingFace cache directory"
    if entry.name.split("--")[0] not in TYPES:
        return "Repo type must be one of " + str(list(TYPES))
    snapshots, refs = entry / "snapshots", entry / "refs"
    if not snapshots.is_dir():
        return "Snapshots dir doesn't exist in cached repo"
    if refs.is_file():
        return "Refs directory cannot be a file"
    commits = set()
    for snapshot in snapshots.iterdir():
        if snapshot.name in IGNORED:
            continue
        if not snapshot.is_dir():
            return f"Snapshots folder corrupted. Found a file: {snapshot.name}"
        commits.add(snapshot.name)
        for path in walk(snapshot):
            if not path.exists():
                return f"Blob missing (broken symlink): {path.name}"
    for path in walk(refs):
        if path.name not in IGNORED and path.read_bytes().decode("latin-1") not in commits:
            return f"Reference(s) refer to missing commit hashes: {path.name}"
    return None


def what_readers_see(cache):
    """Lines that are equal for two caches iff readers see the same: no locks, no bookkeeping of larder."""
    cache = pathlib.Path(cache)
    lines = []
    for path in walk(cache):
        name = path.relative_to(cache)
        if ".locks" in name.parts or ".larder" in name.parts:
            continue
        if path.is_symlink():
            lines.append(f"{name} -> {os.readlink(path)}")
        else:
            lines.append(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return lines


def main(arguments):
    folders = [word for word in arguments if not word.startswith("--")]
    if len(folders) != 1:
        sys.exit(__doc__)
    if "--tree" in arguments:
        print("\n".join(what_readers_see(folders[0])))
        return 0
    findings = Checker(folders[0], "--complete" in arguments, "--foreign" in arguments).run()
    print("\n".join(findings) if findings else "invariants hold")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
