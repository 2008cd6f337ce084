"""A census of damage: 2,000 blobs, twelve kinds of damage among them; exactly the damaged ones are reported, fetched again and put right."""
import collections
import json
import os
import pathlib
import random
import shutil
import urllib.parse

import harness
from harness import ClientTest, Hub
from made_cache import picture
from repos import Root, blob_name

REPO, FOLDER, COMMIT = "org/many", "models--org--many", "7" * 40
COUNT, EVERY = 2000, 6


def content(number):
    """Sizes repeat on purpose: a blob of the right size is not a right blob."""
    return b"%d " % number + bytes([97 + number % 26]) * (50 + number % 700)


FILES = {f"d{number % 9}/{number}.{'bin' if number % 3 == 0 else 'json'}": content(number) for number in range(COUNT)}


class Census(ClientTest):
    def setUp(self):
        super().setUp()
        self.blobs = self.cache / FOLDER / "blobs"
        self.source = Root(self.scratch / "repos").add(REPO, [(COMMIT, "main", FILES)]).folder
        with Hub("--root", self.source) as hub:
            self.pull(REPO, endpoint=hub.endpoint)
        self.expected = collections.defaultdict(set)  # kind → names in blobs/ or paths in the snapshot

    def flip(self, blob, _):
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 4
        blob.write_bytes(data)
        self.expected["digest"].add(blob.name)

    def zero(self, blob, _):
        blob.write_bytes(bytes(blob.stat().st_size))  # what a power cut leaves (L6)
        self.expected["digest"].add(blob.name)

    def shorten(self, blob, _):
        blob.write_bytes(blob.read_bytes()[:-1])
        self.expected["size"].add(blob.name)

    def lengthen(self, blob, _):
        with blob.open("ab") as out:
            out.write(b"\n")
        self.expected["size"].add(blob.name)

    def empty(self, blob, _):
        blob.write_bytes(b"")
        self.expected["empty"].add(blob.name)

    def remove(self, blob, _):
        blob.unlink()
        self.expected["missing"].add(blob.name)

    def rename(self, blob, _):
        wrong = blob.with_name(("0" if blob.name[0] != "0" else "1") + blob.name[1:])
        blob.rename(wrong)
        self.expected["missing"].add(blob.name)
        self.expected["misnamed"].add(wrong.name)

    def other_bytes(self, blob, other):
        shutil.copyfile(other, blob)  # the bytes of a file that the listing has
        self.expected["misnamed"].add(blob.name)

    def folder(self, blob, _):
        blob.unlink()
        blob.mkdir()
        self.expected["missing"].add(blob.name)

    def fifo(self, blob, _):
        blob.unlink()
        os.mkfifo(blob)
        self.expected["missing"].add(blob.name)

    def dangle(self, blob, _):
        blob.unlink()
        blob.symlink_to("../../nowhere")
        self.expected["missing"].add(blob.name)

    def upper_case(self, blob, _):
        blob.rename(blob.with_name(blob.name.upper()))
        self.expected["missing"].add(blob.name)
        self.expected["misnamed"].add(blob.name.upper())

    WAYS = (flip, zero, shorten, lengthen, empty, remove, rename, other_bytes, folder, fifo, dangle, upper_case)

    def spoil(self):
        """Every sixth file, the ways in turn; returns the paths that are not right any more."""
        paths = sorted(FILES)
        random.Random(5).shuffle(paths)
        spoilt = paths[::EVERY]
        for number, path in enumerate(spoilt):
            blob = self.blobs / blob_name(path, FILES[path])
            sound = next(one for one in paths[1::EVERY] if one.rsplit(".", 1)[1] == path.rsplit(".", 1)[1])
            self.WAYS[number % len(self.WAYS)](self, blob, self.blobs / blob_name(sound, FILES[sound]))
        return set(spoilt)

    def strew(self):
        """Somebody's own files at every level."""
        repo = self.cache / FOLDER
        for place in (self.cache, repo, repo / "refs.mine", repo / "snapshots" / COMMIT, repo / "snapshots" / COMMIT / "d1", self.blobs):
            place.mkdir(exist_ok=True)
            (place / "notes of mine.txt").write_text(f"mine {place.name}")

    def verify(self, *words, code, **options):
        done = self.larder("cache", "verify", "--json", *words, check=False, **options)
        self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr)
        return json.loads(done.stdout)

    def damage(self, report):
        found = collections.defaultdict(set)
        for one in report["findings"]:
            if one["kind"] not in ("foreign", "partial"):
                found[one["kind"]].add(os.path.basename(one["path"]))
        return dict(found)

    def sight(self):
        """Everything but larder's own bookkeeping and the locks."""
        return picture(self.cache, skip=(FOLDER + "/.larder", ".locks"))

    def test_exactly_the_damaged_blobs_are_reported_and_put_right(self):
        self.strew()
        self.assertEqual(self.damage(self.verify(code=0)), {})
        whole = self.sight()
        spoilt = self.spoil()
        before = self.sight()
        report = self.verify(code=7)
        self.assertEqual(self.damage(report), dict(self.expected))
        self.assertEqual(self.damage(self.verify(REPO, code=7)), dict(self.expected))
        self.assertEqual(self.sight(), before)  # looking changes nothing
        with Hub("--root", self.source) as hub:
            repaired = self.verify("--repair", code=0, endpoint=hub.endpoint)
        self.assertTrue(all(one["repaired"] for one in repaired["findings"] if one["kind"] not in ("foreign", "partial")))
        asked = {urllib.parse.unquote(line[2].split("?")[0]).rsplit("/", 1)[1] for line in hub.body_requests()}
        self.assertEqual({path for path in FILES if asked & {path.split("/")[1], blob_name(path, FILES[path])}}, spoilt)
        for name in self.expected["misnamed"]:
            if name != name.lower():
                (self.blobs / name).unlink()  # no name of a blob, so it is nobody's, and stays
        self.assertEqual(self.sight(), whole)  # blobs, links, modes, and what is not ours, byte for byte
        self.assertEqual(self.damage(self.verify(code=0)), {})


if __name__ == "__main__":
    harness.main(needs_clients=False)
