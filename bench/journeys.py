"""What is more than one command: going on after a kill, asking again, and only starting."""
import os
import signal
import subprocess
import time

from contestants import Contestant, contestants, environment, hf_program
from measuring import clear, in_turn, measure, summarise


def kill_in_the_middle(run, contestant, after):
    """Runs it for `after` seconds, then SIGKILL to its whole group."""
    clear(run.scratch)
    with open(run.scratch / "log", "wb") as log:
        child = subprocess.Popen([str(c) for c in contestant.command], env={**environment(run), **contestant.more}, stdout=log, stderr=log, cwd=run.scratch,
                                 start_new_session=True)
        time.sleep(after)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def settled(server):
    """What the server has sent, when its log stands still: it hears of a killed client a little later."""
    last = server.sent()
    while True:
        time.sleep(0.3)
        now = server.sent()
        if now == last:
            return now
        last = now


def resume(run, runs):
    """SIGKILL at half of the usual time, then the same command again: bytes sent beyond the size of the repository."""
    rows = {}
    pool = contestants(run)
    if pool.get("curl"):
        url, entry = next((u, e) for u, e in run.urls() if "lfs" in e)
        pool["curl"] = Contestant(["curl", "-sfL", "-C", "-", "-o", f"{run.scratch}/out/{entry['path']}", url])
    if pool.get("aria2c"):
        pool["aria2c"] = Contestant([*pool["aria2c"].command[:1], "-c", "--auto-save-interval=1", *pool["aria2c"].command[1:]])
    for name in ("larder", "hf (no xet)", "hf-hub (Rust)", "aria2c", "curl", "rclone"):
        contestant = pool.get(name)
        if not run.keeps(name) or not contestant:
            continue
        whole = measure(run, contestant)
        if "wall" not in whole:
            rows[name] = whole
            continue
        twice = []
        for _ in range(runs):
            _, before = settled(run.server)
            kill_in_the_middle(run, contestant, whole["wall"] / 2)
            _, at_kill = settled(run.server)
            again = measure(run, contestant, keep=True)
            _, after = settled(run.server)
            if "wall" not in again:
                continue
            twice.append({**again, "first": (at_kill - before) / 2**20, "twice": (after - before - run.lfs_bytes) / 2**20})
        rows[name] = {**summarise(twice), "whole": whole["wall"], "twice": max(t["twice"] for t in twice), "first": min(t["first"] for t in twice)} if twice else {"failed": -1}
    return rows


def warm(run, runs):
    """The same commit asked for again, when all is here."""
    rows = {}
    pool = contestants(run)
    for name in ("larder", "hf (no xet)", "hf-hub (Rust)"):
        contestant = pool.get(name)
        if not run.keeps(name) or not contestant:
            continue
        command = list(contestant.command)
        if name == "larder":
            command[2] = f"{run.reference}@{run.facts['sha']}"
        else:
            command += ["--revision", run.facts["sha"]] if name.startswith("hf (") else [run.facts["sha"]]
        pinned = Contestant(command, contestant.more)
        measure(run, pinned)
        measure(run, pinned, keep=True)
        before, _ = settled(run.server)
        rows[name] = summarise([measure(run, pinned, keep=True) for _ in range(runs)])
        after, _ = settled(run.server)
        rows[name]["requests"] = (after - before) / runs
    return rows


def start_up(run, runs):
    """`--version`, in turn."""
    pool = contestants(run)
    wanted = {"larder --version": Contestant([*pool["larder"].command[:1], "--version"])}
    if pool.get("curl"):
        wanted["curl --version"] = Contestant(["curl", "--version"])
    if pool.get("aria2c"):
        wanted["aria2c --version"] = Contestant(["aria2c", "--version"])
    if pool.get("rclone"):
        wanted["rclone version"] = Contestant(["rclone", "version"])
    if hf_program():
        wanted["hf version"] = Contestant([hf_program(), "version"])
    return in_turn(run, {k: v for k, v in wanted.items() if run.keeps(k.split(" ")[0])}, runs)
