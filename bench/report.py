#!/usr/bin/env python3
"""Tables and a picture of what bench/run --json has kept.

    bench/report.py FILE.json [--picture FILE.svg]        the picture needs matplotlib (bench/peers/setup)
"""
import argparse
import json
import pathlib
import sys


def failed_line(name, row):
    print(f"bench: {name} failed: {row.get('log')}", file=sys.stderr)
    return f"| {name} | failed ({row.get('failed')}) | | | | | | |"


def race_lines(result):
    rows, gb = result["rows"], result["bytes"] / 1e9
    own = rows.get("larder", {}).get("wall")
    yield "| | wall s | min–max | ÷ larder | CPU s | CPU s/GB | server CPU s | peak MiB |"
    yield "|--|--|--|--|--|--|--|--|"
    for name, row in rows.items():
        if "wall" not in row:
            yield failed_line(name, row)
            continue
        ratio = f"{row['wall'] / own:.2f}" if own else ""
        per_gb = f"{row['cpu'] / gb:.2f}" if gb > 0.5 else ""
        yield (f"| {name} | {row['wall']:.3f} | {row['min']:.3f}–{row['max']:.3f} | {ratio} | {row['cpu']:.3f} | {per_gb} "
               f"| {row['server_cpu']:.2f} | {row['rss']:.0f} |")


def remarks(result):
    rows, own = result["rows"], result["rows"].get("larder", {}).get("wall")
    if not own:
        return
    quick = rows.get("larder --no-fsync", {}).get("wall", own)
    if result["limit"]:
        limit = result["limit"]
        yield (f"limit {limit['seconds']:.3f} s (SHA-256, one lane: {limit['one_lane']:.2f} s/GB); limit ÷ larder = {limit['seconds'] / own:.2f}, "
               f"without fsync {limit['seconds'] / quick:.2f}")
    floor = rows.get("small-floor", {}).get("wall")
    if floor:
        yield f"larder ÷ small-floor = {own / floor:.2f}, without fsync {quick / floor:.2f}"


def resume_lines(result):
    yield "| | whole s | second run s | MiB before the kill | MiB fetched twice (worst) |"
    yield "|--|--|--|--|--|"
    for name, row in result["rows"].items():
        if "wall" not in row:
            yield f"| {name} | failed ({row.get('failed')}) | | | |"
        else:
            yield f"| {name} | {row['whole']:.2f} | {row['wall']:.2f} | {row['first']:.0f} | {row['twice']:.1f} |"


def short_lines(result):
    yield "| | wall ms | min–max | CPU ms | peak MiB | requests |"
    yield "|--|--|--|--|--|--|"
    for name, row in result["rows"].items():
        if "wall" not in row:
            yield f"| {name} | failed ({row.get('failed')}) | | | | |"
            continue
        requests = f"{row['requests']:g}" if "requests" in row else ""
        yield f"| {name} | {row['wall'] * 1e3:.1f} | {row['min'] * 1e3:.1f}–{row['max'] * 1e3:.1f} | {row['cpu'] * 1e3:.1f} | {row['rss']:.0f} | {requests} |"


def table(result):
    """Markdown lines for one result."""
    lines = ["", f"### {result['title']}", "",
             f"{result['files']} files, {result['bytes'] / 1e9:.3f} GB, median of {result['runs']}; {result['date']}, {result['machine']}", ""]
    if result["scenario"] == "resume":
        return lines + list(resume_lines(result))
    if result["scenario"] in ("warm", "start-up"):
        return lines + list(short_lines(result))
    lines += race_lines(result)
    notes = list(remarks(result))
    return lines + ([""] + notes if notes else [])


def picture(results, path):
    """Bars of wall time, larder = 1, one field a scenario."""
    import matplotlib  # only here: measuring needs no library
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "larder"  # the same numbers make the same file
    from matplotlib import pyplot
    shown = [r for r in results.values() if r["rows"].get("larder", {}).get("wall") and r["scenario"] != "start-up"]
    columns = 2
    rows = (len(shown) + columns - 1) // columns
    figure, axes = pyplot.subplots(rows, columns, figsize=(13, 2.7 * rows), squeeze=False)
    for axis in axes.flat[len(shown):]:
        axis.set_visible(False)
    for axis, result in zip(axes.flat, shown):
        own = result["rows"]["larder"]["wall"]
        bars = {name: row["wall"] / own for name, row in result["rows"].items() if "wall" in row}
        drawn = axis.barh(list(bars), list(bars.values()), color=["#2a7" if n.startswith("larder") else "#bbb" if "floor" in n else "#79b" for n in bars])
        axis.bar_label(drawn, [f"{value:.2f}" for value in bars.values()], fontsize=7, padding=2)
        axis.set_title(result["title"], fontsize=9)
        axis.set_xlim(0, max(bars.values()) * 1.12)
        axis.invert_yaxis()
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle("Wall time, larder = 1 (shorter is faster; larder checks every digest)", fontsize=11)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("--picture")
    options = parser.parse_args()
    results = json.loads(pathlib.Path(options.results).read_text())
    for result in results.values():
        print("\n".join(table(result)))
    if options.picture:
        picture(results, options.picture)


if __name__ == "__main__":
    main()
