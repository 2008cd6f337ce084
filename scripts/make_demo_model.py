#!/usr/bin/env python3
"""Makes the demonstration repository that larder-hub serves: a tiny language model of random weights.

  make_demo_model.py [FOLDER]      writes tests/fixtures/hub/models/larder/demo (or FOLDER)
  make_demo_model.py --check       makes it again and compares: exit 1 when the stored one differs

Standard library only, and the same bytes on every machine. Everything in it is real in form: safetensors, a
byte-level BPE tokenizer trained here on the licence's text, a config that transformers reads, two GGUF files.
"""
import filecmp
import json
import pathlib
import random
import struct
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
STORED = ROOT / "tests/fixtures/hub/models/larder/demo"

LAYERS, WIDTH, HEADS, CONTEXT, VOCABULARY = 4, 64, 4, 128, 512
END_OF_TEXT = "<|endoftext|>"

CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
tags:
- demo
---

# demo

A GPT-2 of four layers with random weights, made by `scripts/make_demo_model.py`. It says nothing sensible:
it is here so that `larder pull larder/demo` has something to pull.
"""
NEWS = """
## Changes

- second commit: this section and `generation_config.json`; the weights are those of `v1.0`.
"""
ATTRIBUTES = """*.safetensors filter=lfs diff=lfs merge=lfs -text
*.gguf filter=lfs diff=lfs merge=lfs -text
"""


def tensor_shapes():
    """Name → shape of every tensor, as GPT2LMHeadModel calls them (lm_head is tied to wte)."""
    shapes = {"transformer.wte.weight": [VOCABULARY, WIDTH], "transformer.wpe.weight": [CONTEXT, WIDTH]}
    for layer in range(LAYERS):
        prefix = f"transformer.h.{layer}."
        for name, shape in {
            "ln_1.weight": [WIDTH], "ln_1.bias": [WIDTH],
            "attn.c_attn.weight": [WIDTH, 3 * WIDTH], "attn.c_attn.bias": [3 * WIDTH],
            "attn.c_proj.weight": [WIDTH, WIDTH], "attn.c_proj.bias": [WIDTH],
            "ln_2.weight": [WIDTH], "ln_2.bias": [WIDTH],
            "mlp.c_fc.weight": [WIDTH, 4 * WIDTH], "mlp.c_fc.bias": [4 * WIDTH],
            "mlp.c_proj.weight": [4 * WIDTH, WIDTH], "mlp.c_proj.bias": [WIDTH],
        }.items():
            shapes[prefix + name] = shape
    shapes["transformer.ln_f.weight"] = [WIDTH]
    shapes["transformer.ln_f.bias"] = [WIDTH]
    return shapes


def count(shape):
    total = 1
    for side in shape:
        total *= side
    return total


def tensor_values(name, shape, source):
    """Ones for norms, zeros for biases, else uniform noise of GPT-2's spread."""
    if name.endswith("bias"):
        return [0.0] * count(shape)
    if ".ln_" in name:
        return [1.0] * count(shape)
    return [(source.random() - 0.5) * 0.07 for _ in range(count(shape))]


def safetensors():
    source = random.Random(20261123)  # random() of a seeded generator is the same in every Python
    header, data = {"__metadata__": {"format": "pt"}}, bytearray()
    for name, shape in sorted(tensor_shapes().items()):
        values = tensor_values(name, shape, source)
        begin = len(data)
        data += struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors start aligned
    return struct.pack("<Q", len(text)) + text + bytes(data)


