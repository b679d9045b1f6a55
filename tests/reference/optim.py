"""Ten steps of each optimizer in PyTorch, f64; prints tests/reference/optim.json.

Lion is not in PyTorch: its rule (Chen et al. 2023, algorithm 2) is written out on tensors. PyTorch's RMSprop, Adagrad and
SGD have no bias correction; its Adam and AdamW have.
"""

import json

import torch

torch.set_default_dtype(torch.float64)
STEPS, SIZE = 10, 7


def gradient(step, w):
    """Of no function in particular: it depends on the parameters and on the step, and changes sign."""
    i = torch.arange(SIZE, dtype=torch.float64)
    return 0.3 * w + torch.sin(1.7 * i + 0.9 * step) * (0.1 + 0.2 * i)


class Lion:
    def __init__(self, params, lr, betas, weight_decay):
        self.w, self.lr, self.betas, self.decay = params[0], lr, betas, weight_decay
        self.m = torch.zeros_like(self.w)

    def step(self):
        b1, b2 = self.betas
        g = self.w.grad
        with torch.no_grad():
            update = torch.sign(b1 * self.m + (1 - b1) * g)
            self.w -= self.lr * (update + self.decay * self.w)
            self.m = b2 * self.m + (1 - b2) * g


O = torch.optim
CASES = [
    ({"Sgd": {"rate": 0.1, "momentum": 0.0, "nesterov": False}}, lambda p: O.SGD(p, lr=0.1)),
    ({"Sgd": {"rate": 0.1, "momentum": 0.9, "nesterov": False}}, lambda p: O.SGD(p, lr=0.1, momentum=0.9)),
    ({"Sgd": {"rate": 0.1, "momentum": 0.9, "nesterov": True}}, lambda p: O.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
    ({"RmsProp": {"rate": 0.01, "decay": 0.9, "epsilon": 1e-8}}, lambda p: O.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-8)),
    ({"Adam": {"rate": 0.05, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}},
     lambda p: O.Adam(p, lr=0.05, betas=(0.9, 0.999), eps=1e-8)),
    ({"Adam": {"rate": 0.05, "beta1": 0.5, "beta2": 0.8, "epsilon": 1e-3}},
     lambda p: O.Adam(p, lr=0.05, betas=(0.5, 0.8), eps=1e-3)),
    ({"AdamW": {"rate": 0.05, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.1}},
     lambda p: O.AdamW(p, lr=0.05, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)),
    ({"Adagrad": {"rate": 0.1, "epsilon": 1e-10}}, lambda p: O.Adagrad(p, lr=0.1, eps=1e-10)),
    ({"Lion": {"rate": 0.01, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.1}},
     lambda p: Lion(p, lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)),
]

out = []
for optimizer, make in CASES:
    w = torch.linspace(-1.0, 1.0, SIZE).requires_grad_()
    rule = make([w])
    start, gradients, weights = w.tolist(), [], []
    for step in range(STEPS):
        w.grad = gradient(step, w.detach()).clone()
        gradients.append(w.grad.tolist())
        rule.step()
        weights.append(w.tolist())
    out.append({"optimizer": optimizer, "start": start, "gradients": gradients, "weights": weights})

# The global norm and its clipping.
g = torch.linspace(-3.0, 2.0, SIZE)
p = torch.zeros(SIZE, requires_grad=True)
p.grad = g.clone()
norm = torch.nn.utils.clip_grad_norm_([p], 1.5)
print(json.dumps({"torch": torch.__version__, "steps": out,
                  "clip": {"gradient": g.tolist(), "limit": 1.5, "norm": norm.item(), "clipped": p.grad.tolist()}}, indent=1))
