"""Reference values of layers and losses, computed by PyTorch in double precision.

    python layers.py > layers.json

Each case: layers and loss as caviar writes them, a batch, parameters (one flat list in caviar's order and layout), and from
PyTorch the training loss, the gradients, the moving statistics after the batch, and then outputs and loss at evaluation.
Layouts: dense W is [inputs, outputs]; conv W is [height, width, channels, filters]; images are [height, width, channels].
"""

import json

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
random = np.random.RandomState(20260101)


def dense(units, bias=True, l1=0.0, l2=0.0):
    return {"Dense": {"units": units, "bias": bias, "init": "He", "l1": l1, "l2": l2}}


def conv(filters, kernel, stride=1, padding="Same", bias=True, l1=0.0, l2=0.0):
    return {"Conv": {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding, "bias": bias,
                     "init": "He", "l1": l1, "l2": l2}}


def batch_norm(momentum=0.9, epsilon=1e-5, scale=True, shift=True, statistics="Moving"):
    return {"BatchNorm": {"momentum": momentum, "epsilon": epsilon, "scale": scale, "shift": shift,
                          "statistics": statistics}}


def act(name, **fields):
    return {"Activation": {name: fields} if fields else name}


def image(h, w, c):
    return {"Image": {"height": h, "width": w, "channels": c}}


def pool(kind, size):
    return {"Pool": {"pool": kind, "size": size}}


LAYER_NORM = {"LayerNorm": {"epsilon": 1e-5}}


