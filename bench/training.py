"""Training steps W1-W4 and the sweep W5 beside PyTorch, JAX and scikit-learn; writes docs/benchmarks.md.

    bench/run                 sets up the peers in a virtual environment, builds, and calls this
    python bench/training.py --steps target/release/deps/steps-... --kernels target/release/deps/kernels-... --caviar target/release/caviar

Every figure is the median of several rounds, and the rounds of all programs are interleaved, so that what else the machine does counts little.
One thread each, but for the part on both cores and the sweep. A step is forward, backward and update of one mini-batch, with shuffling and gathering.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

# name, widths, batch norm, mini-batch, examples, optimizer
WORK = {
    "W1": ([64, 64, 32, 10], False, 32, 1257, "adam"),
    "W2": ([64, 64, 32, 10], True, 32, 1257, "adam"),
    "W3": ([784, 256, 128, 10], True, 128, 10_000, "adam"),
    "W4": ([784, 1024, 1024, 10], True, 256, 10_000, "sgd"),
}
STEPS = {"W1": 400, "W2": 400, "W3": 78, "W4": 20}


def numbers(name):
    import numpy

    widths, _, _, rows, _ = WORK[name]
    random = numpy.random.default_rng(0)
    return random.standard_normal((rows, widths[0]), dtype=numpy.float32), random.integers(0, 10, rows)


def torch_step(name, compiled, threads=1):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    widths, norm, batch, rows, optimizer = WORK[name]
    x, y = (torch.from_numpy(a) for a in numbers(name))
    layers = []
    for a, b in zip(widths[:-2], widths[1:-1]):
        layers += [torch.nn.Linear(a, b, bias=not norm)] + [torch.nn.BatchNorm1d(b)] * norm + [torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(widths[-2], widths[-1]))
    if optimizer == "adam":
        update = torch.optim.Adam(net.parameters(), 1e-4, fused=True)
    else:
        update = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, fused=True)
    loss = torch.nn.CrossEntropyLoss()
    forward = torch.compile(lambda a, b: loss(net(a), b)) if compiled else (lambda a, b: loss(net(a), b))
    order, at = torch.randperm(rows), 0

    def step():
        nonlocal order, at
        if at + batch > rows:
            order, at = torch.randperm(rows), 0
        chosen = order[at : at + batch]
        at += batch
        update.zero_grad(set_to_none=True)
        forward(x[chosen], y[chosen]).backward()
        update.step()

    return step, 1


def jax_epoch(name):
    import jax
    import jax.numpy as np

    widths, norm, batch, rows, optimizer = WORK[name]
    x, y = (np.asarray(a) for a in numbers(name))
    key = jax.random.PRNGKey(0)
    params = []
    for a, b in zip(widths[:-1], widths[1:]):
        key, sub = jax.random.split(key)
        params.append({"w": jax.random.normal(sub, (a, b)) * (2 / a) ** 0.5, "b": np.zeros(b), "g": np.ones(b)})
    average = [{"m": np.zeros(b), "v": np.ones(b)} for b in widths[1:]]

    def loss(params, average, a, t):
        fresh = []
        for i, (p, s) in enumerate(zip(params, average)):
            z = a @ p["w"]
            if i + 1 == len(params):
                z = z + p["b"]
                fresh.append(s)
            elif norm:
                m, v = z.mean(0), z.var(0)
                fresh.append({"m": 0.9 * s["m"] + 0.1 * m, "v": 0.9 * s["v"] + 0.1 * v})
                a = jax.nn.relu((z - m) * jax.lax.rsqrt(v + 1e-5) * p["g"] + p["b"])
            else:
                fresh.append(s)
                a = jax.nn.relu(z + p["b"])
        return -np.take_along_axis(jax.nn.log_softmax(z), t[:, None], 1).mean(), fresh

    zeros = jax.tree.map(np.zeros_like, params)

    def step(state, chosen):
        params, average, m, v, n = state
        (_, average), g = jax.value_and_grad(loss, has_aux=True)(params, average, x[chosen], y[chosen])
        n = n + 1
        if optimizer == "adam":
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            scale = 1e-4 * np.sqrt(1 - 0.999**n) / (1 - 0.9**n)
            params = jax.tree.map(lambda p, m, v: p - scale * m / (np.sqrt(v) + 1e-8), params, m, v)
        else:
            m = jax.tree.map(lambda m, g: 0.9 * m + g, m, g)
            params = jax.tree.map(lambda p, m: p - 0.01 * m, params, m)
        return (params, average, m, v, n), None

    steps = rows // batch

    @jax.jit
    def epoch(state, key):
        order = jax.random.permutation(key, rows)[: steps * batch].reshape(steps, batch)
        return jax.lax.scan(step, state, order)[0]

    state = (params, average, zeros, zeros, np.zeros(()))

    def run():
        nonlocal state, key
        key, sub = jax.random.split(key)
        state = epoch(state, sub)
        jax.block_until_ready(state)

    return run, steps


def sklearn_epoch(name):
    from sklearn.neural_network import MLPClassifier

    widths, _, batch, rows, optimizer = WORK[name]
    x, y = numbers(name)
    net = MLPClassifier(widths[1:-1], solver=optimizer, batch_size=batch, learning_rate_init=1e-4, max_iter=1)

    def run():
        net.partial_fit(x, y, classes=range(10))

    return run, -(-rows // batch)


def peer(kind, name):
    """Print the microseconds of a step, round after round, on request."""
    run, steps = {
        "torch": lambda: torch_step(name, False),
        "torch-compile": lambda: torch_step(name, True),
        "torch-both": lambda: torch_step(name, False, 2),
        "jax": lambda: jax_epoch(name),
        "jax-both": lambda: jax_epoch(name),
        "sklearn": lambda: sklearn_epoch(name),
    }[kind]()
    run()
    print("warm", flush=True)
    calls = max(1, STEPS[name] // steps)
    for _ in sys.stdin:
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            for _ in range(calls):
                run()
            best = min(best, (time.perf_counter() - start) / (calls * steps))
        print(f"{best * 1e6:.3f}", flush=True)


def environment(cores):
    """Of a peer that may use so many cores."""
    count = str(cores)
    given = dict(os.environ, OMP_NUM_THREADS=count, MKL_NUM_THREADS=count, OPENBLAS_NUM_THREADS=count)
    if cores == 1:
        given["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return given


def start(kind, name):
    """The peer's process, and the seconds from its start to the end of its first step: imports and compilation counted."""
    cores = 2 if kind.endswith("-both") else 1
    begin = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", "0" if cores == 1 else "0,1", sys.executable, __file__, "--peer", kind, name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(cores),
    )
    line = process.stdout.readline()
    return (process, time.perf_counter() - begin) if line else (None, None)


