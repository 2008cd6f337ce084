"""`larder doctor` against the troubles it is there for: a proxy that opens TLS, a clock that is off, names without address, tokens of every kind."""
import contextlib
import email.utils
import http.server
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))
import harness  # noqa: E402
from harness import ClientTest  # noqa: E402

TOKEN = "hf_DoctorCanaryToken0123456789abcdef"
NO_ADDRESS = "hub.invalid"  # RFC 6761: never has one


class Peer:
    """An HTTP server on a free port: a Hub that only answers whoami, or (with `opens`) a proxy that opens TLS and answers in the Hub's place."""

    def __init__(self, identity=None, opens=None, status=401, headers=None, document=None, refuses=None,
                 kind="application/json"):
        peer = self
        self.asked = []  # (method, target, token)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def version_string(self):
                return "peer"

            def date_time_string(self, timestamp=None):
                return (headers or {}).get("Date") or super().date_time_string(timestamp)

            def do_CONNECT(self):
                peer.asked.append(("CONNECT", self.path, self.headers.get("proxy-authorization")))
                if refuses:
                    self.send_response(refuses)
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with contextlib.suppress(OSError):  # who does not trust us goes away
                    opened = opens.wrap_socket(self.connection, server_side=True)
                    self.rfile, self.wfile = opened.makefile("rb"), opened.makefile("wb", buffering=0)
                    self.handle_one_request()
                    opened.close()
                self.close_connection = True

            def do_GET(self):
                peer.asked.append(("GET", self.path, self.headers.get("authorization")))
                body = json.dumps(document if document is not None else {"error": "Invalid username or password."}).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for name, value in (headers or {}).items():
                    if name != "Date":
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if identity:
            self.server.socket = identity.wrap_socket(self.server.socket, server_side=True)
        self.place = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Authority:
    """A certificate authority of its own, made by openssl, and identities that it signs."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.file = self.folder / "ca.pem"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/O=Acme/CN={name}",
                     "-keyout", "ca.key", "-out", "ca.pem")

    def openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def identity(self, names):
        """A server's TLS context with a certificate for `names` ("DNS:…", "IP:…")."""
        (self.folder / "names").write_text(f"subjectAltName={','.join(names)}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=leaf", "-keyout", "leaf.key", "-out",
                     "leaf.csr")
        self.openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names",
                     "-out", "leaf.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "leaf.pem", self.folder / "leaf.key")
        return context


