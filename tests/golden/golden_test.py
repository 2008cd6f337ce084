#!/usr/bin/env python3
"""Runs larder as tests/golden/cases.txt says and compares stdout, stderr and exit code with tests/golden/expected/NAME.txt."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def cases():
    """(name, files to make, variables, words) of each case."""
    for number, line in enumerate((HERE / "cases.txt").read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        files, variables, words = {}, {}, []
        for word in shlex.split(rest):
            if not words and (made := re.match(r"^<([^=>]+)=(.*)>$", word, re.S)):
                files[made.group(1)] = made.group(2).replace("\\n", "\n")
            elif not words and (made := re.match(r"^([A-Za-z_]+)=(.*)$", word)):
                variables[made.group(1)] = made.group(2).replace("\\t", "\t")
            else:
                words.append(word)
        if not words or words[0] != "larder":
            sys.exit(f"cases.txt:{number}: a case is NAME: [<FILE=TEXT>…] [VARIABLE=VALUE…] larder WORD…")
        yield name.strip(), files, variables, words[1:]


def observed(binary, files, variables, words):
    """What a run in a home of its own says, with what differs between machines taken out."""
    with tempfile.TemporaryDirectory() as home:
        home = os.path.realpath(home)
        for name, text in files.items():
            path = pathlib.Path(home, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        environment = {"HOME": home, "PATH": "/usr/bin:/bin"}
        environment.update({name: value.replace("@HOME@", home) for name, value in variables.items()})
        words = [word.replace("@HOME@", home) for word in words]
        run = subprocess.run([binary, *words], cwd=home, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        text = f"exit {run.returncode}\n--- stdout\n{run.stdout.decode()}--- stderr\n{run.stderr.decode()}"
        text = text.replace(home, "@HOME@")
        text = re.sub(r'"libraries":\{[^}]*\}', '"libraries":{…}', text)
        text = re.sub(r'"version":"[^"]*"', '"version":"…"', text)
        return re.sub(r"^larder \d+\.\d+\.\d+$", "larder …", text, flags=re.M)


def main():
    binary, accept = os.path.abspath(sys.argv[1]), "--accept" in sys.argv
    expected_folder = HERE / "expected"
    wrong, seen = [], set()
    for name, files, variables, words in cases():
        seen.add(name)
        text = observed(binary, files, variables, words)
        path = expected_folder / f"{name}.txt"
        if accept:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(name)
            stored = path.read_text(encoding="utf-8") if path.exists() else "(nothing)\n"
            print(f"=== {name}: larder {shlex.join(words)}\n--- expected ---\n{stored}--- got ---\n{text}")
    for path in expected_folder.glob("*.txt"):
        if path.stem in seen:
            continue
        if accept:
            path.unlink()
        else:
            wrong.append(path.stem)
            print(f"=== {path.name}: no such case")
    print(f"golden: {len(seen)} cases, {len(wrong)} wrong" + ("; if they are meant: tests/golden/accept" if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
