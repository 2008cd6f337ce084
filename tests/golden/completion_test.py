#!/usr/bin/env python3
"""The completion scripts parse in their shells, and bash completes what the tables hold. Shells that are not here are left out."""
import os
import shutil
import subprocess
import sys
import tempfile


def script(binary, shell):
    return subprocess.run([binary, "completion", shell], capture_output=True, text=True, check=True).stdout


def completed(text, line):
    """What bash offers at the end of `line`."""
    words = line.split(" ")
    setup = " ".join("'" + word + "'" for word in words)
    program = f"{text}\nCOMP_WORDS=({setup})\nCOMP_CWORD={len(words) - 1}\n_larder\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    return subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True).stdout.splitlines()


def completed_by_fish(text, line):
    """What fish offers, without the descriptions."""
    program = f"{text}\ncomplete -C '{line}'\n"
    run = subprocess.run(["fish", "--no-config", "-c", program], capture_output=True, text=True, check=True)
    return [offer.split("\t")[0] for offer in run.stdout.splitlines()]


def main():
    binary = os.path.abspath(sys.argv[1])
    wrong = []
    for shell in ("bash", "zsh", "fish"):
        path = shutil.which(shell)
        if path is None:
            print(f"{shell}: not here, left out")
            continue
        with tempfile.NamedTemporaryFile("w", suffix="." + shell) as file:
            file.write(script(binary, shell))
            file.flush()
            run = subprocess.run([path, "-n" if shell != "fish" else "--no-execute", file.name], capture_output=True, text=True, check=False)
            if run.returncode != 0 or run.stderr:
                wrong.append(f"{shell}: {run.stderr}")
    complete = {"bash": completed}
    if shutil.which("fish"):
        complete["fish"] = completed_by_fish
    for line, expected in (
        ("larder pu", {"pull"}),
        ("larder cache pr", {"prune"}),
        ("larder pull --prefer sa", {"safetensors"}),
        ("larder pull org/name --require", {"--require-pinned"}),
        ("larder cache gc --max", {"--max-size"}),
        ("larder doctor n", {"net"}),
        ("larder completion ", {"bash", "zsh", "fish"}),
        ("larder pull --repo-type ", {"model", "dataset", "space", "kernel"}),
    ):
        for shell, ask in complete.items():
            offered = set(ask(script(binary, shell), line))
            if offered != expected:
                wrong.append(f"{shell}: {line!r}: expected {expected}, got {offered}")
    for line, expected in (
        ("larder pull --prefer = sa", ["safetensors"]),  # as bash splits --prefer=sa
        ("larder pull --prefer =", ["safetensors", "gguf", "onnx", "any"]),
    ):
        offered = completed(script(binary, "bash"), line)
        if offered != expected:
            wrong.append(f"bash: {line!r}: expected {expected}, got {offered}")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + "/my models")
        offered = completed(script(binary, "bash"), f"larder pull --cache-dir {folder}/my")
        if offered != [folder + "/my models"]:
            wrong.append(f"bash: a folder with a space: got {offered}")
    print("\n".join(wrong) or "completion: all right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
