#!/usr/bin/env python3
"""Every page that a comment cites is in the repository, and so is the part of it that is named: `engine.md §4`, `docs/manual.md "Exit codes"`.
Every rule that the sources cite by its id is told in docs/rules.md: `R-508`, `T20`."""
import pathlib
import re
import sys

SOURCES = ("src", "include", "tests", "bench", "scripts")
SUFFIXES = (".cpp", ".hpp", ".c", ".py", ".sh", ".txt")
# A page as comments name it: lower case, with or without its folder. Fixtures and file names in tests are README.md and the like.
CITATION = re.compile(r"""(?<![\w./%-])(?:docs/)?((?:decisions/)?[a-z0-9][a-z0-9-]*\.md)\b(?: (?:§([0-9.]+[0-9]|[0-9])|"([^"\n]+)"))?""")
OTHERS = {"model-card.md"}
# C0 and C1 are control characters.
RULE = re.compile(r"\b(R-[0-9]{3,4}|(?!C[01]\b)[TNLCI][0-9]{1,2})\b")


def told_rules(root):
    rows = re.findall(r"^\| ([A-Z][0-9, A-Z-]*) \|", (root / "docs/rules.md").read_text(encoding="utf-8"), re.M)
    rows += re.findall(r"^\| (I[0-9]+) \|", (root / "docs/reliability.md").read_text(encoding="utf-8"), re.M)
    return set(rows)


def headings(page):
    return [line.lstrip("#").strip() for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#")]


def has_part(page, section, heading):
    if heading is not None:
        return any(known.startswith(heading) for known in headings(page))
    if section is not None:
        number = section.split(".")[0]
        return any(known.startswith(number + ".") for known in headings(page))
    return True


def in_comment(line, at):
    begin = line[:at]
    return "//" in begin or "#" in begin or begin.lstrip().startswith(("*", '"""')) or not re.search(r'["\']', begin)


def main():
    root = pathlib.Path(sys.argv[1])
    wrong = []
    rules = told_rules(root)
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            if not path.is_file() or path.suffix not in SUFFIXES or "fixtures" in path.parts or path.name == "citations_test.py":
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                for found in CITATION.finditer(line):
                    name, section, heading = found.groups()
                    page = root / "docs" / name
                    if name in OTHERS or not in_comment(line, found.start()):
                        continue
                    if not page.is_file() or not has_part(page, section, heading):
                        wrong.append(f"{path.relative_to(root)}:{number}: {found.group(0)}")
                if folder not in ("src", "include") or "//" not in line:
                    continue
                for rule in RULE.findall(line[line.index("//"):]):
                    if rule not in rules:
                        wrong.append(f"{path.relative_to(root)}:{number}: {rule}")
    for entry in wrong:
        print(entry)
    print(f"citations: {len(wrong)} lead nowhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
