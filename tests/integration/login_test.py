"""Logins by browser as a person sees them, and their renewal by several programs at once: one asks under the shared lock, the others take what it
stored (R-410…R-413)."""
import ctypes
import fcntl
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))
import harness  # noqa: E402
from harness import ClientTest, wait_until  # noqa: E402

PENDING = (400, {"error": "authorization_pending"})
SECRETS = ("hf_oauth_Canary", "hf_refresh_Canary", "DeviceCanary")


class LoginHub:
    """Grants logins by the device flow after `answers`, renews them with refresh tokens that work once, and knows whose a token is."""

    def __init__(self, *answers):
        hub = self
        self.answers, self.asked, self.lock = list(answers), [], threading.Lock()
        self.generation = 0
        self.gate = threading.Event()
        self.gate.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, document):
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                with hub.lock:
                    hub.asked.append((self.path, form.get("grant_type", "")))
                if self.path == "/oauth/device":
                    return self.answer(200, {"device_code": "DeviceCanary", "user_code": "ABCD-1234", "verification_uri": hub.endpoint + "/device",
                                             "expires_in": 30, "interval": 1})
                if form.get("grant_type") != "refresh_token":
                    with hub.lock:
                        first = hub.answers.pop(0) if hub.answers else None
                    return self.answer(*first) if first else self.answer(200, hub.grant())
                hub.gate.wait(60)
                with hub.lock:
                    if form["refresh_token"] != f"hf_refresh_Canary{hub.generation}":
                        return self.answer(400, {"error": "invalid_grant"})
                    hub.generation += 1
                return self.answer(200, hub.grant())

            def do_GET(self):
                with hub.lock:
                    hub.asked.append((self.path, self.headers.get("authorization")))
                    is_known = self.headers.get("authorization") == f"Bearer hf_oauth_Canary{hub.generation}"
                self.answer(*((200, {"name": "alice", "type": "user", "auth": {"type": "oauth"}}) if is_known else (401, {"error": "Invalid"})))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def grant(self):
        return {"access_token": f"hf_oauth_Canary{self.generation}", "refresh_token": f"hf_refresh_Canary{self.generation}", "expires_in": 172_800,
                "token_type": "bearer"}

    def count(self, grant_type):
        return sum(1 for asked in self.asked if asked[1] == grant_type)


