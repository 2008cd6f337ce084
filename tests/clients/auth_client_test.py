"""Token files shared with huggingface_hub 2.4, both ways: names, active token, logout, switch, renewal (R-404…R-414)."""
import json
import os
import re
import stat
import subprocess
import time

import harness
from harness import FIXTURES, ClientTest, Hub

MEMBER = "hf_MemberCanaryToken0123456789abcdef"  # the tokens that larder-hub knows
STRANGER = "hf_StrangerCanaryToken0123456789abcdef"
BY_BROWSER = "hf_oauth_OAuthCanary.Token0123456789abcdef"
REFRESH = "hf_refresh_CanaryToken0123456789abcdef"
ID_TOKEN = "eyJpZCI6IkNhbmFyeSJ9.IdTokenCanary.c2ln"


class AuthTest(ClientTest):
    """One HF_HOME for both, and a Hub that runs as long as the test."""

    def setUp(self):
        super().setUp()
        self.home = self.scratch / "home"  # where the harness has Python's HF_HOME
        self.hub = Hub("--root", FIXTURES)
        self.addCleanup(self.hub.close)

    def auth(self, *words, stdin="", check=True, **env):
        environment = harness.clean_env(HF_HOME=str(self.home), HOME=str(self.scratch), HF_ENDPOINT=self.hub.endpoint, **env)
        done = subprocess.run([harness.LARDER, "auth", *words], env=environment, input=stdin, capture_output=True, text=True)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def hf(self, code, **env):
        return self.python("from huggingface_hub import *\nfrom huggingface_hub.utils import *\n"
                           "from huggingface_hub.utils._auth import *\nfrom huggingface_hub.utils._auth import _save_token\n" + code,
                           endpoint=self.hub.endpoint, **env)

    def files(self):
        return (self.home / "token").read_bytes(), (self.home / "stored_tokens").read_bytes()

    def stored(self):
        return {entry["name"]: entry for entry in json.loads(self.auth("list", "--json").stdout)["stored"]}


class LarderThenPython(AuthTest):
    def test_a_login_is_hfs_login(self):
        self.auth("login", "--token-stdin", stdin=MEMBER + "\n")
        self.assertEqual(self.hf("print(get_token()); print(sorted(get_stored_tokens()))"), f"{MEMBER}\n['ci read-only']")
        self.assertEqual(self.hf("print(whoami()['name'])"), "alice")

    def test_both_write_the_same_bytes(self):
        self.auth("login", "--token-stdin", stdin=MEMBER)
        ours = self.files()
        self.auth("logout")
        self.hf(f"login(token={MEMBER!r})")
        self.assertEqual(self.files(), ours)
        for name in ("token", "stored_tokens"):
            self.assertEqual(stat.S_IMODE(os.stat(self.home / name).st_mode), 0o600)

    def test_a_login_by_browser(self):
        before = time.time()
        self.auth("login", "--device")
        self.assertEqual(self.hf("print(get_token())"), BY_BROWSER)
        text = (self.home / "stored_tokens").read_text()
        self.assertIn(f"refresh_token = {REFRESH}\nexpires_at = ", text)
        ends = int(text.split("expires_at = ")[1].split()[0])
        self.assertTrue(before + 28700 < ends < time.time() + 28900, text)

    def test_switch_and_logout(self):
        self.hf(f"_save_token({STRANGER!r}, 'other [x] = y')\n_save_token({MEMBER!r}, 'mine é')")
        self.auth("switch", "--token-name", "other [x] = y")
        self.assertEqual(self.hf("print(get_token())"), STRANGER)
        self.auth("logout", "--token-name", "other [x] = y")
        self.assertEqual(self.hf("print(get_token()); print(sorted(get_stored_tokens()))"), "None\n['mine é']")
        self.auth("logout")
        self.assertEqual(self.hf("print(get_token()); print(get_stored_tokens())"), "None\n{}")


class PythonThenLarder(AuthTest):
    def test_a_login_is_larders_login(self):
        self.hf(f"login(token={MEMBER!r})")
        self.assertEqual(json.loads(self.auth("whoami", "--json").stdout)["user"]["name"], "alice")
        self.assertTrue(self.stored()["ci read-only"]["active"])
        self.assertIn("'ci read-only'", self.auth("status").stdout)

    def test_names_of_every_kind(self):
        names = ["a]b", "x = y", "inner  spaces", "é ü 漢", "#hash", ";semi", "[bracket", "k: v", "%(x)s"]
        self.hf("".join(f"_save_token({('hf_token%02dabcdefghij' % n)!r}, {name!r})\n" for n, name in enumerate(names)))
        self.assertEqual(sorted(self.stored()), sorted(names))
        self.auth("login", "--token-stdin", stdin=MEMBER)  # writes them all again
        self.assertEqual(json.loads(self.hf("import json; print(json.dumps(sorted(get_stored_tokens())))")), sorted(names + ["ci read-only"]))

    def test_what_python_stored_last_is_active(self):
        self.hf(f"_save_token({MEMBER!r}, 'a')\n_save_token({STRANGER!r}, 'b')\nauth_switch('a')")
        self.assertEqual({name: entry["active"] for name, entry in self.stored().items()}, {"a": True, "b": False})
        self.hf("logout('a')")
        self.assertEqual(self.auth("status", check=False).returncode, 4)
        self.assertEqual(list(self.stored()), ["b"])


class Renewal(AuthTest):
    def store(self):
        self.home.mkdir(exist_ok=True)
        (self.home / "token").write_text(STRANGER)
        (self.home / "stored_tokens").write_text(f"[oauth-alice]\nhf_token = {STRANGER}\nrefresh_token = {REFRESH}\n"
                                                 f"expires_at = {int(time.time()) + 3600}\n\n")

    def test_what_one_renews_the_other_uses(self):
        self.store()
        self.assertEqual(json.loads(self.auth("whoami", "--json").stdout)["token"]["name"], "oauth-alice")
        by_larder = self.files()
        self.assertEqual(self.hf("print(get_token())"), BY_BROWSER)
        self.assertEqual(self.files()[0], by_larder[0])
        self.store()
        self.assertEqual(self.hf("print(get_token())"), BY_BROWSER)
        by_python = self.files()
        self.assertEqual(by_python[0], by_larder[0])
        self.assertEqual(*(re.sub(rb"expires_at = \d+", b"", stored) for _, stored in (by_python, by_larder)))


class Identity(AuthTest):
    def test_both_exchange_the_identity_of_a_job(self):
        job = {"HF_OIDC_RESOURCE": "larder/demo", "HF_OIDC_ID_TOKEN": ID_TOKEN}
        self.assertEqual(self.hf("print(get_token())", **job), BY_BROWSER)
        self.assertEqual(json.loads(self.auth("whoami", "--json", **job).stdout)["token"]["source"], "oidc")


if __name__ == "__main__":
    harness.main()
