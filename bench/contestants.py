"""Who runs in bench/run, and how each is asked for one repository: larder, its peers, the floors."""
import dataclasses
import os
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "release"
PEERS = ROOT / "build" / "bench"
BIG = ("half-gib", "one-gib", "one-big", "llm")  # scenarios of a few large files

WHERE_FROM = {
    "hf": "bench/peers/setup",
    "hf-hub (Rust)": "bench/peers/setup (needs cargo)",
    "hfdownloader": "github.com/bodaay/HuggingFaceModelDownloader, on the PATH",
    "aria2c": "apt-get install aria2",
    "rclone": "apt-get install rclone",
    "curl": "apt-get install curl",
}


@dataclasses.dataclass
class Contestant:
    """One command of a run; `more` is added to the environment."""
    command: list
    more: dict = dataclasses.field(default_factory=dict)


def hf_program():
    for place in (PEERS / "venv", ROOT / "build" / "clients" / "venv"):
        if (place / "bin" / "hf").exists():
            return place / "bin" / "hf"
    return None


def environment(run):
    """A clean one: nothing of the user's settings, everything below the scratch folder."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "LARDER_"))}
    env.update(HF_ENDPOINT=run.server.endpoint, HF_HOME=str(run.scratch / "home"), HF_HUB_CACHE=str(run.scratch / "cache"), HOME=str(run.scratch),
               HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_UPDATE_CHECK="1", NO_PROXY="127.0.0.1,127.0.0.2")
    if run.server.ca:
        env.update(SSL_CERT_FILE=str(run.server.ca), CURL_CA_BUNDLE=str(run.server.ca), REQUESTS_CA_BUNDLE=str(run.server.ca))
    return env


def aria2_list(run, checksum):
    """aria2c's input: URL, folder and name (and digest) of every file."""
    lines = []
    for url, entry in run.urls():
        lines += [url, f"  dir={run.scratch}/out", f"  out={entry['path']}"]
        if checksum and "lfs" in entry:
            lines.append(f"  checksum=sha-256={entry['lfs']['oid']}")
    path = run.scratch / ("aria2-sum.list" if checksum else "aria2.list")
    path.write_text("\n".join(lines) + "\n")
    return path


def curl_config(run):
    path = run.scratch / "curl.conf"
    path.write_text("".join(f'url = "{url}"\noutput = "{run.scratch}/out/{e["path"]}"\n' for url, e in run.urls()))
    return path


def rclone_files(run):
    path = run.scratch / "rclone.list"
    path.write_text("".join(e["path"] + "\n" for _, e in run.urls()))
    return path


def and_sums(run, command):
    """The command, then sha256sum over what it wrote: what a peer must do to be as sure as larder. BLOB…: no names of the cache are counted twice."""
    shown = " ".join(f"'{part}'" for part in command)
    return ["sh", "-ec", f"{shown}; find '{run.scratch}/out' '{run.scratch}/cache' -type f -size +1M -exec sha256sum {{}} + >/dev/null"]


def contestants(run):
    """Name → Contestant; None where the program is not here."""
    have = shutil.which
    larder, hf, rust = BUILD / "larder", hf_program(), PEERS / "pull-with-hf-hub"
    is_big = run.scenario in BIG
    pull = [larder, "pull", run.reference, "--progress", "none", *run.options.larder_flags]
    found = {"larder": Contestant(pull), "larder --no-fsync": Contestant([*pull, "--no-fsync"])}
    hf_args = ["download", run.id, "--type", run.repo["type"]]
    found["hf (no xet)"] = Contestant([hf, *hf_args], {"HF_HUB_DISABLE_XET": "1"}) if hf else None
    found["hf"] = Contestant([hf, *hf_args]) if hf else None
    rust_command = [rust, run.id, run.repo["type"]]
    found["hf-hub (Rust)"] = Contestant(rust_command) if rust.exists() else None
    if is_big and rust.exists():
        found["hf-hub (Rust) + sha256sum"] = Contestant(and_sums(run, rust_command))
    found["hfdownloader"] = Contestant([have("hfdownloader"), "download", run.id, "--endpoint", run.server.endpoint]) if have("hfdownloader") else None
    tls = [f"--ca-certificate={run.server.ca}"] if run.server.ca else []
    aria2 = [have("aria2c"), "-q", "-x16", "-s16", "-j16", *tls, "-i"]
    found["aria2c"] = Contestant([*aria2, aria2_list(run, False)]) if have("aria2c") else None
    if have("aria2c") and is_big:
        found["aria2c --checksum"] = Contestant([*aria2, aria2_list(run, True)])
    found["curl"] = Contestant([have("curl"), "-sfL", "--create-dirs", "--parallel", "--parallel-max", "16", "-K", curl_config(run)]) if have("curl") else None
    if not is_big:
        return found  # rclone's http remote lists folders by HTML pages: one HEAD a file is all it can do here
    found["rclone"] = None
    if have("rclone"):
        base = run.urls()[0][0].split("/resolve/")[0] + "/resolve/main"
        ca = ["--ca-cert", str(run.server.ca)] if run.server.ca else []
        copy = [have("rclone"), "copy", f":http,url=\"{base}\":", f"{run.scratch}/out", "--files-from", rclone_files(run), "--no-traverse",
                "--multi-thread-streams", "8", "--transfers", "4", *ca]
        found["rclone"] = Contestant(copy)
        found["rclone + sha256sum"] = Contestant(and_sums(run, copy))
    return found


def floors(run):
    """floor_write or small_floor (docs/performance.md)."""
    ca = [str(run.server.ca)] if run.server.ca else []
    if run.scenario not in BIG:
        listing = run.scratch / "oids"
        listing.write_text("".join(f"{e['oid']} {e['path']}\n" for e in run.facts["entries"] if "lfs" not in e))
        base = run.urls()[0][0].split("/resolve/")[0] + "/resolve/main"
        return {"small-floor": Contestant([BUILD / "bench/bench_small_floor", base, listing, run.scratch / "out", *ca])}
    script = [f"'{BUILD}/bench/bench_floor_write' '{url}' {entry['size']} '{run.scratch}/out/{number}' {' '.join(ca)}"
              for number, (url, entry) in enumerate(run.urls()) if "lfs" in entry]
    return {"floor_write": Contestant(["sh", "-ec", "\n".join(script)])}
