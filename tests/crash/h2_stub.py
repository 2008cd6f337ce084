"""A Hub that speaks HTTP/2 frame by frame, so that a stream can be reset at any of them. Only loopback. Needs openssl.

    with Stub(files, faults={"a.txt": [refused, reset_early]}) as stub: … stub.endpoint, stub.ca …

Each fault strikes once, in turn, at the path it is given for: a file, "info" or "tree".
"""
import collections
import hashlib
import json
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading

REPO, COMMIT = "org/h2", "5" * 40
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM = ACK = 1
END_HEADERS = 4
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL = 0, 2, 7, 8
FRAME = 16384  # the longest one that every peer takes
# HPACK's Huffman code is canonical: its symbols of 5, 6, 7 and 8 bits, in order, are all that a path of ours needs.
CODE = ((5, "012aceiost"), (6, " %-./3456789=A_bdfghlmnpru"), (7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"), (8, "&*,;XZ"))


def huffman(data):
    """The text as far as CODE knows its symbols: up to a "?" in a path."""
    symbols, code = {}, 0
    for bits, letters in CODE:
        for letter in letters:
            symbols[bits, code] = letter
            code += 1
        code <<= 1
    text, code, bits = "", 0, 0
    for bit in (byte >> shift & 1 for byte in data for shift in range(7, -1, -1)):
        code, bits = code << 1 | bit, bits + 1
        if (bits, code) in symbols:
            text, code, bits = text + symbols[bits, code], 0, 0
    return text


def path_of(block):
    """Of a request's header block: `:path` is a literal that is never indexed, and before it come only entries of the static table."""
    at = block.index(0x04)
    length = block[at + 1]
    value = block[at + 2:at + 2 + (length & 0x7F)]
    return huffman(value) if length & 0x80 else value.decode()


def literal(name, value):
    """A header field that no table keeps."""
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class Connection:
    """One client's connection: answers each stream as it comes. Methods that end in a reset are the faults."""

    def __init__(self, stub, raw):
        self.stub, self.raw, self.source = stub, raw, raw.makefile("rb")

    def send(self, kind, flags, stream, payload=b""):
        self.raw.sendall(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    def serve(self):
        if self.source.read(len(PREFACE)) != PREFACE:
            return
        self.send(SETTINGS, 0, 0)
        while len(head := self.source.read(9)) == 9:
            length, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
            payload = self.source.read(length)
            if kind == SETTINGS and not flags & ACK:
                self.send(SETTINGS, ACK, 0)
            elif kind == PING and not flags & ACK:
                self.send(PING, ACK, 0, payload)
            elif kind == GOAWAY:
                return
            elif kind == HEADERS:
                self.answer(stream, path_of(payload))

    def answer(self, stream, path):
        headers, body, name = self.stub.page(path)
        fault = self.stub.next_fault(name)
        (fault or Connection.whole)(self, stream, headers, body)

    def head(self, stream, headers, flags=END_HEADERS):
        self.send(HEADERS, flags, stream, b"\x88" + b"".join(literal(*field) for field in headers.items()))  # :status 200

    def reset(self, stream, code):
        self.send(RST_STREAM, 0, stream, struct.pack(">I", code))

    def whole(self, stream, headers, body):
        self.head(stream, headers)
        for at in range(0, len(body), FRAME):
            self.send(DATA, END_STREAM if at + FRAME >= len(body) else 0, stream, body[at:at + FRAME])

    def refused(self, stream, _headers, _body):
        """REFUSED_STREAM: nothing was done with the request."""
        self.reset(stream, REFUSED_STREAM)

    def reset_early(self, stream, _headers, _body):
        """Before any header of the answer."""
        self.reset(stream, INTERNAL_ERROR)

    def reset_after_head(self, stream, headers, _body):
        self.head(stream, headers)
        self.reset(stream, CANCEL)

    def reset_amid(self, stream, headers, body):
        self.head(stream, headers)
        self.send(DATA, 0, stream, body[:len(body) // 2][:FRAME])
        self.reset(stream, INTERNAL_ERROR)

    def ended_amid(self, stream, headers, body):
        """The stream ends well, but half of the body is missing."""
        self.head(stream, headers)
        self.send(DATA, END_STREAM, stream, body[:len(body) // 2][:FRAME])

    def reset_done(self, stream, headers, body):
        """All is sent, then the server says that it wants no more of the request: no fault."""
        self.whole(stream, headers, body)
        self.reset(stream, NO_ERROR)


LASTING = (Connection.refused, Connection.reset_early, Connection.reset_after_head, Connection.reset_amid, Connection.ended_amid)
FAULTS = (*LASTING, Connection.reset_done)


class Stub:
    """Serves `files` ({path: bytes}) as one repository."""

    def __init__(self, files, faults=None):
        self.files, self.faults = files, {name: list(many) for name, many in (faults or {}).items()}
        self.requests, self.lock = collections.Counter(), threading.Lock()
        self.connections = 0

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="larder-h2-"))
        self.ca = self.folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-keyout", "key.pem",
                        "-out", self.ca, "-subj", "/CN=larder h2", "-addext", "subjectAltName=IP:127.0.0.1"], cwd=self.folder, check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.ca, self.folder / "key.pem")
        self.context.set_alpn_protocols(["h2"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=(plain,), daemon=True).start()

    def talk(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as raw:
                Connection(self, raw).serve()
        except OSError:
            pass  # the client went

    def next_fault(self, name):
        with self.lock:
            self.requests[name] += 1
            left = self.faults.get(name)
            return left.pop(0) if left else None

    def page(self, path):
        """(headers, body, name for the faults) of the answer to `path`, which may lack its query."""
        if "/tree/" in path:
            return *self.json([{"type": "file", "path": name, "size": len(body), "oid": git_sha1(body)} for name, body in self.files.items()]), "tree"
        if path.startswith("/api/"):
            return *self.json({"id": REPO, "sha": COMMIT, "siblings": []}), "info"
        name = path.split(f"/resolve/{COMMIT}/")[1]
        body = self.files[name]
        return {"content-length": str(len(body)), "etag": f'"{git_sha1(body)}"', "x-repo-commit": COMMIT}, body, name

    @staticmethod
    def json(value):
        body = json.dumps(value).encode()
        return {"content-type": "application/json", "content-length": str(len(body))}, body


def git_sha1(body):
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
