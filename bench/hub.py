"""A Hub made of nginx, for measuring: the read API out of files, LFS bytes on a second "CDN" origin. Only loopback. Needs nginx and openssl.

    hub = Hub(folder); hub.add(workload("llm")); hub.start(tls=False, limit_rate="20m"); …; hub.stop()

start(path=LongPath(…)) puts bench/programs/relay.cpp in front; start(logged=True) counts requests and bytes sent.
"""
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

PAGE = 1000  # entries a page, as on the Hub
MIB = 1 << 20


def weight(path, size):
    return {"path": path, "size": size, "lfs": True}


@dataclasses.dataclass
class LongPath:
    """What lies between client and server: the round trip, and bytes a second of one connection and of the link."""
    relay: str  # the program
    round_trip_ms: float = 40
    connection: int = 20_000_000
    link: int = 125_000_000


def small(path, size=2048):
    return {"path": path, "size": size, "lfs": False}


def workload(name):
    """The workloads of docs/performance.md: a repository as {type, id, files}."""
    papers = [small(p, 300) for p in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "README.md", "vocab.json")]
    files = {
        "tiny": papers + [weight("model.safetensors", 3 * MIB)],
        "half-gib": papers + [weight("model.safetensors", 512 * MIB)],
        "one-gib": papers + [weight("model.safetensors", 1024 * MIB)],
        "one-big": papers + [weight("model.safetensors", 4096 * MIB)],
        "llm": papers + [weight(f"model-{i:05d}-of-00004.safetensors", 1024 * MIB) for i in range(1, 5)],
        "thousand": [small(f"data/{i:04d}.json") for i in range(1000)],
        "many-small": [small(f"data/{i % 100:03d}/{i:05d}.json") for i in range(20000)],
    }[name]
    return {"type": "dataset" if name == "many-small" else "model", "id": f"bench/{name}", "files": files}


