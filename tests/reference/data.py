#!/usr/bin/env python3
"""Writes tests/reference/data.json: what scikit-learn (1.9.1, numpy 2.4.6) makes of its data sets.

    python tests/reference/data.py
"""

import json
import pathlib

import numpy as np
from sklearn import datasets, impute, model_selection, preprocessing, utils

out = {}
for name in ["iris", "wine", "breast_cancer", "digits"]:
    bunch = getattr(datasets, "load_" + name)()
    x, y = bunch.data, bunch.target
    names = [str(n) for n in bunch.target_names]
    order = sorted(range(len(names)), key=lambda i: names[i])
    count = lambda labels: [int((labels == c).sum()) for c in order]
    standard = preprocessing.StandardScaler().fit(x)
    minmax = preprocessing.MinMaxScaler().fit(x)
    # 70 %, 15 %, 15 % as a user would: test first, then dev out of what is left.
    n = len(y)
    # Sizes by largest remainder; dev comes before test.
    quota, left = n * 15 // 100, n - n * 70 // 100 - 2 * (n * 15 // 100)
    parts = sorted([(-(n * 70 % 100), 0), (-(n * 15 % 100), 1), (-(n * 15 % 100), 2)])[:left]
    dev_size, test_size = [quota + any(i == which for _, i in parts) for which in (1, 2)]
    rest, test = model_selection.train_test_split(y, test_size=test_size, stratify=y, random_state=0)
    train, dev = model_selection.train_test_split(rest, test_size=dev_size, stratify=rest, random_state=0)
    folds = model_selection.StratifiedKFold(5, shuffle=True, random_state=0).split(x, y)
    out[name] = {
        "rows": len(y),
        "classes": [names[c] for c in order],
        "counts": count(y),
        "first": x[0].tolist(),
        "last": x[-1].tolist(),
        "sum": float(np.float64(sum(map(float, x.ravel())))),
        "mean": standard.mean_.tolist(),
        "deviation": np.sqrt(standard.var_).tolist(),
        "zscored_first": standard.transform(x)[0].tolist(),
        "minmaxed_last": minmax.transform(x)[-1].tolist(),
        "split": {"train": count(train), "dev": count(dev), "test": count(test)},
        "folds": sorted(count(y[held]) for _, held in folds),
        "balanced": utils.class_weight.compute_class_weight("balanced", classes=np.array(order), y=y).tolist(),
    }

nan = float("nan")
holes = np.array([[1.0], [nan], [2.0], [2.0], [10.0], [nan], [7.0]])
out["impute"] = {
    rule: float(impute.SimpleImputer(strategy=rule).fit(holes).statistics_[0])
    for rule in ["mean", "median", "most_frequent"]
}
path = pathlib.Path(__file__).with_name("data.json")
path.write_text(json.dumps(out, indent=1) + "\n")
