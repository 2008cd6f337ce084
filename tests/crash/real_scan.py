#!/usr/bin/env python3
"""Runs huggingface_hub's own scan over many caches: reads a path a line, answers with a JSON list of warnings a line. For rig.py."""
import json
import sys

from huggingface_hub import scan_cache_dir
from huggingface_hub.errors import CacheNotFound

for line in sys.stdin:
    try:
        answer = [str(warning) for warning in scan_cache_dir(line.rstrip("\n")).warnings]
    except CacheNotFound:
        answer = []  # nothing has been made yet
    print(json.dumps(answer), flush=True)
