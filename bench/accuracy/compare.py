"""The same network trained by caviar, scikit-learn's MLPClassifier and PyTorch; writes docs/benchmarks-accuracy.md.

    bench/accuracy/run                     sets up the peers, builds, and calls this
    python bench/accuracy/compare.py --caviar target/release/caviar [--only iris]

All three get the same rows: stratified splits that are made here and written as CSV (tables) and npz (images). All scale to mean 0 and
deviation 1 by the training rows, code texts one-hot, start from Glorot's uniform distribution, and take the same steps of Adam on
mini-batches that are shuffled every epoch, in 32-bit floats. What differs: the random numbers, and scikit-learn draws its biases from the
same distribution as its weights, where the others start at 0.

A difference is paired by split: the mean over the seeds of one program less that of the other, on the same rows.
"""

import argparse
import csv
import gzip
import json
import os
import pathlib
import subprocess
import sys
import warnings

# Small products are slower on several threads, and much slower on a machine that does other things.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy
import sklearn
import sklearn.datasets
import torch
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.neural_network import MLPClassifier

ROOT = pathlib.Path(__file__).resolve().parents[2]
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
# name: hidden units, epochs, mini-batch, rate, training rows (a number, or a share of all), splits, seeds a split
WORK = {
    "iris": ([16], 60, 16, 0.01, 0.7, 12, 5),
    "wine": ([16], 30, 16, 0.01, 0.7, 12, 5),
    "breast_cancer": ([32, 16], 30, 32, 0.003, 0.7, 12, 5),
    "penguins": ([16], 30, 16, 0.01, 0.7, 12, 5),
    "digits": ([64, 32], 20, 32, 0.001, 0.7, 12, 5),
    "fashion_mnist": ([128, 64], 8, 128, 0.001, 10_000, 6, 2),
}
PROGRAMS = ["caviar", "scikit-learn", "PyTorch"]
# Two classes: scikit-learn's network has one output then, and so have the others.
BINARY = {"breast_cancer"}
# Students t, 97.5 %, by degrees of freedom.
T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201}


def idx(name):
    with gzip.open(FASHION / name) as file:
        data = file.read()
    dimensions = data[3]
    sizes = numpy.frombuffer(data, ">u4", dimensions, 4)
    return numpy.frombuffer(data, numpy.uint8, -1, 4 + 4 * dimensions).reshape(sizes.astype(int))


def rows(name):
    """Columns (name, values) and classes of a table, or an array of images and classes."""
    if name == "penguins":
        with open(ROOT / "experiments/penguins.csv", newline="") as file:
            table = [row for row in csv.DictReader(file) if not {"", "NA"} & set(row.values())]
        columns = {key: [row[key] for row in table] for key in table[0]}
        answers = numpy.array(columns.pop("species"))
        texts = {"island", "sex"}
        return {k: numpy.array(v) if k in texts else numpy.array(v, float) for k, v in columns.items()}, answers
    if name == "fashion_mnist":
        return idx("train-images-idx3-ubyte.gz"), idx("train-labels-idx1-ubyte.gz").astype(int)
    data = getattr(sklearn.datasets, f"load_{name}")()
    if name == "digits":
        return data.images.astype(numpy.uint8), data.target
    columns = {str(k).replace(" ", "_"): data.data[:, i] for i, k in enumerate(data.feature_names)}
    return columns, numpy.array([str(data.target_names[c]) for c in data.target])


def matrix(features, of):
    """What the peers train on: numbers as they are, texts one-hot in the order of the texts."""
    if not isinstance(features, dict):
        return features[of].reshape(len(of), -1).astype(float), None
    parts, scaled = [], []
    for values in features.values():
        if values.dtype.kind == "U":
            names = numpy.unique(values)
            parts.append((values[of][:, None] == names).astype(float))
        else:
            parts.append(values[of][:, None])
        scaled += [values.dtype.kind != "U"] * parts[-1].shape[1]
    return numpy.hstack(parts), numpy.array(scaled)


def prepared(features, train, test):
    (a, scaled), (b, _) = matrix(features, train), matrix(features, test)
    mean, deviation = a.mean(0), a.std(0)
    if scaled is not None:
        mean, deviation = numpy.where(scaled, mean, 0), numpy.where(scaled, deviation, 1)
    constant = deviation == 0
    deviation = numpy.where(constant, 1, deviation)
    return [numpy.where(constant, 0, (x - mean) / deviation).astype(numpy.float32) for x in (a, b)]


