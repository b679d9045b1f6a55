"""Compares exported models with what `caviar predict` wrote: python onnx.py FOLDER TARGET.

The folder holds rows.csv (rows as the data have them), predicted.csv, model.safetensors, and model.onnx, prepared.onnx (the second with
its preprocessing inside). The preprocessing and the PyTorch module are made here from the metadata of the safetensors.
"""

import csv
import datetime
import json
import pathlib
import sys

# This file has the name of a package that it imports.
sys.path.pop(0)

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors import safe_open
from safetensors.torch import load_file

LIMIT = 1e-5
MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"}
folder, target = pathlib.Path(sys.argv[1]), sys.argv[2]


def read(name):
    with open(folder / name, newline="") as file:
        return list(csv.DictReader(file))


rows = read("rows.csv")
predicted = read("predicted.csv")
assert len(rows) == len(predicted) > 0
with safe_open(folder / "model.safetensors", "pt") as file:
    about = json.loads(file.metadata()["caviar"])
fitted, layers = about["preprocessing"], about["layers"]

columns = list(predicted[0])
if fitted["classes"]:
    assert columns[0] == f"predicted_{target}" and len(columns) == 1 + len(fitted["classes"])
    expected = np.array([[float(row[c]) for c in columns[1:]] for row in predicted])
    names = [fitted["classes"][i] for i in expected.argmax(1)]
    assert names == [row[columns[0]] for row in predicted], "the class is the likeliest"
else:
    expected = np.array([[float(row[c]) for c in columns] for row in predicted])


def number(kind, text):
    if kind == "Boolean":
        return float(text.lower() == "true")
    if kind == "Date":
        return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days
    return float(text)


raw, inputs = [], {}
for column in fitted["inputs"]:
    texts = [row[column["name"]] for row in rows]
    kind, fill = column["kind"], column["fill"]
    if isinstance(kind, dict):
        categories = kind["Category"]
        codes = [int(fill) if t in MISSING else categories.index(t) for t in texts]
        raw += [[float(code == i) for code in codes] for i in range(len(categories))]
        inputs[column["name"]] = np.array(texts, dtype=object)[:, None]
    else:
        values = [np.nan if t in MISSING else number(kind, t) for t in texts]
        raw.append([fill if np.isnan(v) else v for v in values])
        inputs[column["name"]] = np.array(values, dtype=np.float64)[:, None]
center, spread = np.array(fitted["scaling"]["center"]), np.array(fitted["scaling"]["spread"])
raw = np.array(raw).T
x = np.where(spread == 0, 0, (raw - center) / np.where(spread == 0, 1, spread)).astype(np.float32)
shape = fitted["shape"].get("Image") or [fitted["shape"]["Flat"]]
shaped = x.reshape(-1, *shape)


def compare(what, outputs):
    outputs = np.asarray(outputs, dtype=np.float64)
    if fitted["classes"] and len(fitted["classes"]) == 2 and outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])
    difference = np.abs(outputs - expected).max() / max(1.0, np.abs(expected).max())
    print(f"{what}: {difference:.1e}")
    assert difference <= LIMIT, what


def session(name):
    model = onnx.load(folder / name)
    onnx.checker.check_model(model, full_check=True)
    assert {s.domain: s.version for s in model.opset_import}[""] == 17
    properties = {p.key: p.value for p in model.metadata_props}
    assert json.loads(properties["features"]) == fitted["features"] and properties["target"] == target
    return onnxruntime.InferenceSession(str(folder / name), providers=["CPUExecutionProvider"])


network = session("model.onnx")
compare("onnx", network.run(None, {"input": shaped})[0])
prepared = session("prepared.onnx")
wanted = {i.name for i in prepared.get_inputs()}
if wanted == {"input"}:
    inputs = {"input": np.hstack(list(inputs.values())).reshape(-1, *shape)}
else:
    assert wanted == set(inputs)
compare("onnx with preprocessing", prepared.run(None, inputs)[0])
for name, values in inputs.items():
    if values.dtype == object:
        unseen = dict(inputs, **{name: np.full_like(values, "never seen")})
        try:
            prepared.run(None, unseen)
        except Exception:
            print(f"an unseen {name} is refused")
        else:
            raise AssertionError(f"an unseen {name} is taken")

