"""What the tests with real clients share: an embedded Hub, the larder program, scratch caches."""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LARDER_BUILD", ROOT / "build" / "dev"))
LARDER = pathlib.Path(os.environ.get("LARDER_BIN", BUILD / "larder"))
HUB = pathlib.Path(os.environ.get("LARDER_HUB", BUILD / "tests" / "embedded_hub" / "larder-hub"))
ENV = ROOT / "build" / "clients"
FIXTURES = ROOT / "tests" / "fixtures" / "hub"
DEMO = "larder/demo"
SKIP = 77  # CTest's SKIP_RETURN_CODE


def clean_env(**more):
    """The environment without anything that could reach another Hub, cache or token."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING", "LARDER_", "TRANSFORMERS_"))}
    env.pop("XDG_CACHE_HOME", None)
    env.update(HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_UPDATE_CHECK="1", NO_PROXY="127.0.0.1,localhost", **more)
    return env


def inventory(folder, leave_out=()):
    """What lies below `folder`: relative path → (mode, content or link text), folders by their mode alone. Names in `leave_out` are not entered."""
    found = {}
    for base, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in leave_out]
        for name in folders + files:
            path = pathlib.Path(base) / name
            facts = path.lstat()
            if stat.S_ISLNK(facts.st_mode):
                content = "-> " + os.readlink(path)
            else:
                content = "folder" if path.is_dir() else path.read_bytes()
            found[str(path.relative_to(folder))] = (stat.S_IMODE(facts.st_mode), content)
    return found


def wait_until(condition, what):
    """Waits for what another process is about to do; fails when it does not come."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.01)


class Hub:
    """`larder-hub serve …` as a child; `endpoint` is its URL. After the block `log` holds its request lines."""

    def __init__(self, *arguments):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="larder-hub-"))
        self.child = subprocess.Popen([HUB, "serve", *map(str, arguments), "--log", self.folder / "log"],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.endpoint = self.child.stdout.readline().strip()  # printed once it listens
        assert self.endpoint.startswith("http"), "larder-hub did not start"
        self.log = []

    def close(self):
        self.child.terminate()
        self.child.wait()
        self.child.stdout.close()
        if (self.folder / "log").exists():
            self.log = (self.folder / "log").read_text().splitlines()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def body_requests(self):
        """Request lines that asked for file bytes: "port method target status bytes range auth"."""
        lines = [line.split(" ") for line in self.log]
        return [line for line in lines if line[1] == "GET" and (line[0] == "cdn" or "/resolve" in line[2]) and int(line[4]) > 0]

    def fetched_names(self):
        """The last part of each URL that body_requests() has: file names, or digests for what came from the CDN; sorted."""
        return sorted({line[2].split("?")[0].rsplit("/", 1)[1] for line in self.body_requests()})


class ClientTest(unittest.TestCase):
    """A scratch folder, a cache in it, and runners."""

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="larder-test-"))
        self.addCleanup(shutil.rmtree, self.scratch, True)
        self.cache = self.scratch / "hub"

    def larder_env(self, endpoint=None, cache=None, env=None):
        full = clean_env(HF_HUB_CACHE=str(cache or self.cache), HOME=str(self.scratch), **(env or {}))
        if endpoint:
            full["HF_ENDPOINT"] = endpoint
        return full

    def larder(self, *arguments, endpoint=None, cache=None, check=True, env=None, umask=-1, user=None):
        done = subprocess.run([LARDER, *map(str, arguments)], env=self.larder_env(endpoint, cache, env), cwd=self.scratch, capture_output=True,
                              text=True, umask=umask, user=user)
        if check:
            self.assertEqual(done.returncode, 0, f"larder {arguments}: {done.stdout}\n{done.stderr}")
        return done

    def pull(self, *arguments, **options):
        return json.loads(self.larder("pull", *arguments, "--json", **options).stdout)

    def start_larder(self, *arguments, **options):
        """larder as a child that runs beside; `finish` waits for it, and the test ends it in any case."""
        return self.start([LARDER, *map(str, arguments)], self.larder_env(**options))

    def python_env(self, endpoint=None, cache=None, offline=False, **more):
        env = clean_env(HF_HUB_CACHE=str(cache or self.cache), HF_HOME=str(self.scratch / "home"), HOME=str(self.scratch),
                        HF_HUB_DISABLE_PROGRESS_BARS="1", **{"HF_HUB_DISABLE_XET": "1", **more})
        if endpoint:
            env["HF_ENDPOINT"] = endpoint
        if offline:
            env["HF_HUB_OFFLINE"] = "1"
            env["HF_ENDPOINT"] = "http://127.0.0.1:9"  # nobody listens: a request would fail
        return env

    def python(self, code, check=True, umask=-1, stdin=None, **options):
        """Runs `code` in the clients' Python with the cache set; returns its standard output. `stdin`: text. Options: those of python_env."""
        done = subprocess.run([ENV / "venv" / "bin" / "python", "-c", code], env=self.python_env(**options), cwd=self.scratch, capture_output=True,
                              text=True, umask=umask, input=stdin)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.strip()

    def hf(self, *arguments, check=True, **options):
        """The `hf` program with the cache set."""
        done = subprocess.run([ENV / "venv" / "bin" / "hf", *map(str, arguments)], env=self.python_env(**options), cwd=self.scratch,
                              capture_output=True, text=True)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def start_python(self, code, **options):
        return self.start([ENV / "venv" / "bin" / "python", "-c", code], self.python_env(**options))

    def start(self, command, env):
        child = subprocess.Popen(command, env=env, cwd=self.scratch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(lambda: (child.kill(), child.wait(), child.stdout.close()))
        return child

    def finish(self, child):
        """The output of a child that must end well."""
        out = child.communicate(timeout=120)[0]
        self.assertEqual(child.returncode, 0, out)
        return out

    def node(self, code, check=True, **more):
        script = ENV / "node" / f"test-{os.getpid()}.mjs"
        script.write_text(code)
        self.addCleanup(script.unlink, True)
        env = clean_env(HF_HUB_CACHE=str(self.cache), HOME=str(self.scratch), **more)
        done = subprocess.run(["node", script], env=env, cwd=self.scratch, capture_output=True, text=True)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.strip()

    def scan_warnings(self, cache=None):
        """Warnings of the real scan_cache_dir(), one a line."""
        return self.python("from huggingface_hub import scan_cache_dir\n"
                           f"print('\\n'.join(str(w) for w in scan_cache_dir({str(cache or self.cache)!r}).warnings))")

    def assert_scan_clean(self, cache=None):
        self.assertEqual(self.scan_warnings(cache), "")


def package_folder(name):
    """Folder of an installed package of the clients' environment."""
    found = list((ENV / "venv" / "lib").glob(f"python*/site-packages/{name}"))
    return found[0] if found else None


def main(needs_node=False, needs_clients=True):
    if needs_clients and not (ENV / "venv" / "bin" / "python").exists():
        print("skipped: no environment of real clients (tests/clients/make-env)")
        sys.exit(SKIP)
    if needs_node and not (ENV / "node" / "node_modules" / "@huggingface" / "hub").exists():
        print("skipped: no node packages (tests/clients/make-env needs npm)")
        sys.exit(SKIP)
    unittest.main(verbosity=2)