class LoginTest(ClientTest):
    def hub(self, *answers):
        hub = LoginHub(*answers)
        self.addCleanup(lambda: (hub.gate.set(), hub.server.shutdown(), hub.server.server_close()))
        self.home = self.scratch / "hf"
        return hub

    def env(self, hub):
        return self.larder_env(hub.endpoint, env={"HF_HOME": str(self.home)})

    def run_larder(self, hub, *words, code=0):
        done = subprocess.run([harness.LARDER, *words], env=self.env(hub), cwd=self.scratch, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for secret in SECRETS:
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done


class Device(LoginTest):
    def test_a_person_is_told_where_to_go_and_who_they_are(self):
        hub = self.hub(PENDING)
        done = self.run_larder(hub, "auth", "login", "--device")
        self.assertIn(f"open {hub.endpoint}/device", done.stderr)
        self.assertIn("ABCD-1234", done.stderr)
        self.assertEqual(done.stdout, "logged in as alice; the token is stored as 'oauth-alice'\n")
        self.assertEqual((self.home / "token").read_text(), "hf_oauth_Canary0")
        self.assertIn("alice", self.run_larder(hub, "auth", "whoami").stdout)
        self.assertIn("expires", self.run_larder(hub, "auth", "status").stdout)

    def test_a_refusal_says_why_and_stores_nothing(self):
        hub = self.hub((400, {"error": "access_denied", "error_description": "Members of acme\x1b[2J need approval"}))
        done = self.run_larder(hub, "auth", "login", "--device", code=4)
        self.assertIn("Members of acme", done.stderr)
        self.assertNotIn("\x1b", done.stderr)
        self.assertIn("larder auth login", done.stderr)
        self.assertFalse(self.home.exists())

    def test_a_hub_without_that_flow(self):
        hub = self.hub()
        hub.endpoint += "/elsewhere"  # its answers are for other paths
        hub.answers = [(404, {"error": "Not Found"})]
        self.run_larder(hub, "auth", "login", "--device", code=6)


class Opened:
    """Tells when a file was opened, by anybody (inotify)."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.events = os.fdopen(libc.inotify_init1(os.O_NONBLOCK), "rb", buffering=0)
        assert libc.inotify_add_watch(self.events.fileno(), os.fsencode(path), 0x20) > 0  # IN_OPEN

    def was(self):
        return bool(self.events.read(4096))

    def close(self):
        self.events.close()


class Renewal(LoginTest):
    def store(self, left=3600):
        """A login that ends in an hour: due for renewal, and good until then."""
        self.home.mkdir(exist_ok=True)
        (self.home / "token").write_text("hf_oauth_Canary0")
        (self.home / "stored_tokens").write_text(
            f"[oauth-alice]\nhf_token = hf_oauth_Canary0\nrefresh_token = hf_refresh_Canary0\nexpires_at = {int(time.time()) + left}\n\n")
        for name in ("token", "stored_tokens"):
            os.chmod(self.home / name, 0o600)

    def start_many(self, hub, count):
        return [self.start([harness.LARDER, "auth", "whoami", "-v"], self.env(hub)) for _ in range(count)]

    def assert_renewed_once(self, hub, children):
        for child in children:
            self.assertIn("alice", self.finish(child))
        self.assertEqual(hub.count("refresh_token"), 1)
        self.assertEqual((self.home / "token").read_text(), "hf_oauth_Canary1")
        stored = (self.home / "stored_tokens").read_text()
        self.assertIn("hf_token = hf_oauth_Canary1\nrefresh_token = hf_refresh_Canary1\n", stored)
        self.assertEqual({(self.home / name).stat().st_mode & 0o777 for name in ("token", "stored_tokens")}, {0o600})

    def test_one_of_many_asks_and_the_others_wait_for_it(self):
        hub = self.hub()
        self.store()
        hub.gate.clear()  # the renewal stands still until all are there
        children = self.start_many(hub, 6)
        wait_until(lambda: hub.count("refresh_token") == 1, "the renewal")
        hub.gate.set()
        self.assert_renewed_once(hub, children)

    def test_the_lock_of_another_client_is_waited_for(self):
        hub = self.hub()
        self.store()
        with open(self.home / "stored_tokens.lock", "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            opened = Opened(held.name)
            children = self.start_many(hub, 2)
            wait_until(opened.was, "larder at the lock")
            opened.close()
            self.assertEqual(hub.asked, [])
            fcntl.flock(held, fcntl.LOCK_UN)
        self.assert_renewed_once(hub, children)

    def test_what_another_client_renewed_meanwhile_is_taken(self):
        hub = self.hub()
        self.store()
        with open(self.home / "stored_tokens.lock", "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            opened = Opened(held.name)
            child = self.start_many(hub, 1)[0]
            wait_until(opened.was, "larder at the lock")
            opened.close()
            hub.generation = 1  # as the other does it, under the lock
            (self.home / "token").write_text("hf_oauth_Canary1")
            (self.home / "stored_tokens").write_text("[oauth-alice]\nhf_token = hf_oauth_Canary1\nrefresh_token = hf_refresh_Canary1\n"
                                                     f"expires_at = {int(time.time()) + 172_800}\n\n")
            fcntl.flock(held, fcntl.LOCK_UN)
        self.assertIn("alice", self.finish(child))
        self.assertEqual(hub.count("refresh_token"), 0)

    def test_a_login_that_is_over_is_told_once_and_with_the_way_on(self):
        hub = self.hub()
        self.store()
        hub.generation = 5  # another machine went on with it
        done = self.run_larder(hub, "auth", "whoami", code=4)
        self.assertEqual(hub.count("refresh_token"), 1)
        self.assertIn("larder auth login", done.stderr)


if __name__ == "__main__":
    harness.main(needs_clients=False)
