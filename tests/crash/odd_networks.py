#!/usr/bin/env python3
"""Networks that are not what a program hopes for: each case one pull (or several), the right result, the right exit.

  odd_networks.py --larder BIN --hub BIN --shim SO [--only CASE]

Ids are those of the fault catalogue in docs/reliability.md.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time

import check_cache
import h2_stub
import odd_disks
import rig as rigs

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import hub as nginx_hub  # noqa: E402

EXIT_NETWORK = 5
MOST_OWN_TRIES = 6  # libcurl's of one request that a server refused to look at


def silent_socket(address, port):
    """Listens, and never answers a SYN: its queue is full. Returns what has to stay open."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.bind((address, port))
    listener.listen(0)
    waiting = [socket.socket(family) for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex((address, port))
    return [listener, *waiting]


def dead_address_first(bench):
    """N3: of two addresses of one name the first is dead: nobody listens there, or nobody answers. The second one serves."""
    port = int(bench.rig.endpoint.rsplit(":", 1)[1])
    for dead, is_silent in (("::1", True), ("::1", False), ("127.0.0.2", False)):
        shutil.rmtree(bench.cache, ignore_errors=True)
        try:
            held = silent_socket(dead, port) if is_silent else []
        except OSError:
            print("  dead_address_first: no IPv6 here, left out")
            continue
        begin = time.monotonic()
        result = bench.pull({"HF_ENDPOINT": f"http://hub.invalid:{port}", "HOST_ADDRESSES": f"{dead},127.0.0.1"})
        bench.expect_exit(result, 0)
        bench.expect(time.monotonic() - begin < 5, f"{dead} cost {time.monotonic() - begin:.1f} s")
        bench.expect_whole()
        for one in held:
            one.close()


def refuse(port, times):
    """Resets `times` connections to a port where nobody is any more."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        for _ in range(times):
            connection, _ = listener.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()


def network_away(bench):
    """N45: the network goes in the middle of a run. With tries left it is waited for, else the next run goes on from there."""
    port = bench.rig.endpoint.rsplit(":", 1)[1]
    log = bench.rig.scratch / "away"
    bench.expect_exit(bench.pull({"SHIM_LOG": log, "SHIM_ROOT": bench.cache}), 0)
    before_body = next(number for number, line in enumerate(log.read_text().splitlines(), 1) if "/partial/" in line)
    for retries, code in ((8, 0), (1, EXIT_NETWORK)):
        shutil.rmtree(bench.cache, ignore_errors=True)
        words = ["pull", rigs.REPO, "--retries", str(retries)]
        process = bench.rig.start(words, bench.cache, {"SHIM_ROOT": bench.cache, "STOP_AT": before_body})
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        bench.rig.stop_hub()
        process.send_signal(signal.SIGCONT)
        if code == 0:
            refuse(int(port), 2)
        else:
            bench.expect(process.wait(timeout=60) == code, f"exit {process.returncode} instead of {code}")
        bench.rig.start_hub("--port", port)
        if code == 0:
            bench.expect(process.wait(timeout=60) == code, f"exit {process.returncode} instead of {code}")
        else:
            bench.expect_sound()
            bench.expect_exit(bench.pull(), 0)
        bench.expect_whole()


def goaway(bench):
    """N38: a server that ends each HTTP/2 connection after three requests, with more of them under way."""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        return print("  goaway: no nginx here, left out")
    folder = tempfile.mkdtemp(prefix="larder-goaway-")
    before = nginx_hub.CONF
    nginx_hub.CONF = before.replace("keepalive_requests 1000000", "keepalive_requests 3")
    try:
        hub = nginx_hub.Hub(folder)
        files = [nginx_hub.small(f"data/{number:03d}.json") for number in range(120)] + [nginx_hub.weight("model.safetensors", 3 << 20)]
        hub.add({"type": "model", "id": "org/many", "files": files})
        hub.start(tls=True, http2=True, logged=True)
        try:
            trust = {"HF_ENDPOINT": hub.endpoint, "SSL_CERT_FILE": str(hub.dir / "ca.pem")}
            bench.expect_exit(bench.rig.run(["pull", "org/many"], bench.cache, trust), 0)
            bench.wrong += check_cache.Checker(bench.cache, complete=True).run()
            bench.expect(len(list((bench.cache / "models--org--many/blobs").iterdir())) == len(files), "not all files are here")
        finally:
            hub.stop()
    finally:
        nginx_hub.CONF = before
        shutil.rmtree(folder, ignore_errors=True)
    return None


H2_FILES = {f"data/f{number}.txt": random.Random(number).randbytes(size) for number, size in enumerate((300, 5000, 70_000, 5001, 5002, 5003))}


def pull_h2(bench, faults, *more):
    """One pull of the stub's files into a fresh cache; returns the stub, with its counts, and how it ended."""
    shutil.rmtree(bench.cache, ignore_errors=True)
    with h2_stub.Stub(H2_FILES, faults) as stub:
        trust = {"HF_ENDPOINT": stub.endpoint, "SSL_CERT_FILE": stub.ca}
        return stub, bench.rig.run(["pull", h2_stub.REPO, "--json", *more], bench.cache, trust)


def reset_streams(bench):
    """N38: HTTP/2 streams that are refused, reset before or within their answer, or end too early, while others go on beside them."""
    if not shutil.which("openssl"):
        return print("  reset_streams: no openssl here, left out")
    kinds, names = h2_stub.FAULTS, ["info", "tree", *H2_FILES]
    for turn in range(len(kinds)):
        faults = {name: kinds[(turn + at) % len(kinds)] for at, name in enumerate(names)}
        stub, result = pull_h2(bench, {name: [fault] for name, fault in faults.items()})
        what = f"turn {turn}"
        bench.expect(result.returncode == 0, f"{what}: exit {result.returncode}: {result.stderr.strip()[-300:]}")
        for name, fault in faults.items():
            tries = 1 if fault is h2_stub.Connection.reset_done else 2
            bench.expect(stub.requests[name] == tries, f"{what}: {name}, {fault.__name__}: asked for {stub.requests[name]} times")
        size = sum(len(body) for body in H2_FILES.values())
        fetched = json.loads(result.stdout)["bytes"]["fetched"] if result.returncode == 0 else size
        bench.expect(size <= fetched < 2 * size, f"{what}: {fetched} bytes fetched of {size}")
        bench.wrong += check_cache.Checker(bench.cache, complete=True).run()
    lasting = {name: [fault] * 1000 for name, fault in zip(H2_FILES, h2_stub.LASTING)}
    stub, result = pull_h2(bench, lasting, "--retries", "2")
    bench.expect_exit(result, EXIT_NETWORK)
    failed = {failure["path"] for failure in json.loads(result.stdout)["failures"]}
    bench.expect(failed == set(lasting), f"failed: {failed}")
    for name in lasting:
        bench.expect(stub.requests[name] <= 2 * MOST_OWN_TRIES, f"{name}: asked for {stub.requests[name]} times")
    bench.expect_sound()
    return None


CASES = (dead_address_first, network_away, goaway, reset_streams)

if __name__ == "__main__":
    sys.exit(odd_disks.main(CASES, __doc__, "odd networks"))
