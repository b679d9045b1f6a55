"""Optuna and rustuna as solvers of kurobako: python kurobako_peer.py optuna-tpe"""

import json
import math
import sys

from spaces import Choice, Int, Real, solver

name = sys.argv[1]
kinds = ["UNIFORM_CONTINUOUS", "UNIFORM_DISCRETE", "LOG_UNIFORM_CONTINUOUS", "LOG_UNIFORM_DISCRETE", "CATEGORICAL"]


def say(message):
    print(json.dumps(message), flush=True)


def variable(v):
    r, log = v["range"], v["distribution"] == "LOG_UNIFORM"
    if r["type"] == "CONTINUOUS":
        return Real(r["low"], r["high"], log)
    if r["type"] == "DISCRETE":
        return Int(r["low"], r["high"] - 1, log)
    return Choice(*range(len(r["choices"])))


say({"type": "SOLVER_SPEC_CAST", "spec": {"name": name, "capabilities": kinds}})
studies = {}
for line in sys.stdin:
    m = json.loads(line)
    if m["type"] == "CREATE_SOLVER_CAST":
        space = {v["name"]: variable(v) for v in m["problem"]["params_domain"]}
        studies[m["solver_id"]] = space, solver(name, space, m["random_seed"] % 2**31, 80)
    elif m["type"] == "DROP_SOLVER_CAST":
        del studies[m["solver_id"]]
    elif m["type"] == "ASK_CALL":
        space, s = studies[m["solver_id"]]
        point = s.ask()
        params = [min(p, math.nextafter(d.high, -math.inf)) if isinstance(d, Real) else p for p, d in zip(point.values(), space.values())]
        trial = {"id": m["next_trial_id"], "params": params, "next_step": 1}
        say({"type": "ASK_REPLY", "trial": trial, "next_trial_id": m["next_trial_id"] + 1})
    elif m["type"] == "TELL_CALL":
        values = m["trial"]["values"]
        studies[m["solver_id"]][1].tell(values[0] if values else math.inf)
        say({"type": "TELL_REPLY"})
