"""Pruning beside Optuna: both drive the same training of digits, an epoch at a time.

    python bench/pruning.py [--caviar target/release/caviar] [--seeds 10] [--trials 30] [--only caviar]

Needs scikit-learn and optuna. Writes a table to standard output: the best dev accuracy that was found and the epochs that were spent, mean and
95 % interval over the seeds. Every method proposes from the same space; the network, the split and the seed of each trial's weights are the same.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import warnings

import numpy
import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

EPOCHS = 27
NOTEBOOK = """
experiment mine {{
  run      = command("true {{rate}} {{l2}} {{width}} {{batch}}")
  rate     = log(1e-5, 1)
  l2       = log(1e-6, 1e-1)
  width    = int(4, 128, scale = log)
  batch    = int(16, 256, scale = log)
  search   = {search}(trials = {trials})
  {prune}
  epochs   = {epochs}
  maximize = dev.accuracy
  seed     = {seed}
  lag      = 1
}}
"""


def data():
    x, y = load_digits(return_X_y=True)
    x = (x - x.mean(0)) / (x.std(0) + 1e-9)
    return train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)


XT, XD, YT, YD = data()


def training(rate, l2, width, batch):
    """Dev accuracy after each epoch."""
    net = MLPClassifier((int(width),), learning_rate_init=rate, alpha=l2, batch_size=int(batch), random_state=0)
    for _ in range(EPOCHS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.partial_fit(XT, YT, classes=range(10))
        yield float(net.score(XD, YD))


def with_optuna(pruner, sampler, trials, seed):
    spent = 0

    def objective(trial):
        nonlocal spent
        settings = dict(
            rate=trial.suggest_float("rate", 1e-5, 1, log=True),
            l2=trial.suggest_float("l2", 1e-6, 1e-1, log=True),
            width=trial.suggest_int("width", 4, 128, log=True),
            batch=trial.suggest_int("batch", 16, 256, log=True),
        )
        for epoch, accuracy in enumerate(training(**settings), 1):
            spent += 1
            trial.report(accuracy, epoch)
            if epoch < EPOCHS and trial.should_prune():
                raise optuna.TrialPruned()
        return accuracy

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", pruner=pruner, sampler=sampler(seed))
    study.optimize(objective, n_trials=trials)
    return study.best_value, spent


def with_caviar(program, search, prune, trials, seed):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "mine.exp"
        path.write_text(NOTEBOOK.format(search=search, prune=prune, trials=trials, epochs=EPOCHS, seed=seed))
        process = subprocess.Popen(
            [program, "suggest", str(path), "mine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

        def say(line):
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        best, spent = 0.0, 0
        while given := say({"ask": 1})["trials"]:
            trial = given[0]
            for epoch, accuracy in enumerate(training(**trial["settings"]), 1):
                spent += 1
                if say({"tell": trial["id"], "epoch": epoch, "value": accuracy})["stop"]:
                    break
            else:
                best = max(best, accuracy)
                say({"tell": trial["id"], "value": accuracy})
        process.stdin.close()
        process.wait()
        return best, spent


def interval(values):
    if len(values) < 2:
        return 0.0
    return 2.1 * statistics.stdev(values) / len(values) ** 0.5


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--caviar", default="target/release/caviar")
    arguments.add_argument("--seeds", type=int, default=10)
    arguments.add_argument("--trials", type=int, default=30)
    arguments.add_argument("--only", default="", help="methods whose name has this")
    given = arguments.parse_args()
    random = lambda seed: optuna.samplers.RandomSampler(seed=seed)
    tpe = lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True)
    halving = lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    median = lambda: optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=5)
    caviar = lambda search, prune: lambda n, seed: with_caviar(given.caviar, search, prune, n, seed)
    methods = {
        "Optuna TPE, no pruning": lambda n, s: with_optuna(optuna.pruners.NopPruner(), tpe, n, s),
        "caviar auto, no pruning": caviar("auto", ""),
        "Optuna TPE, successive halving": lambda n, s: with_optuna(halving(), tpe, n, s),
        "caviar auto, halving": caviar("auto", "prune = halving(factor = 3)"),
        "Optuna TPE, median": lambda n, s: with_optuna(median(), tpe, n, s),
        "caviar auto, median": caviar("auto", "prune = median(after = 5)"),
        "Optuna TPE, hyperband": lambda n, s: with_optuna(optuna.pruners.HyperbandPruner(1, EPOCHS, 3), tpe, n, s),
        "caviar auto, hyperband": caviar("auto", "prune = hyperband(factor = 3)"),
    }
    print(f"| {given.trials} trials, {given.seeds} seeds | best dev accuracy | epochs spent |\n|---|---:|---:|")
    for name, method in methods.items():
        if given.only not in name:
            continue
        results = [method(given.trials, seed) for seed in range(given.seeds)]
        best, spent = zip(*results)
        print(
            f"| {name} | {numpy.mean(best):.4f} ± {interval(best):.4f} | {numpy.mean(spent):.0f} ± {interval(spent):.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
