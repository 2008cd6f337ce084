"""larder on a terminal of its own: bars, questions, colours, a window that shrinks; and the same commands in a pipe."""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import struct
import sys
import termios

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))
import harness  # noqa: E402
from harness import ClientTest, Hub  # noqa: E402
from repos import GOLDEN, MODEL_BIN, Root, blob_name  # noqa: E402

LARGE = MODEL_BIN * 12
TOKEN = re.compile(rb"\x1b\[(\d*)([A-Za-z])|\r|\n|[^\x1b\r\n]+|\x1b")


class Screen:
    """As much of a terminal as a status line needs: rows without end, a cursor, erase to the end of a row. Remembers the widest row."""

    def __init__(self):
        self.rows, self.row, self.column, self.widest, self.colours = [""], 0, 0, 0, 0

    def feed(self, data):
        for found in TOKEN.finditer(data):
            text = found.group()
            if text == b"\r":
                self.column = 0
            elif text == b"\n":
                self.row += 1
                if self.row == len(self.rows):
                    self.rows.append("")
            elif found.group(2) == b"K":
                self.rows[self.row] = self.rows[self.row][:self.column]
            elif found.group(2) == b"A":
                self.row -= int(found.group(1) or 1)
            elif found.group(2) == b"m":
                self.colours += 1
            elif not text.startswith(b"\x1b"):
                shown = text.decode(errors="replace")
                old = self.rows[self.row].ljust(self.column)
                self.rows[self.row] = old[:self.column] + shown + old[self.column + len(shown):]
                self.column += len(shown)
                self.widest = max(self.widest, self.column)

    def text(self):
        return "\n".join(self.rows).strip()


