"""Reference values for caviar's metrics, from scikit-learn and torchmetrics: python tests/reference/metrics.py > tests/reference/metrics.json"""

import json
import warnings

import numpy as np
import sklearn
import torch
import torchmetrics
from sklearn import metrics
from torchmetrics.functional.classification import multiclass_calibration_error

# A class that is never predicted has no precision; scikit-learn counts it as 0 and warns.
warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)
out = {"scikit-learn": sklearn.__version__, "torchmetrics": torchmetrics.__version__, "classes": [], "values": []}


def classes(truth, probabilities, threshold=0.5):
    """One score for two classes, else a probability a class."""
    truth = np.array(truth)
    single = probabilities.ndim == 1
    predicted = (probabilities > threshold).astype(int) if single else probabilities.argmax(1)
    average = {"average": "macro", "zero_division": 0}
    case = {
        "classes": 2 if single else probabilities.shape[1],
        "threshold": threshold,
        "truth": truth.tolist(),
        "outputs": probabilities.ravel().tolist(),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "error": metrics.zero_one_loss(truth, predicted),
        "precision": metrics.precision_score(truth, predicted, **average),
        "recall": metrics.recall_score(truth, predicted, **average),
        "f1": metrics.f1_score(truth, predicted, **average),
    }
    if single:
        case["auc"] = metrics.roc_auc_score(truth, probabilities)
        if threshold == 0.5:
            # The confidence is that of the class that is predicted.
            both = torch.tensor(np.stack([1 - probabilities, probabilities], 1))
            case["calibration"] = float(multiclass_calibration_error(both, torch.tensor(truth), num_classes=2, n_bins=10))
    else:
        k = probabilities.shape[1]
        if k == 2:
            case["auc"] = metrics.roc_auc_score(truth, probabilities[:, 1])
        elif len(set(truth.tolist())) == k:
            case["auc"] = metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro")
            case["top2"] = metrics.top_k_accuracy_score(truth, probabilities, k=2)
        case["calibration"] = float(multiclass_calibration_error(torch.tensor(probabilities), torch.tensor(truth), num_classes=k, n_bins=10))
    out["classes"].append(case)


def values(truth, predicted):
    out["values"].append({
        "width": 1 if truth.ndim == 1 else truth.shape[1],
        "truth": truth.ravel().tolist(),
        "outputs": predicted.ravel().tolist(),
        "mse": metrics.mean_squared_error(truth, predicted),
        "rmse": metrics.mean_squared_error(truth, predicted) ** 0.5,
        "mae": metrics.mean_absolute_error(truth, predicted),
        # One share of the whole variance, however many outputs there are.
        "r2": metrics.r2_score(truth, predicted, multioutput="variance_weighted"),
    })


torch.set_default_dtype(torch.float64)
for k, n in [(3, 40), (4, 60), (2, 30), (10, 50)]:
    scores = rng.normal(0, 1.5, (n, k))
    truth = (scores + rng.gumbel(0, 1, (n, k))).argmax(1)
    truth[:k] = np.arange(k)
    classes(truth, np.exp(scores) / np.exp(scores).sum(1, keepdims=True))
# A class that is never predicted, and one that does not occur.
scores = rng.normal(0, 1, (20, 4)) - np.array([0, 0, 9, 9])
classes(rng.integers(0, 3, 20), np.exp(scores) / np.exp(scores).sum(1, keepdims=True))
# One probability, with ties, and margins around 0.
scores = np.round(rng.uniform(0, 1, 50), 2) + 0.001
classes((scores + rng.normal(0, 0.3, 50) > 0.5).astype(int), scores)
margins = np.round(rng.normal(0, 1, 40), 1)
classes((margins + rng.normal(0, 1, 40) > 0).astype(int), margins, 0.0)

for shape in [(30,), (25, 3), (1,)]:
    truth = rng.normal(3, 10, shape)
    values(truth, truth + rng.normal(0, 2, shape))
out["values"][-1]["r2"] = None

print(json.dumps(out))
