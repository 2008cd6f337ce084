"""`--include` and `--exclude` against huggingface_hub's own filter_repo_objects, on names and patterns made at random (F-1…F-48)."""
import json
import random

import harness
from harness import ClientTest, Hub
from repos import FIRST, Root

REPO = "org/f"
SEED = 20261129
NAMES = ["a", "b.json", "B.json", "a.b", "dir/a", "dir/b.json", "dir/deep/c.bin", "DIR2/x", "[a]", "[ab].json", "a*b", "a?b", "a!b", "a-b", "a^b", "a]b", ".a", ".git2/x", "dir.json/x",
         "é.json", "日本/é", "a b", "#a", "{a,b}", "~a", "a,b", "(a)", "a+b", "a$", "model-00001-of-00002.safetensors", "x/y/z/w", "x/.y/z"]
PIECES = ["a", "b", "A", "x", "é", "日", ".", "/", "*", "**", "?", "[", "]", "[ab]", "[!a]", "[^a]", "[a-z]", "[z-a]", "[]a]", "[!]a]", "[a", "[-a]", "[a-]", "[!", "[]", "\\", "-", "!", "^", "#", "{",
          "}", ",", "json", ".json", "dir/", "*/", "(", "+", "$", "~", " "]
ASK_HF = """
import json, sys
from huggingface_hub.utils import filter_repo_objects
names, rounds = json.load(sys.stdin)
print(json.dumps([sorted(filter_repo_objects(names, allow_patterns=allow, ignore_patterns=ignore)) for allow, ignore in rounds]))
"""


def made_patterns(source, most):
    """None, or one to `most` patterns; an empty one can't be written on larder's command line."""
    if source.random() < 0.25:
        return None
    return ["".join(source.choice(PIECES) for _ in range(source.randint(1, 5))) for _ in range(source.randint(1, most))]


class Filters(ClientTest):
    def test_the_same_files_are_chosen(self):
        source = random.Random(SEED)
        rounds = [(made_patterns(source, 2), made_patterns(source, 2)) for _ in range(250)]
        wanted = json.loads(self.python(ASK_HF, stdin=json.dumps([NAMES, rounds])))
        root = Root(self.scratch / "repos").add(REPO, [(FIRST, "main", {name: b"x" for name in NAMES})]).folder
        with Hub("--root", root) as hub:
            self.larder("pull", REPO, endpoint=hub.endpoint)
        for (allow, ignore), right in zip(rounds, wanted):
            flags = [f"--include={pattern}" for pattern in allow or ()] + [f"--exclude={pattern}" for pattern in ignore or ()]
            with self.subTest(include=allow, exclude=ignore):
                found = json.loads(self.larder("files", REPO, "--offline", "--json", *flags).stdout)
                self.assertEqual(sorted(file["path"] for file in found["files"]), right)


if __name__ == "__main__":
    harness.main()
