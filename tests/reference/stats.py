"""Reference values for caviar's statistics, from scipy: python tests/reference/stats.py > tests/reference/stats.json"""

import json

import numpy as np
import scipy
from scipy import special, stats

rng = np.random.default_rng(7)
out = {"scipy": scipy.__version__}

xs = [-37.0, -12.5, -6.0, -3.1, -1.0, -0.3, 0.0, 1e-9, 0.5, 1.7, 2.4, 3.6, 5.0, 8.2]
out["normal_cdf"] = [[x, float(stats.norm.cdf(x))] for x in xs]
out["normal_log_cdf"] = [[x, float(stats.norm.logcdf(x))] for x in xs]
out["scaled_erfc"] = [[x, float(special.erfcx(x))] for x in [0.0, 0.1, 0.7, 1.3, 2.0, 2.49, 2.5, 3.0, 5.0, 20.0, 1e3]]
ps = [1e-300, 1e-20, 1e-6, 0.001, 0.075, 0.0750001, 0.3, 0.5, 0.6, 0.92, 0.925, 0.999, 1 - 1e-9]
out["normal_quantile"] = [[p, float(stats.norm.ppf(p))] for p in ps]
out["beta_cdf"] = [
    [x, a, b, float(special.betainc(a, b, x))]
    for a, b in [(0.5, 0.5), (1, 3), (2.5, 0.5), (10, 10), (150, 0.5), (40, 90)]
    for x in [0.001, 0.2, 0.35, 0.5, 0.9, 0.999]
]
fs = [1, 1.7, 2, 5, 9, 29.5, 300]
out["t_cdf"] = [[t, f, float(stats.t.cdf(t, f))] for t in [-40, -3, -0.2, 0, 0.7, 2.1, 12] for f in fs]
out["t_quantile"] = [[p, f, float(stats.t.ppf(p, f))] for p in [0.005, 0.2, 0.5, 0.9, 0.975, 0.9995] for f in fs]

samples = [
    [0.91, 0.93, 0.90, 0.95],
    [1.0, 2.0],
    list(np.round(rng.normal(0, 1, 12), 6)),
    list(np.round(rng.exponential(2, 30), 6)),
]
out["mean_interval"] = []
for s in samples:
    i = stats.t.interval(0.95, len(s) - 1, loc=np.mean(s), scale=stats.sem(s))
    out["mean_interval"].append({"values": s, "low": float(i[0]), "high": float(i[1])})

out["bca"] = []
for s in [samples[0] + [0.92, 0.97, 0.89], samples[2], samples[3]]:
    i = stats.bootstrap((np.array(s),), np.mean, confidence_level=0.95, method="BCa", n_resamples=200_000,
                        rng=np.random.default_rng(1)).confidence_interval
    out["bca"].append({"values": s, "low": float(i.low), "high": float(i.high)})

pairs = [
    [0.01, 0.03, -0.02, 0.05, 0.04],
    [0.01, 0.03, 0.02, 0.05, 0.04, 0.07],
    list(np.round(rng.normal(0.5, 1, 12), 6)),
    list(np.round(rng.normal(0.3, 1, 18), 6)),
    [1.0, -1.0, 2.0, 0.0, 0.0, 3.0, 1.0],
]
out["sign_flip"] = []
for d in pairs:
    r = stats.permutation_test((np.array(d),), np.mean, permutation_type="samples", n_resamples=np.inf,
                               alternative="two-sided")
    out["sign_flip"].append({"differences": d, "p": float(r.pvalue)})
big = list(np.round(rng.normal(0.25, 1, 40), 6))
r = stats.permutation_test((np.array(big),), np.mean, permutation_type="samples", n_resamples=999_999,
                           alternative="two-sided", rng=np.random.default_rng(3))
out["sign_flip_drawn"] = {"differences": big, "p": float(r.pvalue)}

out["welch"] = []
for a, b in [(samples[0], samples[2]), (samples[2], samples[3]), ([1.0, 1.1], [1.0, 1.3, 1.2])]:
    r = stats.ttest_ind(a, b, equal_var=False)
    i = r.confidence_interval(0.95)
    out["welch"].append({"left": a, "right": b, "p": float(r.pvalue), "low": float(i.low), "high": float(i.high),
                         "freedom": float(r.df)})

out["within"] = []
for d, margin in [(pairs[1], 0.1), (pairs[1], 0.03), (pairs[2], 0.2), (pairs[3], 2.0)]:
    below = stats.ttest_1samp(d, -margin, alternative="greater").pvalue
    above = stats.ttest_1samp(d, margin, alternative="less").pvalue
    out["within"].append({"differences": d, "margin": margin, "inside": float(max(below, above))})

out["holm"] = []
for p in [[0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.9, 0.02], [0.011, 0.011, 0.2]]:
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1, np.maximum.accumulate((len(p) - np.arange(len(p))) * np.array(p)[order]))
    out["holm"].append([p, adjusted.tolist()])

print(json.dumps(out, indent=1))
