"""PED-ANOVA importances from Optuna, with the trials: python tests/reference/importance.py > tests/reference/importance.json"""

import json
import math
import warnings

import numpy as np
import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")
studies = []
for seed in range(3):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))

    def objective(trial):
        rate = trial.suggest_float("rate", 1e-4, 1.0, log=True)
        units = trial.suggest_int("units", 8, 256, log=True)
        depth = trial.suggest_int("depth", 1, 5)
        drop = trial.suggest_float("drop", 0.0, 0.5)
        kind = trial.suggest_categorical("kind", ["relu", "tanh", "leaky"])
        value = (math.log10(rate) + 2) ** 2 + 0.2 * abs(depth - 2) + {"relu": 0, "tanh": 1, "leaky": 0.3}[kind] + drop / 10
        if kind == "leaky":
            value += trial.suggest_float("slope", 0.0, 0.5)
        return value + 0.001 * math.log(units)

    study.optimize(objective, n_trials=60 + 40 * seed)
    trials = [{"params": t.params, "value": t.value} for t in study.trials]
    shares = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(), normalize=True)
    raw = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(), normalize=False)
    studies.append({"trials": trials, "shares": shares, "raw": raw})
print(json.dumps({"optuna": optuna.__version__, "studies": studies}))
