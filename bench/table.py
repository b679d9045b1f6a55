#!/usr/bin/env python3
"""Makes a CSV of 1 million rows and 50 columns, and reads it with caviar, polars and pandas' pyarrow engine in turn.

    pip install polars pandas pyarrow numpy
    python bench/table.py [FILE]

The fastest of several rounds each, a process a reading; peak memory is that of the process.
"""

import os
import re
import subprocess
import sys

FILE = sys.argv[1] if len(sys.argv) > 1 else "/tmp/caviar-bench-table.csv"
ROUNDS = 5
PEERS = {
    "polars": "import polars as p; t = now(); f = p.read_csv(FILE); s = now() - t",
    "pandas": "import pandas as p; t = now(); f = p.read_csv(FILE, engine='pyarrow'); s = now() - t",
}

if not os.path.exists(FILE):
    import numpy

    random = numpy.random.default_rng(0)
    with open(FILE, "w") as file:
        file.write(",".join([f"x{i}" for i in range(49)] + ["y"]) + "\n")
        for _ in range(100):
            block = random.normal(size=(10_000, 49)) * 10.0 ** random.integers(-3, 4, size=49)
            labels = random.integers(0, 3, size=10_000)
            for row, label in zip(block.tolist(), labels.tolist()):
                file.write(",".join(["%.6g" % v for v in row] + ["abc"[label]]) + "\n")

subprocess.run(["cargo", "build", "--release", "--bench", "table", "-q"], check=True)
found = subprocess.run(
    ["cargo", "bench", "--bench", "table", "--no-run"], check=True, capture_output=True, text=True
).stderr
binary = re.search(r"\((.*table-[0-9a-f]+)\)", found).group(1)

best = {}
for _ in range(ROUNDS):
    for name, code in PEERS.items():
        script = f"""
import resource
from time import perf_counter as now
FILE = {FILE!r}
{code}
print(s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
        said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        if said.returncode == 0:
            seconds, memory = map(float, said.stdout.split())
            best[name] = min(best.get(name, (1e9, 0)), (seconds, memory))
    said = subprocess.run([binary, FILE], check=True, capture_output=True, text=True).stdout
    seconds, memory = map(float, re.search(r"read ([\d.]+) s, (\d+) MB", said).groups())
    best["caviar"] = min(best.get("caviar", (1e9, 0)), (seconds, memory))
    seconds, memory = map(float, re.search(r"features ([\d.]+) s, (\d+) MB", said).groups())
    best["caviar, ready to train"] = min(best.get("caviar, ready to train", (1e9, 0)), (seconds, memory))

for name, (seconds, memory) in best.items():
    print(f"{name:24} {seconds:7.2f} s {memory:7.0f} MB   {seconds / best['polars'][0]:.2f}x {memory / best['polars'][1]:.2f}x")
