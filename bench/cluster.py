#!/usr/bin/env python3
"""Trials a second on threads, Ray and Slurm, and what the head can take; writes docs/benchmarks-cluster.md.

    cargo build --release && cargo bench --bench head --no-run
    python3 bench/cluster.py [--python target/ray-venv/bin/python] [--quick]

Trials are programs that sleep, so that two workers on a machine of two cores do not take its cores from each other, from the engine
and from the head: what is measured is what an engine adds to a trial. The clusters are those of tests/cluster/.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "cluster"))

from clusters import Ray, Slurm, isolate, say  # noqa: E402

LENGTHS = {0.05: 300, 1: 20, 10: 3}
WORKERS = (1, 2)


class Measured:
    """One run: when each trial came in, and the processor time of the head and of the bridge to the engine."""

    def __init__(self, caviar, folder, length, workers, trials, args, env=None):
        with open(os.path.join(folder, "trial.sh"), "w") as file:
            file.write(f'sleep {length}\necho "{{\\"dev.loss\\": $1}}"\n')
        with open(os.path.join(folder, "a.exp"), "w") as file:
            file.write(
                'experiment e {\n  run = command("sh trial.sh {x}")\n  x = linear(0, 1)\n'
                f"  search = random(trials = {trials}), minimize = dev.loss\n}}\n"
            )
        started = time.monotonic()
        child = subprocess.Popen(
            [caviar, "run", "a.exp", "--fresh", *args], cwd=folder, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        arrived, said = [], []
        for line in child.stderr:
            said.append(line)
            if re.match(r"e trial \d+ \(\d+/\d+\)", line):
                arrived.append(time.monotonic() - started)
        if child.wait() != 0 or len(arrived) != trials:
            raise RuntimeError("".join(said))
        self.first = arrived[0] - length
        # From when every worker has brought its first.
        self.rate = (trials - workers) / (arrived[-1] - arrived[workers - 1])
        self.added = workers / self.rate - length


def versions(python):
    """What was measured with."""
    said = subprocess.run(
        [python, "-c", "import ray, platform; print(f'Ray {ray.__version__}, Python {platform.python_version()}')"],
        check=True, capture_output=True, text=True,
    )
    return said.stdout.strip()


def engines(options, folder):
    """Measured runs by engine, length and workers, and the version of Slurm."""
    found, quick, version = {}, options.quick, ", no Slurm"

    def measure(engine, args, env=None, workers=WORKERS):
        for length, trials in LENGTHS.items():
            for count in workers:
                share = max(trials // (5 if quick else 1), 2) * count
                run = Measured(options.caviar, folder, length, count, share, args(count), env)
                found[engine, length, count] = run
                say(f"{engine}, {count} worker(s), {length} s: {run.rate:.2f}/s, {run.added * 1e3:.1f} ms added")

    measure("threads", lambda count: [f"--threads={count}"])
    with Ray(options.python) as ray:
        ray.add("n1")
        measure("Ray", lambda _: [f"--on=ray={ray.address}"], ray.env, workers=(1,))
        ray.add("n2")
        measure("Ray", lambda _: [f"--on=ray={ray.address}"], ray.env, workers=(2,))
        bridge, share = Bridge(options, ray, folder), 5 if quick else 1
        for size, at_once in ((1, 4), (20, 4), (1, 1000)):
            found["bridge", size, at_once] = bridge.milliseconds(1000 // share, size, at_once // share or 1)
            say(f"the bridge, {size} trials a bundle, {at_once} at once: {found['bridge', size, at_once]:.2f} ms a bundle")
    if not Slurm.missing():
        with Slurm() as slurm:
            measure("Slurm", lambda count: ["--on=slurm", f"--nodes={count}"], slurm.env)
            said = subprocess.run(["sinfo", "--version"], env=slurm.env, check=True, capture_output=True, text=True)
            version = f", {said.stdout.strip().capitalize()}"
    return found, version


class Bridge:
    """The bridge to Ray without the head: milliseconds of its processor a bundle, with so many at Ray at a time."""

    def __init__(self, options, ray, folder):
        self.options, self.ray = options, ray
        with open(os.path.join(folder, "a.exp"), "w") as file:
            file.write(
                'experiment e {\n  run = command("echo {x}")\n  x = linear(0, 1)\n'
                "  search = random(trials = 1000), minimize = dev.loss\n}\n"
            )
        said = subprocess.run(
            [options.caviar, "trial", "--list", "a.exp"], cwd=folder, check=True, capture_output=True, text=True
        )
        self.requests = said.stdout.splitlines()

    def milliseconds(self, bundles, size, at_once):
        """Of a bundle of so many requests."""
        with open(os.path.join(ROOT, "src/run/remote/bridge.py")) as file:
            script = file.read()
        child = subprocess.Popen(
            [self.options.python, "-c", script], env=self.ray.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )

        def say_to(fields):
            child.stdin.write(json.dumps(fields) + "\n")
            child.stdin.flush()

        def processor():
            tick = os.sysconf("SC_CLK_TCK")
            with open(f"/proc/{child.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / tick * 1e3

        def send(number):
            lines = [self.requests[(number * size + i) % len(self.requests)] for i in range(size)]
            say_to({"op": "bundle", "id": number, "lines": lines, "files": [], "cpus": 1})

        binary = {"path": self.options.caviar, "hash": "0" * 64, "size": os.path.getsize(self.options.caviar)}
        say_to({"address": self.ray.address, "binary": binary, "log": os.devnull})
        sent, ended, before = 0, 0, None
        for line in child.stdout:
            event = json.loads(line)
            if event["event"] == "ready":
                before = processor()
            elif event["event"] == "ended":
                ended += 1
            elif event["event"] == "broken":
                raise RuntimeError(line)
            while before is not None and sent < bundles and sent - ended < at_once:
                send(sent)
                sent += 1
            if ended == bundles:
                break
        taken = processor() - before
        child.stdin.close()
        child.wait()
        return taken / bundles


def built():
    """The program made of bench/head.rs."""
    said = subprocess.run(
        ["cargo", "bench", "--bench", "head", "--no-run"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stderr
    return os.path.join(ROOT, re.search(r"\((target\S*head-[0-9a-f]+)\)", said).group(1))


def head(binary, quick):
    """What the head takes of a processor a trial, and how much of 10,000 workers it keeps busy."""
    def run(**asked):
        args = [word for name, value in asked.items() for word in (f"--{name}", str(value))]
        said = subprocess.run([binary, *args], check=True, capture_output=True, text=True).stdout
        found = json.loads(said)
        say(said.strip())
        return found

    few, many = (200, 2000) if quick else (1000, 10_000)
    asked = [("random", few, 8192), ("random", many, 8192), ("random", many, 0), ("tpe", few, 8192), ("tpe", many, 8192)]
    costs = [run(search=search, trials=trials, workers=100, lag=200, state=state) for search, trials, state in asked]
    busy = {}
    for length in (1, 10, 60):
        busy[length] = run(search="random", trials=10_000 * (1 if quick else 3), workers=10_000, seconds=length)
    return costs, busy


def written(found, costs, busy, versions, note):
    """The page."""
    lines = [
        "# Clusters in figures",
        "",
        f"Made by `bench/cluster.py` on a machine of {os.cpu_count()} cores ({versions}).{note} Training is in [benchmarks.md](benchmarks.md), search in "
        "[benchmarks-search.md](benchmarks-search.md), and how to use a cluster in [cluster.md](cluster.md).",
        "",
        "## What an engine adds to a trial",
        "",
        "Trials are programs that sleep, so that workers, engine and head do not share out two cores among them. Trials a second, and in brackets the",
        "milliseconds that a trial takes of its worker beyond its length, from when every worker has brought its first.",
        "",
    ]
    names = [name for name in ("threads", "Ray", "Slurm") if (name, 1, 1) in found]
    lines += ["| a trial | workers | " + " | ".join(names) + " |", "|---" * (2 + len(names)) + "|"]
    for length in LENGTHS:
        for count in WORKERS:
            runs = [found[name, length, count] for name in names]
            cells = [f"{run.rate:.3g} ({run.added * 1e3:.0f} ms)" for run in runs]
            lines.append(f"| {length} s | {count} | " + " | ".join(cells) + " |")
    lines += ["", "Seconds from the start of the program to the start of the first trial: " + ", ".join(
        f"{name} {min(run.first for (engine, *_), run in found.items() if engine == name):.1f}" for name in names
    ) + ".", ""]
    lines += [
        "## What the head takes a trial",
        "",
        "The real head, with workers that only answer: it proposes, writes the request, reads and checks the answer with 20 epochs of five metrics and 8 kB of state,",
        "stores both and settles the trial. Milliseconds of one core.",
        "",
        "| search | trials | state | ms a trial | trials a second |",
        "|---|---|---|---|---|",
    ]
    for run in costs:
        state = f"{run['state'] // 1024} kB" if run["state"] else "none"
        lines.append(
            f"| {run['search']} | {run['trials']:,} | {state} | {run['milliseconds']:.2f} | {1e3 / run['milliseconds']:,.0f} |"
        )
    one, twenty, many = (found["bridge", *which] for which in ((1, 4), (20, 4), (1, 1000)))
    lines += [
        "",
        f"The bridge to Ray is another process. It takes {one:.1f} ms for a bundle of one trial, {twenty:.1f} ms for one of twenty, and {many:.1f} ms for one of one where",
        "a thousand are under way: with it a head hands out some hundred bundles a second, whatever is in them.",
        "",
        "## 10,000 workers",
        "",
        "The same head, 10,000 workers that sleep for the length of a trial and answer, random search: the share of the workers' time that was used, with the ends of the run,",
        "when there is nothing more to hand out.",
        "",
        "| a trial | trials a second asked for | done | workers busy |",
        "|---|---|---|---|",
    ]
    for length, run in busy.items():
        lines.append(f"| {length} s | {10_000 / length:,.0f} | {run['rate']:,.0f} | {run['busy']:.0%} |")
    plain, bare, model = costs[1], costs[2], costs[4]
    lines += [
        "",
        f"A head that takes {plain['milliseconds']:.2f} ms a trial is busy all the time at {1e3 / plain['milliseconds']:,.0f} trials a second, whatever trains them: it keeps 10,000 "
        f"workers busy when a trial takes {plain['milliseconds'] * 10:.0f} s or more,",
        f"and with `tpe` after {model['trials']:,} trials {model['milliseconds'] * 10:.0f} s or more (an adaptive search also needs a `lag` of twice the workers). The bridge hands out "
        f"{1e3 / many:,.0f} bundles a second, so that over Ray",
        f"10,000 workers need bundles of {many * 10:.0f} s, which are about a second long now. Slurm's steps cost more: within Slurm, Ray is for more than some dozens of cores.",
        "",
        "For more, in this order:",
        "",
        "1. bundles as long as workers divided by the bundles that the engine takes a second, instead of a second;",
        f"2. no states of trainings from which nothing will go on: they are {1 - bare['milliseconds'] / plain['milliseconds']:.0%} of the head's time;",
        "3. answers read, checked and stored by several threads: what is decided depends on their order no more than it does on that of the workers;",
        "4. models of adaptive searches fitted once for as many proposals as there are free workers, which is a new search with results of its own;",
        "5. a head for each file: the store already takes several writers at once.",
    ]
    return "\n".join(lines) + "\n"


def main():
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--caviar", default=os.path.join(ROOT, "target/release/caviar"))
    parser.add_argument("--python", default=os.path.join(ROOT, "target/ray-venv/bin/python"))
    parser.add_argument("--head", help="the program made of bench/head.rs; built when absent")
    parser.add_argument("--out", default=os.path.join(ROOT, "docs/benchmarks-cluster.md"))
    parser.add_argument("--note", default="", help="a sentence about the circumstances, for the page")
    parser.add_argument("--quick", action="store_true", help="a fifth of the trials, to see that it works")
    options = parser.parse_args()
    options.caviar, options.python = os.path.abspath(options.caviar), os.path.abspath(options.python)
    options.head = options.head or built()
    if not os.path.exists(options.caviar):
        sys.exit(f"{options.caviar} is not there: cargo build --release")
    isolate(3600)
    with tempfile.TemporaryDirectory() as folder:
        found, slurm = engines(options, folder)
    costs, busy = head(options.head, options.quick)
    page = written(found, costs, busy, f"{versions(options.python)}{slurm}", options.note and f" {options.note}")
    with open(options.out, "w") as file:
        file.write(page)
    say(f"written: {options.out}")


if __name__ == "__main__":
    main()