class DoctorTest(ClientTest):
    maxDiff = None

    def doctor(self, area, code, endpoint, env=None, **options):
        """The checks of one area by name; every line that is not good has a remedy, and no output shows a secret."""
        done = self.larder("doctor", area, "--json", check=False, endpoint=endpoint, env=env, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for secret in (TOKEN, "PassCanary"):
            self.assertNotIn(secret, done.stdout + done.stderr)
        checks = json.loads(done.stdout)["checks"]
        for check in checks:
            self.assertEqual(set(check), {"area", "name", "status", "detail", "remedy"})
            self.assertEqual(check["area"], area)
            if check["status"] in ("warn", "fail"):
                self.assertNotEqual(check["remedy"], "", check)
            if check["status"] == "ok":
                self.assertEqual(check["remedy"], "", check)
        return {check["name"]: check for check in checks}

    def assert_statuses(self, checks, **expected):
        names = ("dns", "connect", "proxy", "tls", "clock", "endpoint", "rate-limit")
        self.assertEqual({name: checks[name]["status"] for name in names}, {name.replace("_", "-"): status for name, status in expected.items()})

    def assert_text(self, check, *parts):
        for part in parts:
            self.assertIn(part, f"{check['detail']}; {check['remedy']}")


class Net(DoctorTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.scratch / "authority", "Acme Web Gateway CA")
        self.identity = self.authority.identity([f"DNS:{NO_ADDRESS}", "IP:127.0.0.1"])

    def test_a_proxy_that_opens_tls(self):
        with Peer(opens=self.identity) as proxy:
            env = {"https_proxy": f"http://me:PassCanary@{proxy.place}"}
            shut = self.doctor("net", 5, f"https://{NO_ADDRESS}", env)
            self.assert_statuses(shut, dns="skip", connect="ok", proxy="ok", tls="fail", clock="skip", endpoint="skip", rate_limit="skip")
            self.assert_text(shut["tls"], "issued by 'Acme Web Gateway CA'", "SSL_CERT_FILE", "update-ca-certificates")
            self.assert_text(shut["proxy"], f"http://{proxy.place}")
            opened = self.doctor("net", 0, f"https://{NO_ADDRESS}", {**env, "SSL_CERT_FILE": str(self.authority.file)})  # the remedy
            self.assert_statuses(opened, dns="skip", connect="ok", proxy="ok", tls="ok", clock="ok", endpoint="ok", rate_limit="skip")
            self.assert_text(opened["tls"], str(self.authority.file))
            text = self.larder("doctor", "net", endpoint=f"https://{NO_ADDRESS}", env=env, check=False)
        self.assertEqual({asked[1] for asked in proxy.asked if asked[0] == "CONNECT"}, {f"{NO_ADDRESS}:443"})
        self.assertEqual(len(text.stdout.splitlines()), 7)  # one line a check
        self.assertEqual(text.returncode, 5)

    def test_an_issuer_with_a_name_meant_for_a_terminal(self):
        hostile = Authority(self.scratch / "hostile", "Evil\x1b[2JCA").identity(["IP:127.0.0.1"])
        with Peer(identity=hostile) as hub:
            tls = self.doctor("net", 5, f"https://{hub.place}")["tls"]
        self.assert_text(tls, "Evil")
        self.assertNotIn("\x1b", tls["detail"])

    def test_proxies_by_every_variable(self):
        with Peer() as proxy:
            address = f"http://{proxy.place}"
            for scheme, variables in (("http", ("http_proxy", "all_proxy", "ALL_PROXY")), ("https", ("https_proxy", "HTTPS_PROXY", "all_proxy"))):
                for variable in variables:
                    with self.subTest(scheme=scheme, variable=variable):
                        told = self.doctor("net", 0 if scheme == "http" else 5, f"{scheme}://{NO_ADDRESS}", {variable: address})
                        self.assert_text(told["proxy"], address)
            around = self.doctor("net", 0, address, {"all_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"})
            self.assert_statuses(around, dns="ok", connect="ok", proxy="skip", tls="skip", clock="ok", endpoint="ok", rate_limit="skip")

    def test_proxies_that_do_not_help(self):
        for address, words in (("http://127.0.0.1:9", ("connect", "all_proxy")), (f"http://{NO_ADDRESS}:3128", ("resolve", "all_proxy"))):
            with self.subTest(address):
                told = self.doctor("net", 5, "https://huggingface.co", {"https_proxy": address})
                self.assert_statuses(told, dns="skip", connect="skip", proxy="fail", tls="skip", clock="skip", endpoint="skip", rate_limit="skip")
                self.assert_text(told["proxy"], address, *words)
        for status, words in ((407, ("407", "NAME:PASSWORD")), (403, ("403", "who runs it")), (502, ("502", "no_proxy"))):
            with self.subTest(status=status), Peer(refuses=status) as proxy:
                told = self.doctor("net", 5, f"https://{NO_ADDRESS}", {"https_proxy": f"http://me:PassCanary@{proxy.place}"})
                self.assert_text(told["proxy"], *words)
        with Peer(status=407) as proxy:  # of plain http the proxy itself is asked
            told = self.doctor("net", 5, f"http://{NO_ADDRESS}", {"http_proxy": f"http://{proxy.place}"})
            self.assert_text(told["proxy"], "407", "NAME:PASSWORD")

    def test_a_clock_that_is_off(self):
        for hours, words in ((-5, "ahead of"), (7, "behind")):
            date = email.utils.formatdate(time.time() + hours * 3600 + 60, usegmt=True)
            with self.subTest(hours), Peer(headers={"Date": date}) as hub:
                told = self.doctor("net", 0, f"http://{hub.place}")  # a warning is no failure
                self.assertEqual(told["clock"]["status"], "warn")
                self.assert_text(told["clock"], words, " h ", "timedatectl")

    def test_a_name_without_address_and_a_port_where_nobody_listens(self):
        unknown = self.doctor("net", 5, f"https://{NO_ADDRESS}")
        self.assert_statuses(unknown, dns="fail", connect="skip", proxy="skip", tls="skip", clock="skip", endpoint="skip", rate_limit="skip")
        self.assert_text(unknown["dns"], NO_ADDRESS, "HF_ENDPOINT", "resolv.conf")
        nobody = self.doctor("net", 5, "http://127.0.0.1:9")
        self.assert_statuses(nobody, dns="ok", connect="fail", proxy="skip", tls="skip", clock="skip", endpoint="skip", rate_limit="skip")
        self.assert_text(nobody["connect"], "127.0.0.1", "9")

    def test_no_tls_where_it_is_expected_and_certificates_that_are_not_there(self):
        with Peer() as hub:
            self.assert_text(self.doctor("net", 5, f"https://{hub.place}")["tls"], "http://")
        with Peer(identity=self.identity) as hub:
            missing = self.doctor("net", 5, f"https://{hub.place}", {"SSL_CERT_FILE": str(self.scratch / "none.pem")})
            self.assert_text(missing["tls"], "none.pem", "SSL_CERT_FILE")
        other = Authority(self.scratch / "other", "Acme").identity(["DNS:elsewhere.example"])
        with Peer(identity=other) as hub:
            told = self.doctor("net", 5, f"https://{hub.place}", {"SSL_CERT_FILE": str(self.scratch / "other" / "ca.pem")})
            self.assert_text(told["tls"], "another name")

    def test_tiers_of_the_rate_limit(self):
        policy = '"fixed window";"api";q=500;w=300'
        for left, status in ((499, "ok"), (0, "warn")):
            with self.subTest(left), Peer(headers={"RateLimit": f'"api";r={left};t=55', "RateLimit-Policy": policy}) as hub:
                bare = self.doctor("net", 0, f"http://{hub.place}")["rate-limit"]
                self.assertEqual(bare["status"], status)
                self.assert_text(bare, f"{left} requests left of 500 in 300 s", "without token")
                mine = self.doctor("net", 0, f"http://{hub.place}", {"HF_TOKEN": TOKEN})["rate-limit"]
                self.assert_text(mine, "with this token")
        with Peer(status=429, headers={"Retry-After": "33"}) as hub:
            over = self.doctor("net", 5, f"http://{hub.place}")
            self.assert_statuses(over, dns="ok", connect="ok", proxy="skip", tls="skip", clock="skip", endpoint="ok", rate_limit="fail")
            self.assert_text(over["rate-limit"], "33 s", "log in")
        self.assertEqual(len(hub.asked), 1)  # who looks does not make it worse

    def test_a_login_page_and_a_hub_that_is_down(self):
        login = Peer(kind="text/html")
        with login, Peer(status=302, headers={"Location": f"http://{login.place}/portal"}) as hub:  # as a hotel's network does it
            for place in (login.place, hub.place):
                told = self.doctor("net", 0, f"http://{place}")
                self.assertEqual(told["endpoint"]["status"], "warn")
                self.assert_text(told["endpoint"], "web page", "login page")
        with Peer(status=503) as hub:
            down = self.doctor("net", 5, f"http://{hub.place}")
            self.assert_statuses(down, dns="ok", connect="ok", proxy="skip", tls="skip", clock="skip", endpoint="fail", rate_limit="skip")
        self.assertEqual(len(hub.asked), 1)


class Auth(DoctorTest):
    def hub(self, **more):
        return Peer(status=200, document={"name": "alice", "type": "user", "auth": {"accessToken": {"displayName": "ci", **more}}} if more else
                    {"name": "alice", "type": "user"})

    def test_rights(self):
        for more, status, words in (({"role": "read"}, "ok", "alice (read)"), ({"role": "write"}, "ok", "alice (write)"), ({}, "ok", "alice"),
                                    ({"role": "fineGrained", "fineGrained": {"canReadGatedRepos": True}}, "ok", "alice (fineGrained)"),
                                    ({"role": "fineGrained", "fineGrained": {"canReadGatedRepos": False}}, "warn", "not for gated repositories")):
            with self.subTest(more), self.hub(**more) as hub:
                told = self.doctor("auth", 0, f"http://{hub.place}", {"HF_TOKEN": TOKEN})
                self.assertEqual(told["token-source"]["detail"], "HF_TOKEN")
                self.assertEqual(told["whoami"]["status"], status)
                self.assert_text(told["whoami"], words)
                if status == "warn":
                    self.assert_text(told["whoami"], "/settings/tokens")

    def test_sources_and_modes(self):
        home = self.scratch / "hf"
        home.mkdir()
        (home / "token").write_text(TOKEN)
        os.chmod(home / "token", 0o644)
        with self.hub(role="read") as hub:
            told = self.doctor("auth", 0, f"http://{hub.place}", {"HF_HOME": str(home)})
            self.assertEqual(told["token-file"]["status"], "warn")
            self.assert_text(told["token-file"], f"chmod 600 {home}/token")
            os.chmod(home / "token", 0o600)  # the remedy
            told = self.doctor("auth", 0, f"http://{hub.place}", {"HF_HOME": str(home)})
            self.assertEqual({name: check["status"] for name, check in told.items()}, {"token-source": "ok", "token-file": "ok", "whoami": "ok"})
            self.assert_text(told["token-source"], str(home / "token"))
            (home / "token").unlink()
            (home / "token").mkdir()
            told = self.doctor("auth", 4, f"http://{hub.place}", {"HF_HOME": str(home)})
            self.assertEqual(told["token-source"]["status"], "fail")
            self.assert_text(told["token-source"], f"{home}/token: is a folder", "larder auth login")
            named = self.doctor("auth", 4, f"http://{hub.place}", {"LARDER_TOKEN_FILE": str(self.scratch / "none")})
            self.assertEqual(named["token-source"]["status"], "fail")
            self.assert_text(named["token-source"], str(self.scratch / "none"))

    def test_none_wrong_expired_and_a_hub_that_is_away(self):
        with Peer() as hub:  # says 401
            none = self.doctor("auth", 0, f"http://{hub.place}")
            self.assertEqual({name: check["status"] for name, check in none.items()}, {"token-source": "skip", "token-file": "skip", "whoami": "skip"})
            self.assert_text(none["token-source"], "larder auth login")
            refused = self.doctor("auth", 4, f"http://{hub.place}", {"HF_TOKEN": TOKEN})
            self.assert_text(refused["whoami"], "HF_TOKEN", "not valid", "larder auth login")
            wrong = self.doctor("auth", 4, f"http://{hub.place}", {"HF_TOKEN": "hf_abc\tdef"})
            self.assert_text(wrong["token-source"], "HF_TOKEN", "paste")
            job = self.doctor("auth", 4, f"http://{hub.place}", {"HF_OIDC_RESOURCE": "org/m"})
            self.assert_text(job["token-source"], "HF_OIDC_ID_TOKEN")
        home = self.scratch / "hf"
        home.mkdir()
        (home / "token").write_text(TOKEN)
        (home / "stored_tokens").write_text(f"[oauth-alice]\nhf_token = {TOKEN}\nrefresh_token = hf_refresh_PassCanary\nexpires_at = 1000\n\n")
        for path in home.iterdir():
            os.chmod(path, 0o600)
        with Peer() as hub:
            expired = self.doctor("auth", 4, f"http://{hub.place}", {"HF_HOME": str(home)})
            self.assert_text(expired["whoami"], "larder auth login")
        with socket.socket() as silent:  # a port that is taken and does not answer
            silent.bind(("127.0.0.1", 0))
            began = time.monotonic()
            away = self.doctor("auth", 0, f"http://127.0.0.1:{silent.getsockname()[1]}", {"HF_TOKEN": TOKEN})
        self.assertEqual(away["whoami"]["status"], "warn")  # says nothing about the token
        self.assert_text(away["whoami"], "larder doctor net")


class Fs(DoctorTest):
    NAMES = ["filesystem", "symlink", "reflink", "hardlink", "flock", "rename", "case", "permissions", "free-space", "inodes"]

    def test_a_sound_place_is_left_as_it_was(self):
        told = self.doctor("fs", 0, None)
        self.assertEqual(list(told), self.NAMES)
        self.assertFalse(self.cache.exists())

    def test_places_that_cannot_be_a_cache(self):
        (self.scratch / "file").write_text("mine")
        for cache in (self.scratch / "file", self.scratch / "file" / "below", "/proc/larder"):
            with self.subTest(cache):
                told = self.doctor("fs", 8, None, cache=cache)
                self.assertEqual(told["permissions"]["status"], "fail")
                self.assert_text(told["permissions"], "HF_HUB_CACHE")
        self.assertEqual((self.scratch / "file").read_text(), "mine")

    def test_everybody_may_write(self):
        self.cache.mkdir()
        os.chmod(self.cache, 0o777)
        told = self.doctor("fs", 0, None)
        self.assertEqual(told["permissions"]["status"], "warn")
        self.assert_text(told["permissions"], "chmod o-w")


class All(DoctorTest):
    @staticmethod
    def untimed(line):
        """The words of a line; libcurl tells how long a connection took to fail, which two runs need not share."""
        return re.sub(r"after \d+ ms", "after ? ms", line).split()

    def test_codes(self):
        """5, 8 or 4 for one area, 10 for several."""
        for env, cache, code in (({}, None, 5), ({}, "/proc/larder", 10), ({"HF_HUB_OFFLINE": "1"}, "/proc/larder", 8),
                                 ({"HF_HUB_OFFLINE": "1", "HF_TOKEN": "a\tb"}, None, 4), ({"HF_HUB_OFFLINE": "1"}, None, 0)):
            with self.subTest(env=env, cache=cache):
                done = self.larder("doctor", check=False, endpoint="http://127.0.0.1:9", env=env, cache=cache)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                quiet = self.larder("doctor", "--quiet", check=False, endpoint="http://127.0.0.1:9", env=env, cache=cache)
                self.assertEqual([self.untimed(line) for line in done.stdout.splitlines() if line.startswith("fail")],
                                 [self.untimed(line) for line in quiet.stdout.splitlines()])


if __name__ == "__main__":
    harness.main(needs_clients=False)
