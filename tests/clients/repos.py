"""Repositories made for a test: a root folder for `larder-hub --root`, and the golden one."""
import hashlib
import json
import pathlib
import shutil

FIRST, SECOND = "1" * 40, "2" * 40
GOLDEN = "org/m"
MODEL_BIN = bytes(range(256)) * 4096
XET_HASH = "64ced0eb807e8cdd2a45f3766c186f2e59106b04f97b3c4dee241ce52bebc779"  # of MODEL_BIN
GOLDEN_FILES = {".gitattributes": b"*.bin filter=lfs\n", "README.md": b"# hi\n", "config.json": b'{"a": 1}\n', "empty.txt": b"",
                "model.bin": MODEL_BIN, "sub dir/deep/a#b.txt": b"nested\n"}
SECOND_FILES = {**GOLDEN_FILES, "config.json": b'{"a": 2}\n'}
LFS_SUFFIXES = (".bin", ".safetensors", ".onnx", ".parquet", ".gguf")


def git_sha1(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def blob_name(path, data):
    """Name of the blob, which is the file's ETag (R-308); by suffix, as the test Hub decides."""
    return hashlib.sha256(data).hexdigest() if path.endswith(LFS_SUFFIXES) else git_sha1(data)


class Root:
    """A folder of repositories. `add` writes one; every commit is the dict path → bytes of all its files."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def add(self, repo, commits, kind="model", xet=None, **names):
        """`commits`: [(id or "", branch, files), …]; `xet`: path → Xet hash to list; `names`: branches, tags, refs as in repo.json."""
        base = self.folder / (kind + "s") / repo
        shutil.rmtree(base, ignore_errors=True)
        (base / "bytes").mkdir(parents=True)
        described = []
        for commit, branch, files in commits:
            entries = []
            for path, data in files.items():
                source = "bytes/" + hashlib.sha256(data).hexdigest()
                (base / source).write_bytes(data)
                entries.append({"path": path, "source": source, **({"xet": xet[path]} if xet and path in xet else {})})
            described.append({"id": commit, "branch": branch, "files": entries})
        (base / "repo.json").write_text(json.dumps({"commits": described, **names}))
        return self

    def move(self, old, new, kind="model"):
        base = self.folder / (kind + "s") / old
        base.mkdir(parents=True)
        (base / "repo.json").write_text(json.dumps({"moved_to": new}))
        return self

    def golden(self, main=FIRST, repo=GOLDEN, xet=None, ids=(FIRST, SECOND)):
        """Appendix A: FIRST on main, SECOND on v2; with `main=SECOND` main has moved on. Give another repository ids of its own: `hf cache
        rm` of 2.4 takes any repository that has the commit."""
        branches = {"main": 0 if main == FIRST else 1, "v2": 1}
        return self.add(repo, [(ids[0], "main", GOLDEN_FILES), (ids[1], "v2", SECOND_FILES)], branches=branches, xet=xet)