class Model:
    """Runs a list of layers with parameters made as they are met."""

    def __init__(self):
        self.params, self.penalties, self.moving, self.at = [], [], [], None

    def take(self, shape, spread, centre=0.0):
        if self.at is None:
            value = torch.tensor(centre + spread * random.randn(*shape), requires_grad=True)
            self.params.append(value)
            return value
        self.at += 1
        return self.params[self.at - 1]

    def run(self, layers, x, training):
        for layer in layers:
            x = self.layer(layer, x, training)
        return x

    def layer(self, layer, x, training):
        kind, f = (layer, {}) if isinstance(layer, str) else next(iter(layer.items()))
        if kind == "Dense":
            x = x.reshape(x.shape[0], -1)
            w = self.take((x.shape[1], f["units"]), 0.5)
            if self.at is None:
                self.penalties.append((w, f["l1"], f["l2"]))
            y = x @ w
            return y + self.take((f["units"],), 0.3) if f["bias"] else y
        if kind == "Conv":
            k, s, c = f["kernel"], f["stride"], x.shape[3]
            w = self.take((k, k, c, f["filters"]), 0.4)
            if self.at is None:
                self.penalties.append((w, f["l1"], f["l2"]))
            b = self.take((f["filters"],), 0.3) if f["bias"] else None
            y = x.permute(0, 3, 1, 2)
            if f["padding"] == "Same":
                h, v = (max((-(-n // s) - 1) * s + k - n, 0) for n in (x.shape[2], x.shape[1]))
                y = F.pad(y, (h // 2, h - h // 2, v // 2, v - v // 2))
            return F.conv2d(y, w.permute(3, 2, 0, 1), b, stride=s).permute(0, 2, 3, 1)
        if kind == "BatchNorm":
            n = x.shape[-1]
            gamma = self.take((n,), 0.2, 1.0) if f["scale"] else None
            beta = self.take((n,), 0.2) if f["shift"] else None
            if self.at is None:
                self.moving.append((torch.zeros(n), torch.ones(n)))
                self.batch_norm = len(self.moving) - 1
            mean, var = self.moving[self.batch_norm]
            self.batch_norm += 1
            flat = x.reshape(-1, n)
            y = F.batch_norm(flat, mean, var, gamma, beta, training, 1 - f["momentum"], f["epsilon"])
            return y.reshape(x.shape)
        if kind == "LayerNorm":
            shape = tuple(x.shape[1:])
            gamma = self.take(shape, 0.2, 1.0)
            return F.layer_norm(x, shape, gamma, self.take(shape, 0.2), f["epsilon"])
        if kind == "Activation":
            return self.activation(f, x)
        if kind == "Softmax":
            return torch.softmax(x, 1)
        if kind == "Image":
            return x.reshape(-1, f["height"], f["width"], f["channels"])
        if kind == "Pool":
            op = F.max_pool2d if f["pool"] == "Max" else F.avg_pool2d
            return op(x.permute(0, 3, 1, 2), f["size"]).permute(0, 2, 3, 1)
        if kind == "GlobalAveragePool":
            return x.mean((1, 2))
        if kind == "Flatten":
            return x.reshape(x.shape[0], -1)
        if kind == "Residual":
            return x + self.run(f, x, training)
        raise ValueError(kind)

    @staticmethod
    def activation(f, x):
        name, fields = (f, {}) if isinstance(f, str) else next(iter(f.items()))
        return {
            "Relu": F.relu, "Elu": F.elu, "Selu": F.selu, "Gelu": F.gelu, "Silu": F.silu, "Tanh": torch.tanh,
            "Sigmoid": torch.sigmoid, "Softplus": F.softplus, "Identity": lambda x: x,
            "LeakyRelu": lambda x: F.leaky_relu(x, fields["slope"]),
        }[name](x)


def loss_of(loss, layers, scores, target, weights):
    """Loss of each example from what reaches the softmax or sigmoid at the end, averaged with weights."""
    kind, f = (loss, {}) if isinstance(loss, str) else next(iter(loss.items()))
    n = scores.shape[1]
    if kind == "CrossEntropy":
        each = F.cross_entropy(scores, target, reduction="none", label_smoothing=f["label_smoothing"])
    elif kind == "BinaryCrossEntropy":
        each = F.binary_cross_entropy_with_logits(scores, target, reduction="none").sum(1)
    elif kind == "MeanSquaredError":
        each = F.mse_loss(scores, target, reduction="none").mean(1)
    elif kind == "Huber":
        each = F.huber_loss(scores, target, reduction="none", delta=f["delta"]).mean(1)
    elif kind == "Hinge":
        # multi_margin_loss divides by the number of classes; Weston and Watkins do not.
        each = F.multi_margin_loss(scores, target, reduction="none") * n
    return (each * weights).sum() / weights.sum()


def case(name, layers, shape, loss, rows=6, weighted=False, l2=0.0):
    size = int(np.prod(shape))
    x = torch.tensor(random.randn(rows, size))
    # What the loss takes in before its own softmax or sigmoid.
    fused = layers[-1] in ("Softmax", act("Sigmoid")) and ("CrossEntropy" in str(loss))
    body = layers[:-1] if fused else layers
    model = Model()
    started = x.reshape(rows, *shape) if len(shape) == 3 else x
    with torch.no_grad():
        outputs = model.run(body, started, True).reshape(rows, -1).shape[1]
    # A parameter is drawn at its first use; the statistics start again.
    model.moving = [(torch.zeros_like(m), torch.ones_like(v)) for m, v in model.moving]
    model.at = model.batch_norm = 0
    classes = "CrossEntropy" in str(loss) and "Binary" not in str(loss) or loss == "Hinge"
    if classes:
        target = torch.tensor(random.randint(0, outputs, rows))
    else:
        target = torch.tensor(random.rand(rows, outputs))
    weights = torch.tensor(random.rand(rows) + 0.5) if weighted else torch.ones(rows)
    value = loss_of(loss, layers, model.run(body, started, True).reshape(rows, -1), target, weights)
    penalty = sum(l1 * w.abs().sum() + (own + l2) / 2 * (w * w).sum() for w, l1, own in model.penalties)
    (value + penalty).backward()
    model.at = model.batch_norm = 0
    with torch.no_grad():
        scores = model.run(body, started, False).reshape(rows, -1)
        outputs = model.layer(layers[-1], scores, False) if fused else scores
        evaluated = loss_of(loss, layers, scores, target, weights)
    flat = lambda tensors: [float(v) for t in tensors for v in t.reshape(-1)]
    return {
        "name": name, "layers": layers, "input": {"Image": shape} if len(shape) == 3 else {"Flat": shape[0]},
        "loss": loss, "rows": rows, "l2": l2, "x": flat([x]),
        "classes": target.tolist() if classes else None, "values": None if classes else flat([target]),
        "weights": weights.tolist() if weighted else None,
        "parameters": flat([p.detach() for p in model.params]),
        "training_loss": float(value.detach()), "gradients": flat([p.grad for p in model.params]),
        "buffers": flat([t for pair in model.moving for t in pair]),
        "outputs": flat([outputs]), "evaluation_loss": float(evaluated),
    }


CE = {"CrossEntropy": {"label_smoothing": 0.0}}
BCE = "BinaryCrossEntropy"
MSE = "MeanSquaredError"

cases = [case("softmax_regression", [dense(4), "Softmax"], (5,), CE)]
for name, fields in [("Relu", {}), ("LeakyRelu", {"slope": 0.1}), ("Elu", {}), ("Selu", {}), ("Gelu", {}), ("Silu", {}),
                     ("Tanh", {}), ("Sigmoid", {}), ("Softplus", {}), ("Identity", {})]:
    cases.append(case(f"after_dense_{name}", [dense(6), act(name, **fields), dense(3), "Softmax"], (4,), CE))
    cases.append(case(f"alone_{name}", [dense(6), "Flatten", act(name, **fields), dense(2)], (4,), MSE))
    cases.append(case(f"after_batch_norm_{name}", [dense(6, bias=False), batch_norm(), act(name, **fields), dense(2)], (4,), MSE))
cases += [
    case("label_smoothing", [dense(4), "Softmax"], (5,), {"CrossEntropy": {"label_smoothing": 0.1}}),
    case("weighted_cross_entropy", [dense(4), "Softmax"], (5,), CE, weighted=True),
    case("binary_cross_entropy", [dense(3), act("Sigmoid")], (5,), BCE),
    case("weighted_binary", [dense(1), act("Sigmoid")], (5,), BCE, weighted=True),
    case("mean_squared_error", [dense(3)], (5,), MSE, weighted=True),
    case("mean_squared_error_after_sigmoid", [dense(3), act("Sigmoid")], (5,), MSE),
    case("mean_squared_error_after_softmax", [dense(3), "Softmax"], (5,), MSE),
    case("huber", [dense(3)], (5,), {"Huber": {"delta": 0.7}}, rows=9),
    case("hinge", [dense(4)], (5,), "Hinge", rows=9),
    case("penalties", [dense(4, l1=0.03, l2=0.2), act("Tanh"), dense(2, l2=0.1), "Softmax"], (5,), CE, l2=0.05),
    case("batch_norm", [dense(5, bias=False), batch_norm(), act("Relu"), dense(3), "Softmax"], (4,), CE, rows=11),
    case("batch_norm_first", [batch_norm(momentum=0.7, epsilon=1e-3), dense(3), "Softmax"], (4,), CE),
    case("batch_norm_plain", [dense(5), batch_norm(scale=False, shift=False), act("Tanh"), dense(2)], (4,), MSE),
    case("batch_norm_scale_alone", [dense(5), batch_norm(shift=False), dense(2)], (4,), MSE),
    case("batch_norm_shift_alone", [dense(5), batch_norm(scale=False), act("Relu"), dense(2)], (4,), MSE),
    case("batch_norm_after", [dense(5), act("Relu"), batch_norm(), dense(5), batch_norm(), act("Relu"), dense(3), "Softmax"],
         (4,), CE, rows=17),
    case("layer_norm", [dense(6), LAYER_NORM, act("Gelu"), dense(3), "Softmax"], (4,), CE),
    case("layer_norm_first", [LAYER_NORM, dense(3)], (4,), MSE),
    case("softmax_between", [dense(4), "Softmax", dense(3), "Softmax"], (5,), CE),
    case("residual", [dense(5), {"Residual": [dense(5), act("Relu"), {"Residual": [batch_norm(), act("Silu")]}, dense(5)]},
                      act("Tanh"), dense(3), "Softmax"], (4,), CE),
    case("residual_first", [{"Residual": [dense(4), act("Relu")]}, dense(3), "Softmax"], (4,), CE),
    case("conv_same", [image(5, 4, 2), conv(3, 3), act("Relu"), "Flatten", dense(3), "Softmax"], (40,), CE),
    case("conv_valid", [conv(3, 3, padding="Valid"), act("Tanh"), conv(2, 2, padding="Valid"), "Flatten", dense(2)], (6, 5, 2), MSE),
    case("conv_even_same", [conv(2, 2), act("Tanh"), conv(3, 4), "GlobalAveragePool", dense(2)], (5, 6, 1), MSE),
    case("conv_strided", [conv(3, 3, stride=2), act("Elu"), conv(2, 2, stride=2, padding="Valid"), "Flatten", dense(2)], (9, 8, 2), MSE),
    case("conv_strided_wide", [conv(3, 1, stride=3), act("Tanh"), conv(2, 5, stride=2, bias=False), "Flatten", dense(2)], (7, 8, 1), MSE),
    case("conv_penalties", [conv(3, 3, l1=0.02, l2=0.3), "Flatten", dense(2)], (4, 4, 1), MSE, l2=0.01),
    case("conv_batch_norm", [conv(3, 3, bias=False), batch_norm(), act("Relu"), pool("Max", 2), conv(4, 3), act("Relu"),
                             "GlobalAveragePool", dense(3), "Softmax"], (6, 6, 1), CE),
    case("max_pool", [conv(3, 3), pool("Max", 2), "Flatten", dense(2)], (5, 7, 2), MSE),
    case("avg_pool", [conv(3, 3), pool("Average", 3), "Flatten", dense(2)], (7, 6, 2), MSE),
    case("layer_norm_image", [conv(3, 3), LAYER_NORM, act("Relu"), "Flatten", dense(2)], (4, 4, 1), MSE),
    case("residual_conv", [conv(3, 3), {"Residual": [batch_norm(), act("Relu"), conv(3, 3)]}, "GlobalAveragePool", dense(3), "Softmax"],
         (5, 5, 1), CE),
    case("many_rows", [dense(33), batch_norm(), act("Relu"), dense(10), "Softmax"], (19,), CE, rows=67),
]

print("[")
print(",\n".join(json.dumps(c) for c in cases))
print("]")
