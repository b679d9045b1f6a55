"""Spaces that both caviar and Optuna understand, and the solvers behind one interface: ask() gives a dict, tell(value) takes the result."""

import json
import os
import subprocess
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOLVER = os.environ.get("CAVIAR_SOLVER", str(ROOT / "target/release/examples/search_solver"))


class Real:
    def __init__(self, low, high, log=False):
        self.low, self.high, self.log = low, high, log


class Int:
    def __init__(self, low, high, log=False):
        self.low, self.high, self.log = low, high, log


class Choice:
    def __init__(self, *options):
        self.options = list(options)


def domain(d):
    if isinstance(d, Real):
        return {"Log" if d.log else "Linear": {"low": d.low, "high": d.high}}
    if isinstance(d, Int):
        return {"Int": {"low": d.low, "high": d.high, "log": d.log}}
    return {"Choice": {"labels": [str(o) for o in d.options], "numbers": None}}


class Caviar:
    """One process a study; `search` as in a plan: ("Gp", {"trials": 100})."""

    def __init__(self, search, space, seed, lag=1):
        self.space = space
        self.process = subprocess.Popen([SOLVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        params = [{"name": n, "domain": domain(d), "shown": None, "when": []} for n, d in space.items()]
        create = {"space": {"params": params}, "search": {search[0]: search[1]}, "directions": ["Minimize"], "seed": seed, "lag": lag}
        self.send({"create": create})

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self):
        reply = self.send({"ask": {}})
        if reply is None:
            return None
        self.index = reply["index"]
        point = {}
        for name in self.space:
            draw = reply["draws"][name]
            if "Option" in draw:
                point[name] = self.space[name].options[draw["Option"]]
            else:
                point[name] = int(draw["Number"]) if isinstance(self.space[name], Int) else draw["Number"]
        return point

    def tell(self, value):
        self.send({"tell": {"index": self.index, "values": [value]}})

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def suggest(trial, name, d):
    if isinstance(d, Real):
        return trial.suggest_float(name, d.low, d.high, log=d.log)
    if isinstance(d, Int):
        return trial.suggest_int(name, d.low, d.high, log=d.log)
    return trial.suggest_categorical(name, d.options)


class Optuna:
    def __init__(self, sampler, space, seed):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore")
        samplers = {
            "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
            "random": lambda: optuna.samplers.RandomSampler(seed=seed),
            "gp": lambda: optuna.samplers.GPSampler(seed=seed),
        }
        self.space = space
        self.study = optuna.create_study(sampler=samplers[sampler]())

    def ask(self):
        self.trial = self.study.ask()
        return {name: suggest(self.trial, name, d) for name, d in self.space.items()}

    def tell(self, value):
        self.study.tell(self.trial, value)

    def close(self):
        pass


class Rustuna:
    def __init__(self, space, seed):
        import rustuna

        self.space = space
        self.study = rustuna.create_study(sampler=rustuna.samplers.TPESampler(seed=seed))

    def ask(self):
        self.trial = self.study.ask()
        return {name: suggest(self.trial, name, d) for name, d in self.space.items()}

    def tell(self, value):
        self.study.tell(self.trial.number, value)

    def close(self):
        pass


def solver(name, space, seed, trials):
    """`caviar-gp`, `caviar-auto`, `optuna-tpe`, `rustuna`, …; `caviar-gp/8` with a lag of 8."""
    family, _, rest = name.partition("-")
    if family == "caviar":
        kind, _, lag = rest.partition("/")
        return Caviar((kind.capitalize(), {"trials": trials}), space, seed, int(lag or 1))
    if family == "optuna":
        return Optuna(rest, space, seed)
    return Rustuna(space, seed)