def keystream(seed, size, path):
    """`size` bytes of the AES-CTR keystream of `seed`: made up, the same each time, incompressible."""
    key = hashlib.sha256(seed.encode()).hexdigest()[:32]
    with open(path, "wb") as out:
        maker = subprocess.Popen(["openssl", "enc", "-aes-128-ctr", "-K", key, "-iv", "0" * 32, "-nosalt", "-in", "/dev/zero"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        left = size
        while left:
            piece = maker.stdout.read(min(left, MIB))
            out.write(piece)
            left -= len(piece)
        maker.stdout.close()
        maker.kill()
        maker.wait()


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as source:
        while piece := source.read(MIB):
            digest.update(piece)
    return digest.hexdigest()


CONF = """
worker_processes 2; daemon on; user root; pid %(dir)s/nginx.pid; error_log %(dir)s/error.log warn;
events { worker_connections 4096; }
http {
  log_format sent '$status $body_bytes_sent $request_uri'; access_log %(log)s; sendfile on; tcp_nopush on; tcp_nodelay on; etag off; keepalive_requests 1000000; keepalive_timeout 120s;
  absolute_redirect off; server_tokens off; default_type application/octet-stream; open_file_cache max=8192 inactive=60s;
  client_body_temp_path %(dir)s/t1; proxy_temp_path %(dir)s/t2; fastcgi_temp_path %(dir)s/t3; uwsgi_temp_path %(dir)s/t4; scgi_temp_path %(dir)s/t5;
  map_hash_max_size 2097152; map_hash_bucket_size 512; ssl_session_cache shared:tls:4m; %(cert)s
  map $uri $lfs { default ""; include %(dir)s/lfs.map; }
  map $lfs $size { default ""; include %(dir)s/size.map; }
  map $uri $git { default ""; include %(dir)s/git.map; }
  map $uri $cached { default ""; include %(dir)s/cached.map; }
  map $uri $sha { default ""; include %(dir)s/sha.map; }
  map "$uri $arg_cursor" $page { default ""; include %(dir)s/page.map; }
  map "$uri $arg_cursor" $next { default ""; include %(dir)s/next.map; }
  map $next $link { "" ""; default '<%(base)s$next>; rel="next"'; }
  server {
    listen 127.0.0.1:%(port)d%(ssl)s; root %(dir)s;
    location /api/resolve-cache/ {
      set $commit $sha; set $oid $git;
      add_header ETag '"$oid"'; add_header X-Repo-Commit $commit; try_files /blobs/$oid =404;
    }
    # A map is looked up when it is first named: before the rewrite changes $uri.
    location /api/ { set $linked $link; if ($page = "") { return 404; } rewrite ^ /pages/$page last; }
    location /pages/ { internal; default_type application/json; add_header Link $linked; }
    location ~ /resolve/ {
      set $commit $sha;
      if ($lfs) { rewrite ^ /_lfs last; }
      if ($git = "") { return 404; }
      add_header X-Linked-Etag '"$git"' always; add_header X-Repo-Commit $sha always; add_header ETag '"$git"' always;
      return 307 $cached;
    }
    location = /_lfs {
      internal;
      add_header X-Linked-Etag '"$lfs"' always; add_header X-Linked-Size $size always; add_header X-Repo-Commit $commit always;
      add_header ETag '"$lfs"' always; add_header Accept-Ranges bytes always;
      return 302 %(cdn)s/blobs/$lfs?Expires=4102444800&Signature=bench;
    }
  }
  server { listen 127.0.0.2:%(cdn_port)d%(ssl)s; root %(dir)s; etag on; %(limit)s location /blobs/ { } }
}
"""


def free_port(host):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Hub:
    def __init__(self, folder):
        self.dir = pathlib.Path(folder).resolve()
        self.maps = {name: [] for name in ("lfs", "size", "git", "cached", "sha", "page", "next")}
        self.repos = {}
        self.relay = None
        for name in ("blobs", "pages"):
            (self.dir / name).mkdir(parents=True, exist_ok=True)

    def entry(self, repo, file):
        """Makes the bytes of one file (once) and its line of the tree listing."""
        seed = f"{repo['id']} {file['path']} {file['size']}"
        memo = self.dir / "memo" / hashlib.sha1(seed.encode()).hexdigest()
        if not file["lfs"]:
            data = (hashlib.sha256(seed.encode()).hexdigest().encode() * (file["size"] // 64 + 1))[:file["size"]]
            oid = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            blob = self.dir / "blobs" / oid
            if not blob.exists():
                blob.write_bytes(data)
            return {"type": "file", "oid": oid, "size": file["size"], "path": file["path"]}
        memo.parent.mkdir(exist_ok=True)
        if not memo.exists() or not (self.dir / "blobs" / memo.read_text()).exists():
            temp = self.dir / "temp"
            keystream(seed, file["size"], temp)
            oid = sha256_of(temp)
            temp.rename(self.dir / "blobs" / oid)
            memo.write_text(oid)
        oid = memo.read_text()
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {file['size']}\n".encode()
        git = hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()
        return {"type": "file", "oid": git, "size": file["size"], "path": file["path"], "lfs": {"oid": oid, "size": file["size"], "pointerSize": len(pointer)}}

    def add(self, repo):
        entries = sorted((self.entry(repo, file) for file in repo["files"]), key=lambda e: e["path"])
        sha = hashlib.sha1(json.dumps([repo["id"], entries]).encode()).hexdigest()
        kind, ident = repo["type"], repo["id"]
        api, web = f"/api/{kind}s/{ident}", ("" if kind == "model" else f"{kind}s/") + ident
        info = {"id": ident, "modelId": ident, "sha": sha, "private": False, "gated": False, "disabled": False, "tags": [], "downloads": 0, "likes": 0,
                "lastModified": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z", "siblings": [{"rfilename": e["path"]} for e in entries]}
        (self.dir / "pages" / f"{sha}.info").write_text(json.dumps(info))
        for route in (api, f"{api}/revision/main", f"{api}/revision/{sha}"):
            self.maps["page"].append((f"{route} ", f"{sha}.info"))
        for number in range(0, max(1, (len(entries) + PAGE - 1) // PAGE)):
            (self.dir / "pages" / f"{sha}.{number}").write_text(json.dumps(entries[number * PAGE:(number + 1) * PAGE]))
            for revision in (sha, "main"):
                cursor = number or ""
                self.maps["page"].append((f"{api}/tree/{revision} {cursor}", f"{sha}.{number}"))
                if (number + 1) * PAGE < len(entries):
                    self.maps["next"].append((f"{api}/tree/{revision} {cursor}", f"{api}/tree/{revision}?recursive=true&cursor={number + 1}"))
        for entry in entries:
            cached = f"/api/resolve-cache/{kind}s/{ident}/{sha}/{entry['path']}"
            for uri in (f"/{web}/resolve/{sha}/{entry['path']}", f"/{web}/resolve/main/{entry['path']}", cached):
                self.maps["sha"].append((uri, sha))
                if "lfs" in entry:
                    self.maps["lfs"].append((uri, entry["lfs"]["oid"]))
                else:
                    self.maps["git"].append((uri, entry["oid"]))
                    self.maps["cached"].append((uri, cached))
            if "lfs" in entry:
                self.maps["size"].append((entry["lfs"]["oid"], str(entry["size"])))
        self.repos[ident] = {"sha": sha, "entries": entries, "type": kind}
        return sha

    def start(self, tls=False, limit_rate=None, path=None, logged=False, http2=False):
        for name, rows in self.maps.items():
            (self.dir / f"{name}.map").write_text("".join(f'"{key}" "{value}";\n' for key, value in dict(rows).items()))
        scheme, cert = ("https", self.certificate()) if tls else ("http", "")
        doors = [("127.0.0.1", free_port("127.0.0.1")), ("127.0.0.2", free_port("127.0.0.2"))]
        shown = doors if path is None else [(host, free_port(host)) for host, _ in doors]
        self.endpoint, self.cdn = (f"{scheme}://{host}:{port}" for host, port in shown)
        self.log = self.dir / "access.log"
        self.log.unlink(missing_ok=True)
        conf = CONF % {"dir": self.dir, "port": doors[0][1], "cdn_port": doors[1][1], "base": self.endpoint, "cdn": self.cdn, "cert": cert,
                       "ssl": (" ssl" if tls else "") + (" http2" if tls and http2 else ""), "limit": f"limit_rate {limit_rate};" if limit_rate else "",
                       "log": f"{self.log} sent" if logged else "off"}
        (self.dir / "nginx.conf").write_text(conf)
        self.ca = self.dir / "ca.pem" if tls else None
        subprocess.run(["nginx", "-c", self.dir / "nginx.conf", "-p", self.dir], check=True)
        if path is not None:
            pairs = [f"{host}:{port}={host}:{behind}" for (host, port), (_, behind) in zip(shown, doors)]
            self.relay = subprocess.Popen([path.relay, str(path.round_trip_ms), str(path.connection), str(path.link), *pairs])
        for host, port in doors + shown:
            self.await_door(host, port)
        return self

    def await_door(self, host, port):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                socket.create_connection((host, port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise SystemExit("nginx did not start: " + (self.dir / "error.log").read_text())

    def sent(self):
        """Requests and body bytes of whole blobs and answers so far, by the server's log (start with logged=True); a request counts when it ends."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return len(lines), sum(int(line.split(" ", 2)[1]) for line in lines if "/blobs/" in line)

    def certificate(self):
        """An authority of our own and a server certificate below it: rustls takes no authority for a server."""
        if not (self.dir / "ca.pem").exists():
            self.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -keyout ca-key.pem -out ca.pem", "-subj", "/CN=larder bench CA")
            self.openssl("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem", "-subj", "/CN=larder bench")
            (self.dir / "names.txt").write_text("subjectAltName=IP:127.0.0.1,IP:127.0.0.2\n")
            self.openssl("x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 30 -extfile names.txt -out server.pem")
        return f"ssl_certificate {self.dir}/server.pem; ssl_certificate_key {self.dir}/key.pem;"

    def openssl(self, words, *more):
        subprocess.run(["openssl", *words.split(), *more], cwd=self.dir, check=True, capture_output=True)

    def cpu(self):
        """CPU seconds of all nginx processes so far."""
        master = int((self.dir / "nginx.pid").read_text())
        total = 0.0
        for pid in [master, *map(int, pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split())]:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def stop(self):
        if self.relay is not None:
            self.relay.kill()
            self.relay.wait()
            self.relay = None
        subprocess.run(["nginx", "-c", self.dir / "nginx.conf", "-p", self.dir, "-s", "stop"], check=False, capture_output=True)
        pid = self.dir / "nginx.pid"
        end = time.monotonic() + 10
        while pid.exists() and time.monotonic() < end:
            time.sleep(0.02)

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)
