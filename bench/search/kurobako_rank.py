"""python kurobako_rank.py RESULTS.json…: mean rank of each solver over problems and repeats, by the best value and by the area under the best so far."""

import json
import sys

import numpy as np
from scipy import stats

runs = {}
for path in sys.argv[1:]:
    for line in open(path):
        s = json.loads(line)
        values = [e["values"][0] if e["values"] else np.inf for t in s["trials"] for e in t["evaluations"][:1]]
        best = np.minimum.accumulate(values)
        asked = np.mean([t["evaluations"][0]["ask_elapsed"] for t in s["trials"][1:] if t["evaluations"]])
        problem = json.dumps(s["problem"]["recipe"])
        runs.setdefault(s["solver"]["spec"]["name"].replace("caviar ", "caviar-"), {}).setdefault(problem, []).append((best[-1], best.mean(), asked))
names = sorted(runs)
problems = sorted(runs[names[0]])
repeats = min(len(runs[n][p]) for n in names for p in problems)
print(f"| {len(problems)} problems, {repeats} repeats, {len(names)} solvers | mean rank, best value | mean rank, area | rank of the mean best value | ms a suggestion |")
print("|---|---|---|---|---|")
table = np.array([[[runs[n][p][r][:2] for n in names] for r in range(repeats)] for p in problems])
ranks = np.stack([stats.rankdata(table[..., k], axis=2) for k in (0, 1)], -1).mean(0)
of_mean = stats.rankdata(table[..., 0].mean(1), axis=1).mean(0)
for i in np.argsort(ranks[:, :, 0].mean(0)):
    half = stats.t.ppf(0.975, repeats - 1) * ranks[:, i].std(0, ddof=1) / np.sqrt(repeats)
    mean = ranks[:, i].mean(0)
    spent = 1000 * np.mean([r[2] for p in problems for r in runs[names[i]][p]])
    print(f"| {names[i]} | {mean[0]:.2f} ± {half[0]:.2f} | {mean[1]:.2f} ± {half[1]:.2f} | {of_mean[i]:.2f} | {spent:.1f} |")
