#!/usr/bin/env python3
"""Holds the floors of docs/architecture.md against every #include: a file may include only lower floors and its own room."""
import pathlib
import re
import sys

FLOORS = {
    "base": 0,
    "digest": 1, "fs": 1, "net": 1, "config": 1,
    "repo": 2,
    "hub": 3, "store": 3, "auth": 3,
    "transfer": 4,
    "ops": 6,
    "cli": 7,
}
# Narrower than the floors: what a room may include at most (house table, "may include").
ONLY = {
    "digest": {"base"}, "fs": {"base"}, "net": {"base"}, "config": {"base"},
    "repo": {"base", "digest"},
    "hub": {"base", "digest", "net", "repo"},
    "store": {"base", "digest", "fs", "repo"},
    "auth": {"base", "fs", "net"},
}
NEVER_CONFIG = {"transfer", "ops"}
# Third parties and the only places that may name them.
THIRD = {
    r"curl/": lambda p: p.startswith("src/net/curl_"),
    r"openssl/": lambda p: p.startswith(("src/digest/", "src/base/random")) or p == "src/net/curl_tls.cpp",
    r"spdlog/": lambda p: p == "src/base/log.cpp",
    r"CLI/": lambda p: p.startswith("src/cli/"),
    r"toml\+\+/|toml\.hpp": lambda p: p == "src/config/file.cpp",
    r"nlohmann/": lambda p: p.endswith(".cpp") or p == "src/base/json_fields.hpp",
    r"utf8proc": lambda p: p == "src/repo/name_collision.cpp",
    r"fmt/": lambda p: p.startswith("src/"),
    r"tl/expected": lambda p: p == "include/larder/base/result.hpp",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of_include(kind, target):
    parts = target.split("/")
    if kind == "<" and parts[0] == "larder" and len(parts) == 3:
        return parts[1], True
    if kind == '"' and len(parts) == 2 and parts[0] in FLOORS:
        return parts[0], False
    return None, None


def main(root):
    root = pathlib.Path(root)
    wrong = []
    for base in ("include/larder", "src"):
        for path in sorted((root / base).rglob("*.[ch]pp")):
            name = path.relative_to(root).as_posix()
            room = path.relative_to(root / base).parts[0]
            if room not in FLOORS:
                wrong.append(f"{name}: the room '{room}' is on no floor")
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                kind, target = found.groups()
                for pattern, allowed in THIRD.items():
                    if re.match(pattern, target) and not allowed(name):
                        wrong.append(f"{name}:{number}: {target} is not allowed here")
                other, public = room_of_include(kind, target)
                if other is None or other == room:
                    if kind == '"' and other is None:
                        wrong.append(f'{name}:{number}: "{target}" names no room; write "room/file.hpp"')
                    if other == room and not public and base == "include/larder":
                        wrong.append(f"{name}:{number}: a public header includes the private {target}")
                    continue
                if FLOORS[other] >= FLOORS[room]:
                    wrong.append(f"{name}:{number}: {room} (floor {FLOORS[room]}) includes {other} (floor {FLOORS[other]})")
                if room in ONLY and other not in ONLY[room]:
                    wrong.append(f"{name}:{number}: {room} may not include {other}")
                if room in NEVER_CONFIG and other == "config":
                    wrong.append(f"{name}:{number}: {room} takes options, never settings")
                if base == "include/larder" and not public:
                    wrong.append(f"{name}:{number}: a public header includes the private {target}")
                makes_objects = name == "src/cli/services.cpp"  # the only place that builds the store
                if room == "cli" and not public and other not in ("base", "ops", "config", "fs") and not makes_objects:
                    wrong.append(f"{name}:{number}: cli may include only public headers of {other}")
    for line in wrong:
        print(line)
    print(f"layers: {len(wrong)} wrong includes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