def byte_letters():
    """GPT-2's printable letter for each byte."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(256 + len(letters) - len(plain))
    return letters


def train_merges(text, how_many):
    """Byte-pair merges, the most frequent pair first; ties by the pair itself, so that the order is the same everywhere."""
    letters = byte_letters()
    words = {}
    for number, word in enumerate(text.split()):
        spelled = (" " if number else "") + word
        key = tuple(letters[byte] for byte in spelled.encode())
        words[key] = words.get(key, 0) + 1
    merges = []
    while len(merges) < how_many:
        pairs = {}
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + times
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = merge_words(words, best)
    return merges


def merge_words(words, pair):
    merged = {}
    for word, times in words.items():
        parts, at = [], 0
        while at < len(word):
            if word[at:at + 2] == pair:
                parts.append(pair[0] + pair[1])
                at += 2
            else:
                parts.append(word[at])
                at += 1
        merged[tuple(parts)] = merged.get(tuple(parts), 0) + times
    return merged


def tokenizer(text):
    merges = train_merges(text, VOCABULARY - 257)
    names = [END_OF_TEXT] + [letter for _, letter in sorted(byte_letters().items())] + [a + b for a, b in merges]
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": 0, "content": END_OF_TEXT, "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True}],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {name: number for number, name in enumerate(names)},
                  "merges": [f"{a} {b}" for a, b in merges]},
    }


def config():
    return {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new",
            "n_layer": LAYERS, "n_embd": WIDTH, "n_head": HEADS, "n_positions": CONTEXT, "n_ctx": CONTEXT,
            "vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 0, "initializer_range": 0.02,
            "layer_norm_epsilon": 1e-05, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
            "tie_word_embeddings": True, "torch_dtype": "float32"}


def tokenizer_config():
    return {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": CONTEXT, "bos_token": END_OF_TEXT,
            "eos_token": END_OF_TEXT, "unk_token": END_OF_TEXT, "clean_up_tokenization_spaces": False}


def gguf(part, parts):
    """A GGUF file of version 3 with metadata and no tensors."""
    def text(value):
        raw = value.encode()
        return struct.pack("<Q", len(raw)) + raw
    string, u16 = 8, 2
    fields = [("general.architecture", string, text("gpt2")), ("general.name", string, text("demo"))]
    fields += [("split.no", u16, struct.pack("<H", part)), ("split.count", u16, struct.pack("<H", parts))]
    out = b"GGUF" + struct.pack("<IQQ", 3, 0, len(fields))
    for name, kind, value in fields:
        out += text(name) + struct.pack("<I", kind) + value
    return out


def as_json(value):
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def files_of_first_commit(licence):
    return {"README.md": CARD.encode(), "LICENSE": licence.encode(),
            "config.json": as_json(config()), "tokenizer_config.json": as_json(tokenizer_config()),
            "tokenizer.json": as_json(tokenizer(licence)), "model.safetensors": safetensors(),
            "gguf/demo-Q4_K_M-00001-of-00002.gguf": gguf(0, 2), "gguf/demo-Q4_K_M-00002-of-00002.gguf": gguf(1, 2)}


def files_of_second_commit():
    return {"README.md": (CARD + NEWS).encode(),
            "generation_config.json": as_json({"bos_token_id": 0, "eos_token_id": 0, "do_sample": True})}


def describe():
    # .gitattributes is told here: as a file it would hold for the git repository that the fixture lies in.
    return {"commits": [{"title": "Add the demonstration model", "files": [
                            {"folder": "first"}, {"path": ".gitattributes", "text": ATTRIBUTES}]},
                        {"title": "Say what changed, add generation settings", "from": 0, "files": [{"folder": "second"}]}],
            "branches": {"main": 1}, "tags": {"v1.0": 0}}


def write(folder):
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    contents = {f"first/{name}": data for name, data in files_of_first_commit(licence).items()}
    contents.update({f"second/{name}": data for name, data in files_of_second_commit().items()})
    contents["repo.json"] = as_json(describe())
    for name, data in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return sorted(contents)


def check():
    with tempfile.TemporaryDirectory() as scratch:
        made = pathlib.Path(scratch)
        names = write(made)
        stored = sorted(path.relative_to(STORED).as_posix() for path in STORED.rglob("*") if path.is_file())
        wrong = sorted(set(names) ^ set(stored))
        wrong += [name for name in names if name in stored and not filecmp.cmp(made / name, STORED / name, shallow=False)]
    for name in wrong:
        print(f"differs: {name}")
    print(f"demo model: {len(names)} files, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    write(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else STORED)
