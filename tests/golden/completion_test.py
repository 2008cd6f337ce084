#!/usr/bin/env python3
"""The completion scripts parse in their shells, and each of them completes what the tables hold. Shells that are not here are left out."""
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time


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


# zsh completes only in its line editor. Every match goes through compadd, so that is where they are written down.
ZSH_SETUP = r"""
PS1= ; unsetopt beep zle_bracketed_paste prompt_cr prompt_sp ; autoload -U compinit ; compinit -u -D ; source {script}
compadd() {{
  if [[ " ${{(j: :)@[1,(i)(-|--)]}} " == *\ -[OAD]\ * ]]; then builtin compadd "$@"; return; fi
  local -a matches ; builtin compadd -A matches "$@" ; print -rl -- $matches >> {out} ; builtin compadd "$@"
}}
finish() {{ print -r -- "=done" >> {out} ; BUFFER= }}
zle -N finish ; bindkey '^X' finish ; bindkey '^I' complete-word
print "=ready" >> {out}
"""


def completed_by_zsh(text, line):
    """What zsh offers in its editor, on a terminal of its own."""
    with tempfile.TemporaryDirectory() as folder:
        script_path, out = folder + "/_larder", folder + "/out"
        pathlib.Path(script_path).write_text(text, encoding="utf-8")
        pathlib.Path(folder + "/.zshrc").write_text(ZSH_SETUP.format(script=script_path, out=out), encoding="utf-8")
        process, terminal = pty.fork()
        if process == 0:
            os.execvpe("zsh", ["zsh", "-d", "-i"], {**os.environ, "ZDOTDIR": folder, "TERM": "dumb", "HOME": folder})
        try:
            wait_for(terminal, out, "=ready")
            os.write(terminal, line.encode() + b"\t\x18")
            return [word for word in wait_for(terminal, out, "=done") if not word.startswith("=")]
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(terminal)


def wait_for(terminal, path, word):
    """The lines of the file at `path`, once `word` is among them; what the terminal shows is read away meanwhile."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 65536)
        lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines() if os.path.exists(path) else []
        if word in lines:
            return lines
    raise TimeoutError(f"zsh never said {word}")


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
    if shutil.which("zsh"):
        complete["zsh"] = completed_by_zsh
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
