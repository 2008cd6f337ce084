"""How a command is measured: wall, client CPU and peak memory of the child, CPU of the server meanwhile."""
import os
import shutil
import statistics
import subprocess

from contestants import BUILD, environment


def clear(scratch, names=("out", "cache", "home")):
    for name in names:
        shutil.rmtree(scratch / name, ignore_errors=True)
        (scratch / name).mkdir()
    os.sync()


def measure(run, contestant, keep=False):
    """Runs it once, on an empty place unless `keep`."""
    if not keep:
        clear(run.scratch)
    before = run.server.cpu()
    env = {**environment(run), **contestant.more}
    used = run_counted([str(c) for c in contestant.command], env, run.scratch)
    if used["status"] != 0:
        return {"failed": used["status"], "log": (run.scratch / "log").read_text(errors="replace")[-400:]}
    return {"wall": used["wall"], "cpu": used["cpu"], "rss": used["rss"], "server_cpu": run.server.cpu() - before}


def run_counted(command, env, scratch):
    """Through bench/programs/measure.cpp, so that our own memory does not count as the child's."""
    with open(scratch / "log", "wb") as log:
        subprocess.run([BUILD / "bench/bench_measure", scratch / "used", *command], env=env, stdout=log, stderr=log, cwd=scratch, check=True)
    wall, cpu, peak, status = (scratch / "used").read_text().split()
    return {"wall": float(wall), "cpu": float(cpu), "rss": int(peak) / 1024, "status": int(status)}


def summarise(samples):
    """Medians, with min and max of the wall time."""
    good = [s for s in samples if "wall" in s]
    if not good:
        return {"failed": samples[0].get("failed"), "log": samples[0].get("log")}
    row = {key: statistics.median(s[key] for s in good) for key in ("wall", "cpu", "rss", "server_cpu")}
    row.update(min=min(s["wall"] for s in good), max=max(s["wall"] for s in good), runs=len(good))
    return row


def in_turn(run, wanted, runs):
    """A B C A B C, so that the machine's moods hit everybody."""
    samples = {name: [] for name in wanted}
    for _ in range(runs):
        for name, contestant in wanted.items():
            samples[name].append(measure(run, contestant))
    return {name: summarise(s) for name, s in samples.items()}
