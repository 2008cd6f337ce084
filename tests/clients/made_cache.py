"""Caches in the layout of huggingface_hub, made by its own functions where it has one, and pictures of them."""
import hashlib
import json
import os
import pathlib

PUBLISH = """
from huggingface_hub.utils import _shared_blobs as shared
assert shared.publish_blob_to_shared_store(blob_path={blob!r}, xet_hash={xet!r}, cache_dir={cache!r}, expected_size={size})
"""
LINK = """
from huggingface_hub.utils import _shared_blobs as shared
assert shared.try_link_from_shared_store(blob_path={blob!r}, xet_hash={xet!r}, cache_dir={cache!r}, expected_size={size})
"""


def git_sha1(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def xet_of(content):
    """A stand-in for a Xet hash: one to one with the content, and not its sha256."""
    return sha256(b"xet" + content)


class MadeCache:
    """Writes repositories by hand as R-505 draws them; `test` runs the Python client for what only it should write."""

    def __init__(self, test, root):
        self.test = test
        self.root = pathlib.Path(root)

    def repo(self, folder):
        for name in ("blobs", "refs", "snapshots"):
            (self.root / folder / name).mkdir(parents=True, exist_ok=True)
        return self.root / folder

    def blob(self, folder, content, lfs=False):
        """Name of the repository's blob with that content; made if it is not there."""
        name = sha256(content) if lfs else git_sha1(content)
        path = self.repo(folder) / "blobs" / name
        if not os.path.lexists(path):
            path.write_bytes(content)
        return name

    def link(self, folder, commit, path, blob):
        entry = self.repo(folder) / "snapshots" / commit / path
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.symlink_to("../" * (2 + path.count("/")) + "blobs/" + blob)

    def ref(self, folder, name, commit):
        path = self.repo(folder) / "refs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(commit)

    def add(self, folder, commit, files, refs=(), lfs=()):
        """A snapshot of `files` (path → content) with its listing; those in `lfs` are LFS files."""
        (self.repo(folder) / "snapshots" / commit).mkdir(exist_ok=True)
        tree = {}
        for path, content in sorted(files.items()):
            is_lfs = path in lfs
            blob = self.blob(folder, content, is_lfs)
            self.link(folder, commit, path, blob)
            tree[path] = {"size": len(content), "blob_id": git_sha1(b"pointer" + content) if is_lfs else blob}
            if is_lfs:
                tree[path].update(lfs_sha256=blob, lfs_size=len(content))
        (self.root / folder / "trees").mkdir(exist_ok=True)
        (self.root / folder / "trees" / f"{commit}.json").write_text(json.dumps({"format_version": 1, "files": tree}, indent=1))
        for name in refs:
            self.ref(folder, name, commit)

    def publish(self, folder, content):
        """Moves the LFS blob with that content into the shared store, by the client's own function (R-575)."""
        self._share(PUBLISH, folder, content)

    def link_from_store(self, folder, content):
        """The repository's entry for a payload that is in the store already (R-574)."""
        self._share(LINK, folder, content)

    def _share(self, code, folder, content):
        blob = str(self.repo(folder) / "blobs" / sha256(content))
        self.test.python(code.format(blob=blob, xet=xet_of(content), cache=str(self.root), size=len(content)))

    def payload(self, content):
        name = xet_of(content)
        return self.root / "blobs" / name[:2] / name


def picture(folder, skip=()):
    """Every entry below `folder`: type, mode, link text or bytes. Equal pictures mean an untouched tree. `skip`: relative paths left out."""
    entries = {}
    folder = str(folder)
    for base, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(base, name)
            relative = os.path.relpath(path, folder)
            if any(relative == one or relative.startswith(one + "/") for one in skip):
                continue
            facts = os.lstat(path)
            if os.path.islink(path):
                what = os.readlink(path)
            elif os.path.isfile(path):
                what = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
            else:
                what = "folder" if os.path.isdir(path) else "special"
            entries[relative] = (facts.st_mode, what)
    return entries