def write(folder, name, k, features, answers, sets):
    """The rows of a split for caviar; the source of each set in its language."""
    sources = []
    for role, of in zip(("train", "test"), sets):
        path = folder / f"{name}_{k}_{role}"
        if isinstance(features, dict):
            with open(path.with_suffix(".csv"), "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow([*features, "answer"])
                for i in of:
                    writer.writerow([*(v[i] if v.dtype.kind == "U" else repr(float(v[i])) for v in features.values()), answers[i]])
            sources.append(f'csv("{path.name}.csv", target = answer)')
        else:
            numpy.savez(path.with_suffix(".npz"), x=features[of], y=answers[of])
            sources.append(f'npz("{path.name}.npz")')
    return sources


def caviar(binary, folder, name, splits):
    """Accuracy and loss on the test rows by split and seed."""
    hidden, epochs, batch, rate, _, _, seeds = WORK[name]
    end = "dense(1, init = xavier) -> sigmoid" if name in BINARY else "dense(classes, init = xavier) -> softmax"
    layers = [f"dense({units}, init = xavier) -> relu" for units in hidden] + [end]
    text = f"network mlp {{ {' -> '.join(layers)} }}\n"
    for k, (train, test) in enumerate(splits):
        # A seed of its own, so that what is luck in one split is not luck in all.
        text += f"""
data part_{k} {{ source = {train}, test = {test}, split = [100%, 0%, 0%], normalize = zscore }}
experiment on_{k} {{
  data = part_{k}, network = mlp, optimizer = adam(rate = {rate}), epochs = {epochs}, batch = {batch}
  seed = {k + 1}, seeds = {seeds}, minimize = train.loss
}}
"""
    of = ", ".join(f"on_{k}" for k in range(len(splits)))
    text += f"table {{ of = [{of}], show = [test.accuracy, test.loss] }}\n"
    path = folder / f"{name}.exp"
    path.write_text(text)
    done = subprocess.run([binary, "run", path], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    shown = subprocess.run([binary, "show", path, "--csv"], check=True, capture_output=True, text=True).stdout
    found = {}
    for row in csv.DictReader(shown.splitlines()):
        found.setdefault(row["experiment"], []).append((float(row["test.accuracy"]), float(row["test.loss"])))
    return [found[f"on_{k}"] for k in range(len(splits))]


def judged(p, y):
    p = numpy.asarray(p, float)
    return float((p.argmax(1) == y).mean()), float(-numpy.log(numpy.maximum(p[range(len(y)), y], 1e-300)).mean())


def scikit_learn(name, x, y, test_x, test_y, seed):
    hidden, epochs, batch, rate, *_ = WORK[name]
    net = MLPClassifier(
        hidden, alpha=0, batch_size=batch, learning_rate_init=rate, max_iter=epochs, n_iter_no_change=10**6, tol=0, random_state=seed
    )
    with warnings.catch_warnings():
        # That the last epoch is the last.
        warnings.simplefilter("ignore")
        net.fit(x, y)
    return judged(net.predict_proba(test_x), test_y)


def pytorch(name, x, y, test_x, test_y, seed):
    hidden, epochs, batch, rate, *_ = WORK[name]
    torch.manual_seed(seed)
    widths = [x.shape[1], *hidden, 1 if name in BINARY else int(y.max()) + 1]
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
        torch.nn.init.xavier_uniform_(layers[-2].weight)
        torch.nn.init.zeros_(layers[-2].bias)
    net = torch.nn.Sequential(*layers[:-1])
    update, loss = torch.optim.Adam(net.parameters(), rate), torch.nn.CrossEntropyLoss()
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    if name in BINARY:
        loss, y = torch.nn.BCEWithLogitsLoss(), y.float()[:, None]
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for at in range(0, len(x), batch):
            of = order[at : at + batch]
            update.zero_grad()
            loss(net(x[of]), y[of]).backward()
            update.step()
    with torch.no_grad():
        z = net(torch.from_numpy(test_x)).double()
        p = torch.hstack([torch.sigmoid(-z), torch.sigmoid(z)]) if name in BINARY else torch.softmax(z, 1)
    return judged(p, test_y)


def interval(values):
    """Mean and half of the 95 % interval of it."""
    values = numpy.asarray(values)
    n = len(values)
    return values.mean(), T.get(n - 1, 2.0) * values.std(ddof=1) / n**0.5


def compare(binary, folder, name, programs, last):
    features, answers = rows(name)
    classes, codes = numpy.unique(answers, return_inverse=True)
    *_, share, count, seeds = WORK[name]
    splitter = StratifiedShuffleSplit(count, train_size=share, test_size=10_000 if share > 1 else None, random_state=0)
    splits = list(splitter.split(numpy.zeros(len(answers)), codes))
    # By program: split x seed x (accuracy, loss).
    results = dict(last)
    if "caviar" in programs:
        sources = [write(folder, name, k, features, answers, sets) for k, sets in enumerate(splits)]
        results["caviar"] = caviar(binary, folder, name, sources)
    peers = {peer: run for peer, run in {"scikit-learn": scikit_learn, "PyTorch": pytorch}.items() if peer in programs}
    results.update({peer: [] for peer in peers})
    for k, (train, test) in enumerate(splits if peers else []):
        x, test_x = prepared(features, train, test)
        for peer, run in peers.items():
            results[peer].append([run(name, x, codes[train], test_x, codes[test], 1000 * k + seed) for seed in range(seeds)])
        print(f"{name} {k + 1}/{count}", file=sys.stderr, flush=True)
    train, test = splits[0]
    return {"rows": [len(train), len(test)], "results": {p: numpy.array(results[p]).tolist() for p in PROGRAMS}}


def page(found, versions):
    lines = []
    worse = []
    for measure, (title, factor, digits) in enumerate([("Accuracy on the test rows, %", 100, 2), ("Cross entropy on the test rows", 1, 4)]):
        lines += [f"\n## {title}\n", "| | caviar | scikit-learn | PyTorch | less scikit-learn | less PyTorch |", "|---|---|---|---|---|---|"]
        for name, one in found.items():
            by_split = {p: numpy.array(r)[:, :, measure].mean(1) * factor for p, r in one["results"].items()}
            cells = [f"{by_split[p].mean():.{digits}f}" for p in by_split]
            for peer in ("scikit-learn", "PyTorch"):
                mean, half = interval(by_split["caviar"] - by_split[peer])
                cells.append(f"{mean:+.{digits}f} ± {half:.{digits}f}")
                if (mean < -half) if measure == 0 else (mean > half):
                    worse.append(f"{name}: {'accuracy' if measure == 0 else 'cross entropy'} against {peer}")
            lines.append(f"| {name} | {' | '.join(cells)} |")
    work = [
        f"| {name} | {one['rows'][0]} / {one['rows'][1]} | {' - '.join(map(str, WORK[name][0]))} | {WORK[name][1]} | {WORK[name][2]} | {WORK[name][3]} "
        f"| {len(one['results']['caviar'])} x {len(one['results']['caviar'][0])} |"
        for name, one in found.items()
    ]
    verdict = (
        "No difference lies beyond its interval to caviar's disadvantage."
        if not worse
        else "Beyond the interval to caviar's disadvantage: " + "; ".join(worse) + "."
    )
    return f"""# The same accuracy

Written by `bench/accuracy/run`. The same networks trained by caviar, scikit-learn {versions[0]} and PyTorch {versions[1]} on the same rows: fully
connected, relu between, softmax (for two classes one sigmoid) at the end, cross entropy, Adam, mini-batches shuffled every epoch, numbers scaled to mean 0 and deviation 1 by
the training rows, texts one-hot, weights from Glorot's uniform distribution, biases 0 (scikit-learn draws them like the weights), 32-bit floats.

| | rows of train / test | hidden units | epochs | mini-batch | rate | splits x seeds |
|---|---|---|---|---|---|---|
{chr(10).join(work)}

Each figure is a mean over the splits, of the mean over the seeds. *Less* is caviar's figure less the other's, paired by split, with its 95 %
interval (Student's t over the splits). Of {4 * len(found)} intervals one in twenty misses 0 by chance. {verdict}
{chr(10).join(lines)}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--caviar", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--only", nargs="*", default=list(WORK), help="measure these again and take the rest from the last time")
    parser.add_argument("--programs", nargs="*", default=PROGRAMS, help="likewise")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "target/accuracy")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.folder.mkdir(parents=True, exist_ok=True)
    last = args.folder / "results.json"
    found = json.loads(last.read_text()) if last.exists() else {}
    for name in args.only:
        if name == "fashion_mnist" and not FASHION.exists():
            print("fashion_mnist is left out: apt-get install dataset-fashion-mnist", file=sys.stderr)
            continue
        before = found.get(name, {}).get("results", {})
        found[name] = compare(args.caviar, args.folder, name, args.programs, before)
        last.write_text(json.dumps(found))
    found = {name: found[name] for name in WORK if name in found}
    text = page(found, (sklearn.__version__, torch.__version__.split("+")[0]))
    if list(found) == list(WORK):
        (ROOT / "docs/benchmarks-accuracy.md").write_text(text)
    print(text)


main()