def ours(program, name, threads=1):
    command = ["taskset", "-c", "0" if threads == 1 else "0,1", program, name, "--threads", str(threads), "--bench"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    row = next(line for line in out.splitlines() if line.startswith(name))
    return float(row.split()[1])


def sweep(program):
    """W5: 64 random trials of W2 with widths, rate and beta1 drawn, 20 epochs each, process start to report written."""
    notebook = """
data handwriting { source = digits(), split = [70%, 30%, 0%], normalize = zscore }
let width = choice(32, 64, 128)
network mlp { dense(width) -> batch_norm -> relu -> dense(32) -> batch_norm -> relu -> dense(classes) -> softmax }
experiment sweep {
  data = handwriting, network = mlp, epochs = 20, batch = 32, search = random(trials = 64), maximize = dev.accuracy
  optimizer = adam(rate = log(1e-4, 1e-1), beta1 = 1 - log(1e-3, 1e-1))
}
table { of = sweep.top(5), show = [rate, width, dev.accuracy] }
plot { of = sweep, draw = scatter(rate, dev.accuracy) }
"""
    times = {"1": [], "2": [], "again": []}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "sweep.exp"
        path.write_text(notebook)
        for _ in range(5):
            for what, options in (("1", ["--threads", "1", "--fresh"]), ("2", ["--threads", "2", "--fresh"]), ("again", [])):
                begin = time.perf_counter()
                subprocess.run([program, "run", str(path), *options], capture_output=True, check=True)
                times[what].append(time.perf_counter() - begin)
    return {what: statistics.median(all) for what, all in times.items()}


OPTUNA = """
import optuna, torch, sys
from sklearn.datasets import load_digits
torch.set_num_threads(1)
x, y = load_digits(return_X_y=True)
x = torch.tensor((x - x.mean(0)) / (x.std(0) + 1e-9), dtype=torch.float32); y = torch.tensor(y)
order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0)); x, y = x[order], y[order]
xt, yt, xd, yd = x[:1257], y[:1257], x[1257:], y[1257:]
def objective(trial):
    w = trial.suggest_categorical("width", [32, 64, 128])
    rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    beta = 1 - trial.suggest_float("b", 1e-3, 1e-1, log=True)
    L = torch.nn
    net = L.Sequential(L.Linear(64, w, bias=False), L.BatchNorm1d(w), L.ReLU(), L.Linear(w, 32, bias=False), L.BatchNorm1d(32), L.ReLU(), L.Linear(32, 10))
    update = torch.optim.Adam(net.parameters(), rate, betas=(beta, 0.999), fused=True)
    for _ in range(20):
        net.train()
        order = torch.randperm(len(xt))
        for at in range(0, len(xt) - 31, 32):
            chosen = order[at:at + 32]
            update.zero_grad(set_to_none=True)
            L.functional.cross_entropy(net(xt[chosen]), yt[chosen]).backward()
            update.step()
        net.eval()
        with torch.no_grad():
            accuracy = (net(xd).argmax(1) == yd).float().mean().item()
    return accuracy
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=int(sys.argv[1])))
study.optimize(objective, n_trials=32)
"""


def sweep_optuna():
    begin = time.perf_counter()
    both = [subprocess.Popen([sys.executable, "-c", OPTUNA, str(i)]) for i in range(2)]
    for one in both:
        one.wait()
    return time.perf_counter() - begin


def main():
    if len(sys.argv) > 2 and sys.argv[1] == "--peer":
        return peer(sys.argv[2], sys.argv[3])
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", required=True)
    arguments.add_argument("--kernels", required=True)
    arguments.add_argument("--caviar", required=True)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--out", default="docs/benchmarks.md")
    given = arguments.parse_args()
    peak = float(subprocess.run([given.steps, "peak", "--bench"], capture_output=True, text=True, check=True).stdout.split()[1])
    rows, cold, both = [], {}, {}
    for name in WORK:
        kinds = ["torch", "torch-compile", "jax"] + ["sklearn"] * (not WORK[name][1])
        row, seconds = interleaved(name, kinds, {"caviar": 1}, given)
        cold.update(seconds)
        rows.append((name, row))
        print(name, json.dumps(row), flush=True)
    for name in ("W3", "W4"):
        both[name], _ = interleaved(name, ["torch-both", "jax-both"], {"caviar": 2, "alone": 1}, given)
        print(name, "both cores", json.dumps(both[name]), flush=True)
    swept, optuna = sweep(given.caviar), sweep_optuna()
    print("W5", swept, optuna, flush=True)
    pathlib.Path(given.out).write_text(report(peak, rows, cold, both, swept, optuna, kernels(given.kernels)))


def interleaved(name, kinds, threads, given):
    """Medians of microseconds a step of each peer, and of ours on so many threads; and the seconds that each peer took to its first step."""
    rounds, running, cold = {ours: [] for ours in threads}, {}, {}
    for kind in kinds:
        process, seconds = start(kind, name)
        if process:
            running[kind], cold[kind, name], rounds[kind] = process, seconds, []
    for _ in range(given.rounds):
        for which, count in threads.items():
            rounds[which].append(ours(given.steps, name, count))
        for kind, process in running.items():
            process.stdin.write("go\n")
            process.stdin.flush()
            rounds[kind].append(float(process.stdout.readline()))
    for process in running.values():
        process.stdin.close()
        process.wait()
    return {kind: statistics.median(all) for kind, all in rounds.items()}, cold


def work(name):
    """Multiplications and additions of a step's matrix products; the input needs no gradient."""
    widths, _, batch, _, _ = WORK[name]
    layers = [a * b for a, b in zip(widths, widths[1:])]
    return 2 * batch * (3 * sum(layers) - layers[0])


def kernels(program):
    """What each kernel of the fastest path reaches, as it is printed."""
    path = subprocess.run([program, "paths", "--bench"], capture_output=True, text=True, check=True).stdout.split()[-1]
    return subprocess.run(["taskset", "-c", "0", program, path, "passes", "--bench"], capture_output=True, text=True, check=True).stdout.strip()


def report(peak, rows, cold, both, swept, optuna, kernels):
    import importlib.metadata as metadata

    def version(package):
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return "absent"

    def cell(best, kind):
        return f"{best[kind]:.0f} ({best[kind] / best['caviar']:.1f}x)" if best.get(kind) else "–"

    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    lines = [
        "# Benchmarks",
        "",
        "Made by `bench/run` in one go, all programs in turn; quote the ratios, not the times. Search is in [benchmarks-search.md](benchmarks-search.md), clusters in [benchmarks-cluster.md](benchmarks-cluster.md).",
        "",
        f"Machine: {model}, {os.cpu_count()} cores; {peak:.0f} GFLOP/s a core of f32 fused multiply-adds, measured. PyTorch {version('torch')} (fused optimizers), "
        f"JAX {version('jax')} (`jit` and `lax.scan` over an epoch), scikit-learn {version('scikit-learn')}, Optuna {version('optuna')}.",
        "",
        "## A training step, one thread",
        "",
        "Microseconds of forward, backward and update of one mini-batch, with shuffling and gathering; medians of interleaved rounds, warm. In brackets the time beside ours. "
        "The floor is what the matrix products alone would take at the peak of the core; the last column is the floor beside our whole step.",
        "",
        "| | network | mini-batch, optimizer | caviar | PyTorch | PyTorch compiled | JAX | scikit-learn | floor | of peak |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, best in rows:
        widths, norm, batch, _, optimizer = WORK[name]
        network = "-".join(map(str, widths)) + (", batch norm" if norm else "")
        peers = " | ".join(cell(best, kind) for kind in ("torch", "torch-compile", "jax", "sklearn"))
        floor = work(name) / peak * 1e-3
        lines.append(
            f"| {name} | {network} | {batch}, {optimizer} | {best['caviar']:.1f} | {peers} | {floor:.1f} | {100 * floor / best['caviar']:.0f} % |"
        )
    lines += [
        "",
        "Seconds from the start of the process to the end of the first step (imports and compilation):",
        "",
        "| | PyTorch | PyTorch compiled | JAX | scikit-learn |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, _ in rows:
        seconds = [cold.get((kind, name)) for kind in ("torch", "torch-compile", "jax", "sklearn")]
        lines.append(f"| {name} | " + " | ".join("–" if s is None else f"{s:.1f}" for s in seconds) + " |")
    lines += [
        "",
        "caviar compiles nothing and imports nothing: its whole sweep below, process start to report, takes less than any of these.",
        "",
        "## One model on both cores",
        "",
        "The same, with two threads for one model. Small networks stay on one thread by themselves.",
        "",
        "| | caviar | PyTorch | JAX | caviar, one thread |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, best in both.items():
        lines.append(f"| {name} | {best['caviar']:.0f} | {cell(best, 'torch-both')} | {cell(best, 'jax-both')} | {cell(best, 'alone')} |")
    training = (swept["1"] - swept["again"]) / (swept["2"] - swept["again"])
    lines += [
        "",
        "## A sweep, whole machine",
        "",
        "W5: 64 random trials of W2 with width, rate and 1 − β1 drawn, 20 epochs each. For caviar the whole `caviar run`, process start to report written.",
        "",
        "| | seconds |",
        "|---|---:|",
        f"| caviar, 2 threads | {swept['2']:.2f} |",
        f"| caviar, 1 thread | {swept['1']:.2f} ({swept['1'] / swept['2']:.2f}x) |",
        f"| caviar, nothing to train: start, check, tables, picture and report | {swept['again']:.2f} |",
        f"| Optuna and PyTorch, 2 processes | {optuna:.1f} ({optuna / swept['2']:.0f}x) |",
        "",
        f"Without what a run takes when nothing is to be trained, two threads train {training:.2f} times as fast as one.",
        "",
        "## What limits a step",
        "",
        "The table of kernels shows how near the products come to the peak; those with ten outputs cannot pass 62 % of it, since a vector of 16 numbers has 10 in use. "
        "What is left of W1 and W2 is mostly Adam, whose square root and quotient keep the one divider of a core busy. What is left of W3 and W4 is shared by "
        "the products' distance from the peak, the update, which passes over more than fits the core's own cache, and the batch norms. On both cores products and update are shared, batch norm and gathering are not.",
        "",
        "## Kernels",
        "",
        "```text",
        kernels,
        "```",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
