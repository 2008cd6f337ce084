#!/usr/bin/env python3
"""docs/manual.md has a section for every command, with every flag of its help, and every exit code and error code."""
import pathlib
import re
import subprocess
import sys


def help_of(binary, *words):
    return subprocess.run([binary, *words, "--help"], capture_output=True, text=True, check=True).stdout


def entries(text, heading):
    """First words of the lines below `heading:` that begin an entry."""
    block = re.search(rf"^{heading}:\n((?:  .*\n)+)", text, re.M)
    return re.findall(r"^  (\S.*?)(?:  .*)?$", block.group(1), re.M) if block else []


def commands(binary):
    for line in re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", help_of(binary).split("commands:")[1], re.M):
        yield line


def section(manual, command):
    """The text below "## larder COMMAND"; "Flags: those of `x`" counts as the text of x."""
    found = re.search(rf"^## larder {command}\n(.*?)(?=^## )", manual, re.M | re.S)
    if not found:
        return None
    text = found.group(1)
    for other in re.findall(r"(?:those\s+of|flags\s+as|as\s+of)\s+`([a-z]+)`", text):
        group = command.rsplit(" ", 1)[0] + " " if " " in command else ""
        text += section(manual, group + other) or ""
    return text


def main():
    binary, root = sys.argv[1], pathlib.Path(sys.argv[2])
    manual = (root / "docs/manual.md").read_text(encoding="utf-8")
    wrong = []
    for command in commands(binary):
        text = section(manual, command)
        if text is None:
            wrong.append(f"no section for {command}")
            continue
        for flag in re.findall(r"^  (--[a-z-]+)", help_of(binary, *command.split()), re.M):
            if flag not in text:
                wrong.append(f"{command}: {flag} is not in its section")
    source = (root / "include/larder/base/error.hpp").read_text(encoding="utf-8")
    for code in re.search(r"enum class ErrorCode \{(.*?)\}", source, re.S).group(1).replace(",", " ").split():
        if code not in manual:
            wrong.append(f"error code {code} is not in the manual")
    print("\n".join(wrong) or "manual: all there")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