class Terminal:
    """One run of larder on a terminal. `when` has pairs (text that is waited for, what is done then), each once and in order."""

    def __init__(self, arguments, env, columns=100, when=()):
        self.screen, self.raw = Screen(), b""
        steps = list(when)
        pid, self.fd = pty.fork()
        if pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(harness.LARDER, ["larder", *map(str, arguments)], env)
        while True:
            ready, _, _ = select.select([self.fd], [], [], 60)
            try:
                piece = os.read(self.fd, 65536) if ready else b""
            except OSError:  # its end is closed
                piece = b""
            if not piece:
                break
            self.raw += piece
            self.screen.feed(piece)
            if steps and steps[0][0] in self.raw:
                steps.pop(0)[1](self)
        os.close(self.fd)
        self.code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.steps_left = steps

    def type(self, text):
        os.write(self.fd, text)

    def resize(self, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


class TerminalTest(ClientTest):
    def setUp(self):
        super().setUp()
        self.root = Root(self.scratch / "repos").add(GOLDEN, [("1" * 40, "main", {"large.safetensors": LARGE, "a.json": b"{}\n"})]).folder

    def env(self, endpoint=None, **more):
        env = self.larder_env(endpoint, env={"TERM": "xterm", **more})
        for name in ("CI", "NO_COLOR"):
            if name not in more:
                env.pop(name, None)
        return env

    def on_terminal(self, *arguments, endpoint=None, columns=100, when=(), **more):
        return Terminal(arguments, self.env(endpoint, **more), columns, when)


class Pull(TerminalTest):
    SLOW = ("--limit-rate", "8M")  # two seconds: many redraws

    def pull(self, *words, **options):
        with Hub("--root", self.root) as hub:
            return self.on_terminal("pull", GOLDEN, *self.SLOW, *words, endpoint=hub.endpoint, **options)

    def test_bars_for_the_total_and_each_file_and_a_clean_end(self):
        run = self.pull()
        self.assertEqual(run.code, 0, run.raw)
        shown = run.raw.decode()
        self.assertRegex(shown, r"\[[=> ]*.*\] +\d+% +large\.safetensors|\d+%  large\.safetensors")
        self.assertRegex(shown, r"of 12\.6 MB \(\d+%\), [\d.]+ [kM]?B/s, \d:\d\d left")
        self.assertGreater(run.screen.colours, 0)
        self.assertEqual(run.screen.text(), str(self.cache / "models--org--m" / "snapshots" / ("1" * 40)))  # nothing of the bars is left

    def test_no_color(self):
        run = self.pull(NO_COLOR="1")
        self.assertEqual((run.code, run.screen.colours), (0, 0))
        self.assertIn("large.safetensors", run.raw.decode())

    def test_what_forbids_bars(self):
        for more in ({"CI": "true"}, {"TERM": "dumb"}, {"HF_HUB_DISABLE_PROGRESS_BARS": "1"}):
            with self.subTest(more):
                harness.shutil.rmtree(self.cache, True)
                run = self.pull(**more)
                self.assertEqual(run.code, 0, run.raw)
                self.assertNotIn(b"\x1b[", run.raw)
        self.assertNotIn(b"\x1b[", self.pull("--quiet", "--force").raw)

    def test_a_window_that_shrinks(self):
        run = self.pull(when=[(b"12.6 MB", lambda it: it.resize(30))])
        self.assertEqual((run.code, run.steps_left), (0, []), run.raw)
        after = run.raw.split(b"12.6 MB", 1)[1].split(b"\x1b[K", 4)[4]  # what was under way when the window changed aside
        drawn = Screen()
        drawn.feed(after.rsplit(b"\r\x1b[K", 1)[0])  # the result is no bar: it may wrap
        self.assertGreater(drawn.widest, 0)
        self.assertLess(drawn.widest, 30, after)

    def test_an_interrupt_says_how_to_go_on(self):
        run = self.pull(when=[(b"large.safetensors", lambda it: it.type(b"\x03"))])
        self.assertEqual(run.code, 130, run.raw)
        self.assertIn("to go on: larder pull org/m", run.screen.text())
        self.assertNotIn("left", run.screen.text())  # no half bar

    def test_events_for_programs(self):
        with Hub("--root", self.root) as hub:
            done = self.larder("pull", GOLDEN, "--progress", "json", endpoint=hub.endpoint)
        events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        self.assertEqual({event["event"] for event in events} - {"progress", "wait", "note"}, {"begin", "end"})
        for task, path, size in (("total", None, len(LARGE) + 3), ("file", "large.safetensors", len(LARGE))):
            of_task = [event for event in events if event["task"] == task and (path is None or event["path"] == path)]
            self.assertEqual((of_task[0]["event"], of_task[-1]["event"]), ("begin", "end"))
            self.assertEqual(of_task[-1]["bytes"], size)
            counts = [event["bytes"] for event in of_task]
            self.assertEqual(counts, sorted(counts))

    def test_a_pipe_gets_plain_lines_and_a_short_run_none(self):
        with Hub("--root", self.root, "--fault", "api:info=429s:1*1") as hub:
            done = self.larder("pull", GOLDEN, endpoint=hub.endpoint)
        self.assertRegex(done.stderr, r"\Alarder: waiting 0:0\d: .*\n\Z")
        self.assertEqual(self.larder("pull", GOLDEN, "--offline").stderr, "")


class Cache(TerminalTest):
    """What takes longer than a second says so; that it does begins with the first byte, so that no test has to be slow."""

    def setUp(self):
        super().setUp()
        with Hub("--root", self.root) as hub:
            self.larder("pull", GOLDEN, endpoint=hub.endpoint)

    def test_verify(self):
        run = self.on_terminal("cache", "verify")
        self.assertEqual(run.code, 0, run.raw)
        self.assertIn("of 12.6 MB", run.raw.decode())
        self.assertNotIn("12.6 MB (", run.screen.text())

    def test_adopt(self):
        folder = self.scratch / "mine"
        folder.mkdir()
        (folder / "x.bin").write_bytes(LARGE)
        (self.cache / "models--org--m" / "blobs" / blob_name("x.safetensors", LARGE)).unlink()
        run = self.on_terminal("cache", "adopt", folder)
        self.assertEqual(run.code, 0, run.raw)
        self.assertIn("of 12.6 MB", run.raw.decode())

    def test_events_of_every_command(self):
        other = self.scratch / "other"
        for words, name in ((["verify"], "verify"), (["adopt", self.cache, "--cache-dir", other], "adopt"),
                            (["rm", "model/org/m", "--cache-dir", other, "--yes"], "remove"),
                            (["gc", "--max-size", "0", "--yes"], "remove")):
            done = self.larder("cache", *words, "--progress", "json")
            events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
            of_task = [event for event in events if event.get("path") == name]
            self.assertEqual([event["event"] for event in (of_task[0], of_task[-1])], ["begin", "end"], (words, events))
            self.assertEqual(of_task[-1]["bytes"], of_task[-1]["of"], words)

    def test_a_question_shows_what_and_how_much_and_no_is_no(self):
        for answer in (b"n\r", b"\r", b"\x04", b"yep\r"):
            run = self.on_terminal("cache", "rm", "model/org/m", when=[(b"[y/N]", lambda it, answer=answer: it.type(answer))])
            self.assertEqual((run.code, run.steps_left), (2, []), run.raw)
            self.assertIn("models--org--m", run.screen.text())
            self.assertRegex(run.screen.text(), r"repo +12\.6 MB +models--org--m")
            self.assertIn("Remove 1 item and free 12.6 MB? [y/N]", run.screen.text())
            self.assertTrue((self.cache / "models--org--m").exists())
        run = self.on_terminal("cache", "rm", "model/org/m", when=[(b"[y/N]", lambda it: it.type(b"\x03"))])
        self.assertEqual((run.code, run.steps_left), (130, []), run.raw)
        self.assertRegex(run.screen.text(), r"(?m)^larder: interrupted by SIGINT")  # on a line of its own
        self.assertTrue((self.cache / "models--org--m").exists())
        run = self.on_terminal("cache", "rm", "model/org/m", when=[(b"[y/N]", lambda it: it.type(b" Yes \r"))])
        self.assertEqual(run.code, 0, run.raw)
        self.assertFalse((self.cache / "models--org--m").exists())

    def test_the_question_of_prune_and_gc_adds_up_what_is_of_several_kinds(self):
        blobs = self.cache / "models--org--m" / "blobs"
        for name, size in (("a" * 64 + ".incomplete", 700), ("b" * 64, 5000)):
            (blobs / name).write_bytes(b"x" * size)
            os.utime(blobs / name, (1e9, 1e9))
        for words, shown in ((["prune"], {"partial +700 B"}), (["gc", "--max-size", "0"], {"partial +700 B", r"revision +12\.6 MB"})):
            run = self.on_terminal("cache", *words, when=[(b"[y/N]", lambda it: it.type(b"n\r"))])
            self.assertEqual((run.code, run.steps_left), (2, []), run.raw)
            for one in shown:
                self.assertRegex(run.screen.text(), one)
            self.assertRegex(run.screen.text(), r"Remove %d items? and free (700 B|12\.6 MB)\?" % len(shown))

    def test_a_question_about_many_things_shows_the_largest_and_a_dry_run_all(self):
        blobs = self.cache / "models--org--m" / "blobs"
        for number in range(100):
            name = blobs / ("%064x.incomplete" % number)
            name.write_bytes(b"x" * (1000 + number))
            os.utime(name, (1e9, 1e9))
        run = self.on_terminal("cache", "prune", when=[(b"[y/N]", lambda it: it.type(b"n\r"))])
        self.assertEqual((run.code, run.steps_left), (2, []), run.raw)
        text = run.raw.decode()
        shown = [number for number in range(100) if "%064x.incomplete" % number in text]
        self.assertEqual(shown, list(range(70, 100)))
        self.assertLess(text.index("%064x" % 99), text.index("%064x" % 98))
        self.assertIn("and 70 more with 72.4 kB: --dry-run lists each", text)
        self.assertIn("Remove 100 items and free 105.0 kB? [y/N]", text)
        self.assertEqual(self.larder("cache", "prune", "--dry-run").stdout.count(".incomplete"), 100)

    def test_no_terminal_no_removal(self):
        before = harness.inventory(self.cache)
        for words in (["rm", "model/org/m"], ["gc", "--max-size", "0"]):
            done = self.larder("cache", *words, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("--yes", done.stderr)
        self.assertEqual(harness.inventory(self.cache), before)


class Login(TerminalTest):
    TOKEN = b"hf_MemberCanaryToken0123456789abcdef"

    def login(self, typed, *words):
        with Hub("--root", self.root) as hub:
            return self.on_terminal("auth", "login", *words, endpoint=hub.endpoint, HF_HOME=str(self.scratch / "home"),
                                    when=[(b"token (nothing", lambda it: it.type(typed))])

    def test_a_token_that_is_typed_is_not_shown(self):
        run = self.login(self.TOKEN + b"\r")
        self.assertEqual(run.code, 0, run.raw)
        self.assertNotIn(self.TOKEN, run.raw)
        self.assertEqual((self.scratch / "home" / "token").read_bytes(), self.TOKEN)

    def test_the_end_of_the_input_cancels(self):
        run = self.login(b"\x04")
        self.assertEqual(run.code, 2, run.raw)
        self.assertIn("cancelled", run.screen.text())
        self.assertNotIn("ABCD-1234", run.screen.text())
        self.assertFalse((self.scratch / "home").exists())

    def test_an_empty_line_logs_in_with_a_browser(self):
        run = self.login(b"\r")
        self.assertEqual(run.code, 0, run.raw)
        self.assertIn("ABCD-1234", run.screen.text())

    def test_an_interrupt_at_the_prompt_gives_the_echo_back(self):
        run = self.login(b"\x03")
        self.assertEqual(run.code, 130, run.raw)
        self.assertFalse((self.scratch / "home").exists())


if __name__ == "__main__":
    harness.main(needs_clients=False)
