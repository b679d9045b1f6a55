"""python develop.py SOLVER…: regret on our own functions at 30, 50, 100 trials (0 = best of 20,000 random points and all runs, 1 = their median)."""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from functions import FUNCTIONS
from spaces import Choice, Int, solver

STORE = Path("/tmp/caviar-develop")


def point(space, g):
    def draw(d):
        if isinstance(d, Choice):
            return d.options[g.integers(len(d.options))]
        if d.log:
            x = np.exp(g.uniform(np.log(d.low), np.log(d.high)))
        else:
            x = g.uniform(d.low, d.high)
        return int(g.integers(d.low, d.high + 1)) if isinstance(d, Int) and not d.log else int(round(x)) if isinstance(d, Int) else x

    return {k: draw(d) for k, d in space.items()}


def run(job):
    name, function, seed = job
    space, f = FUNCTIONS[function](seed)
    s = solver(name, space, seed, 100)
    values, spent = [], 0.0
    for _ in range(100):
        start = time.perf_counter()
        p = s.ask()
        spent += time.perf_counter() - start
        if p is None:
            break
        v = f(p)
        values.append(v)
        s.tell(v)
    s.close()
    return name, function, seed, values, spent / len(values)


def scale(function, seed):
    space, f = FUNCTIONS[function](seed)
    g = np.random.default_rng(5)
    values = sorted(f(point(space, g)) for _ in range(4000))
    return values[0], values[len(values) // 2]


def main():
    names, seeds = [a for a in sys.argv[1:] if not a.isdigit()], int(next((a for a in sys.argv[1:] if a.isdigit()), 8))
    STORE.mkdir(exist_ok=True)
    jobs = []
    for name in names:
        for function in FUNCTIONS:
            for seed in range(seeds):
                if name.startswith("caviar") or not (STORE / f"{name}.{function}.{seed}").exists():
                    jobs.append((name, function, seed))
    with ProcessPoolExecutor(2) as pool:
        for name, function, seed, values, spent in pool.map(run, jobs, chunksize=4):
            (STORE / f"{name}.{function}.{seed}").write_text(json.dumps([values, spent]))
    scales = {}
    cache = STORE / "scales.json"
    if cache.exists():
        scales = json.loads(cache.read_text())
    for function in FUNCTIONS:
        for seed in range(seeds):
            if f"{function}.{seed}" not in scales:
                scales[f"{function}.{seed}"] = scale(function, seed)
    cache.write_text(json.dumps(scales))
    print(f"{'':14}" + "".join(f"{n:>32}" for n in names))
    totals = {n: [[], [], []] for n in names}
    for function in FUNCTIONS:
        row = f"{function:14}"
        runs = {}
        for seed in range(seeds):
            low, median = scales[f"{function}.{seed}"]
            everything = [json.loads(p.read_text())[0] for p in STORE.glob(f"*.{function}.{seed}")]
            low = min([low] + [min(v) for v in everything])
            scales_low = low
            for n in names:
                values = json.loads((STORE / f"{n}.{function}.{seed}").read_text())[0]
                runs.setdefault(n, []).append([(min(values[:t]) - scales_low) / (median - scales_low) for t in (30, 50, 100)])
        for n in names:
            r = np.array(runs[n])
            m = np.exp(np.log(r + 1e-4).mean(0))
            for i in range(3):
                totals[n][i].append(np.log(r[:, i] + 1e-4).mean())
            row += "    " + " ".join(f"{x:.4f}" for x in r.mean(0)) + f" ({m[2]:.4f})"
        print(row)
    print("geometric mean " + "  ".join(f"{n}: " + " ".join(f"{np.exp(np.mean(t)):.4f}" for t in totals[n]) for n in names))
    for n in names:
        spent = [json.loads(p.read_text())[1] for p in STORE.glob(f"{n}.*")]
        print(f"{n}: {1000 * np.mean(spent):.1f} ms a suggestion")


main()