nn = torch.nn
ACTIVATIONS = {
    "Relu": nn.ReLU, "Elu": nn.ELU, "Selu": nn.SELU, "Gelu": nn.GELU, "Silu": nn.SiLU, "Tanh": nn.Tanh,
    "Sigmoid": nn.Sigmoid, "Softplus": nn.Softplus, "Identity": nn.Identity,
}


class Image(nn.Module):
    def __init__(self, height, width, channels):
        super().__init__()
        self.sides = (height, width, channels)

    def forward(self, x):
        return x.reshape(-1, *self.sides).permute(0, 3, 1, 2)


class Conv(nn.Conv2d):
    """Padded so that every stride begins inside: half before, the larger half behind."""

    def forward(self, x):
        around = []
        for side in (x.shape[3], x.shape[2]):
            steps = -(-side // self.stride[0])
            total = max((steps - 1) * self.stride[0] + self.kernel_size[0] - side, 0)
            around += [total // 2, total - total // 2]
        return super().forward(nn.functional.pad(x, around))


def of_batch(self, x):
    return nn.functional.batch_norm(x, None, None, self.weight, self.bias, True, 0, self.eps)


class OfBatch1d(nn.BatchNorm1d):
    forward = of_batch


class OfBatch2d(nn.BatchNorm2d):
    forward = of_batch


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


class Hard(nn.Module):
    def forward(self, x):
        return nn.functional.one_hot(x.argmax(1), x.shape[1])


def module(layer, x):
    """The module of a layer that x reaches."""
    kind, options = next(iter(layer.items())) if isinstance(layer, dict) else (layer, None)
    image = x.dim() == 4
    if kind == "Dense":
        return nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), options["units"], options["bias"])) if image else \
            nn.Linear(x.shape[1], options["units"], options["bias"])
    if kind == "BatchNorm":
        affine = options["scale"] or options["shift"]
        if options["statistics"] == "Batch":
            return (OfBatch2d if image else OfBatch1d)(x.shape[1], options["epsilon"], affine=affine)
        return (nn.BatchNorm2d if image else nn.BatchNorm1d)(x.shape[1], options["epsilon"], affine=affine)
    if kind == "LayerNorm":
        return nn.LayerNorm(x.shape[1:], options["epsilon"])
    if kind == "Activation":
        if isinstance(options, dict):
            return nn.LeakyReLU(options["LeakyRelu"]["slope"])
        return ACTIVATIONS[options]()
    if kind == "Conv":
        kind = nn.Conv2d if options["padding"] == "Valid" else Conv
        return kind(x.shape[1], options["filters"], options["kernel"], options["stride"], bias=options["bias"])
    if kind == "Pool":
        return (nn.MaxPool2d if options["pool"] == "Max" else nn.AvgPool2d)(options["size"])
    if kind == "GlobalAveragePool":
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    if kind == "Image":
        return Image(options["height"], options["width"], options["channels"])
    if kind == "Residual":
        return sequence(Residual, options, x)
    return {
        "Softmax": lambda: nn.Softmax(1), "Hardmax": Hard, "Flatten": nn.Flatten,
        "Dropout": lambda: nn.Dropout(options["rate"]), "Noise": nn.Identity,
    }[kind]()


def sequence(kind, layers, x):
    modules = []
    for layer in layers:
        modules.append(module(layer, x).eval())
        x = modules[-1](x)
    return kind(*modules)


tensors = load_file(folder / "model.safetensors")
x = torch.from_numpy(shaped).to(next(iter(tensors.values())).dtype)
if x.dtype == torch.float64:
    x = torch.from_numpy(np.where(spread == 0, 0, (raw - center) / np.where(spread == 0, 1, spread)).reshape(shaped.shape))
x = x.permute(0, 3, 1, 2) if x.dim() == 4 else x
torch.set_default_dtype(x.dtype)
model = nn.Module()
model.layers = sequence(nn.Sequential, layers, x)
missing, unexpected = model.load_state_dict(tensors, strict=False)
assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
model.eval()
with torch.no_grad():
    compare("torch", model.layers(x).numpy())
