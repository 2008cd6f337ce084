"""What bench/scan and bench/verify share: caches by the layout of the Hub's clients, and how a command is measured."""
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
LARDER = ROOT / "build" / "release" / "larder"
COUNTER = ROOT / "build" / "release" / "bench" / "bench_measure"
REPO, COMMIT = "org/m", "1" * 40  # of make_bytes_cache
HF = ROOT / "build" / "clients" / "venv" / "bin" / "hf"


def find(program, fallback):
    """`program` if it was given, else the usual place; None when nothing is there."""
    path = pathlib.Path(program) if program else fallback
    if path.is_file():
        return str(path)
    return shutil.which(path.name)


def write(path, data):
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
    os.write(descriptor, data)
    os.close(descriptor)


def tree_entry(path, blob, size):
    """One file of a listing, in the words of the client's own trees/<commit>.json."""
    return f'  "{path}": {{\n   "size": {size},\n   "blob_id": "{blob[:40]}",\n   "lfs_sha256": "{blob}",\n   "lfs_size": {size}\n  }}'


def make_links_cache(root, repos, links):
    """`repos` repositories, each with one snapshot of `links` links to right blobs of its own, and its listing."""
    for number in range(repos):
        folder = f"{root}/models--org{number % 97}--name{number}"
        commit = f"{number + 1:040x}"
        for name in ("blobs", "refs", "trees", f"snapshots/{commit}/sub"):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
        write(f"{folder}/refs/main", commit.encode())
        entries = []
        for index in range(links):
            data = f"{number} {index}".encode()
            blob = hashlib.sha256(data).hexdigest()
            write(f"{folder}/blobs/{blob}", data)
            inside, up = (f"sub/file-{index:05}.safetensors", "../../../") if index % 2 else (f"file-{index:05}.safetensors", "../../")
            os.symlink(f"{up}blobs/{blob}", f"{folder}/snapshots/{commit}/{inside}")
            entries.append(tree_entry(inside, blob, len(data)))
        write(f"{folder}/trees/{commit}.json", ('{\n "format_version": 1,\n "files": {\n' + ",\n".join(sorted(entries)) + "\n }\n}").encode())


def make_bytes_cache(root, files, size):
    """One repository with `files` blobs of `size` random bytes under their sha256; returns the blobs' paths."""
    folder = f"{root}/models--{REPO.replace('/', '--')}"
    for name in ("blobs", "refs", f"snapshots/{COMMIT}"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
    write(f"{folder}/refs/main", COMMIT.encode())
    paths = []
    for index in range(files):
        data = os.urandom(1 << 20) * max(1, size >> 20) if size >= 1 << 20 else os.urandom(size)
        blob = hashlib.sha256(data).hexdigest()
        write(f"{folder}/blobs/{blob}", b"")
        with open(f"{folder}/blobs/{blob}", "wb") as out:
            out.write(data)
        os.symlink(f"../../blobs/{blob}", f"{folder}/snapshots/{COMMIT}/file-{index}.bin")
        paths.append(f"{folder}/blobs/{blob}")
    return paths


@contextlib.contextmanager
def listing_hub(paths):
    """The endpoint of a Hub that has one answer: the listing of make_bytes_cache's files, which `hf cache verify` asks for."""
    entries = [{"type": "file", "path": f"file-{index}.bin", "size": os.path.getsize(path), "oid": "0" * 40,
                "lfs": {"oid": os.path.basename(path), "size": os.path.getsize(path), "pointerSize": 134}} for index, path in enumerate(paths)]
    body = json.dumps(entries).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            is_listing = "/tree/" in self.path
            self.send_response(200 if is_listing else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) if is_listing else 2))
            self.end_headers()
            self.wfile.write(body if is_listing else b"{}")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def measure(command, cache, runs, endpoint=None):
    """Median wall and CPU seconds and the largest resident set (MB) of `runs` warm runs after one that is not counted.
    Without `endpoint` the command may ask nobody."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.path.dirname(cache), "HF_HUB_CACHE": cache,
                   "HF_HUB_DISABLE_PROGRESS_BARS": "1", **({"HF_ENDPOINT": endpoint} if endpoint else {"HF_HUB_OFFLINE": "1"})}
    if not COUNTER.is_file():
        raise SystemExit("build first: cmake --preset release -DLARDER_BUILD_BENCH=ON && cmake --build --preset release")
    walls, cpus, peaks = [], [], []
    for number in range(runs + 1):
        with tempfile.NamedTemporaryFile("r") as used:  # by a small program: our own memory would count as the child's
            subprocess.run([COUNTER, used.name, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            wall, cpu, peak, status = used.read().split()
        if status != "0":
            raise SystemExit(f"{' '.join(command)}: ended with status {status}")
        if number > 0:
            walls.append(float(wall))
            cpus.append(float(cpu))
            peaks.append(int(peak) / 1024)
    return statistics.median(walls), statistics.median(cpus), max(peaks)
