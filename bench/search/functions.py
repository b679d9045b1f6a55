"""Functions of our own to develop on: response surfaces like those of hyperparameters, and hard shapes. None of them is a judge."""

import math

import numpy as np

from spaces import Choice, Int, Real


def surface(seed, table=False, noise=0.0):
    """A made-up network: the best rate depends on batch and width, too large a rate diverges, regularisation has a middle, depth interacts."""
    g = np.random.default_rng(1000 + seed)
    best = {"rate": g.uniform(-3.5, -1.5), "width": g.uniform(5, 9), "batch": g.uniform(3.5, 7), "l2": g.uniform(-6, -2.5), "drop": g.uniform(0, 0.5)}
    w = g.uniform(0.3, 1.5, 8)
    acts = g.permutation([0.0, 0.12, 0.5])
    sched = g.permutation([0.0, 0.08])
    draw = np.random.default_rng(9000 + seed)

    def f(p):
        if table:
            p = {k: v if tables[k] is None else tables[k][v] for k, v in p.items()}
        rate, width, batch = math.log10(p["rate"]), math.log2(p["width"]), math.log2(p["batch"])
        shift = 0.15 * (batch - best["batch"]) - 0.1 * (width - best["width"])
        r = rate - best["rate"] - shift
        loss = w[0] * (0.25 * r * r if r < 0 else 0.6 * r * r)
        loss += w[1] * 0.05 * (width - best["width"]) ** 2 * (1 if width < best["width"] else 0.15)
        loss += w[2] * 0.03 * (batch - best["batch"]) ** 2
        loss += w[3] * 0.03 * (math.log10(p["l2"]) - best["l2"]) ** 2
        loss += w[4] * (p["drop"] - best["drop"]) ** 2 + w[5] * 0.04 * abs(p["depth"] - 2) * (1 + 0.2 * max(r, 0))
        loss += acts[p["act"]] + sched[p["sched"]]
        value = 1 - math.exp(-loss)
        if r > 1.2:
            value = 1 + 0.1 * min(r, 3)
        return value + noise * draw.normal()

    full = {
        "rate": Real(1e-5, 1, log=True), "width": Int(8, 1024, log=True), "batch": Int(8, 512, log=True), "depth": Int(1, 4),
        "l2": Real(1e-8, 1e-1, log=True), "drop": Real(0, 0.8), "act": Choice(0, 1, 2), "sched": Choice(0, 1),
    }
    if not table:
        return full, f
    tables = [np.geomspace(1e-5, 1, 10), np.geomspace(8, 1024, 8), np.geomspace(8, 512, 7), [1, 2, 3, 4], np.geomspace(1e-8, 1e-1, 8), np.linspace(0, 0.8, 4), None, None]
    tables = dict(zip(full, tables))
    space = {k: d if tables[k] is None else Int(0, len(tables[k]) - 1) for k, d in full.items()}
    return space, f


def bowl(seed, d, condition=30.0, power=1.0, whole=0):
    """A turned ellipsoid; `whole` of its coordinates are whole numbers."""
    g = np.random.default_rng(2000 + seed)
    q, _ = np.linalg.qr(g.normal(size=(d, d)))
    scales = np.geomspace(1, condition, d)
    centre = g.uniform(-3, 3, d)

    def f(p):
        x = np.array(list(p.values()), float) - centre
        return float((scales * (q @ x) ** 2).sum() ** power)

    return {f"x{i}": (Int(-5, 5) if i < whole else Real(-5, 5)) for i in range(d)}, f


def waves(seed, d, count=12, steep=2.5):
    """A random sum of cosines over a bowl: many local minima."""
    g = np.random.default_rng(3000 + seed)
    k, phase, size = g.normal(0, steep, (count, d)), g.uniform(0, 2 * math.pi, count), g.exponential(1, count)
    centre = g.uniform(0.2, 0.8, d)

    def f(p):
        x = np.array(list(p.values()), float)
        return float((size * np.cos(k @ x * 3 + phase)).sum() + 4 * ((x - centre) ** 2).sum())

    return {f"x{i}": Real(0, 1) for i in range(d)}, f


def valley(seed, d):
    """A bent valley whose values span decades."""
    g = np.random.default_rng(4000 + seed)
    centre = g.uniform(-0.5, 1.0, d)

    def f(p):
        x = np.array(list(p.values()), float)
        bend = x[1:] - centre[1:] - (x[:-1] - centre[:-1]) ** 2
        return float(50 * (bend ** 2).sum() + ((x - centre) ** 2).sum())

    return {f"x{i}": Real(-2, 2) for i in range(d)}, f


def additive(seed, d):
    """Kinks in each coordinate, half of which hardly matter."""
    g = np.random.default_rng(5000 + seed)
    centre, weight = g.uniform(0, 1, d), np.where(np.arange(d) % 2 == 0, 1.0, 0.02)

    def f(p):
        x = np.array(list(p.values()), float)
        return float((weight * np.abs(x - centre) ** 0.7).sum())

    return {f"x{i}": Real(0, 1) for i in range(d)}, f


def stairs(seed, d):
    """A bowl cut into steps."""
    space, f = bowl(seed + 50, d, condition=8)
    return space, lambda p: float(np.floor(f(p) / 4))


FUNCTIONS = {
    "surface": lambda s: surface(s),
    "surface-noisy": lambda s: surface(s, noise=0.02),
    "table": lambda s: surface(s, table=True),
    "table-noisy": lambda s: surface(s, table=True, noise=0.01),
    "bowl3": lambda s: bowl(s, 3),
    "bowl8": lambda s: bowl(s, 8),
    "bowl6-int": lambda s: bowl(s, 6, whole=3),
    "bowl5-flat": lambda s: bowl(s, 5, power=0.25),
    "waves2": lambda s: waves(s, 2),
    "waves4": lambda s: waves(s, 4, steep=1.2),
    "valley2": lambda s: valley(s, 2),
    "valley5": lambda s: valley(s, 5),
    "additive6": lambda s: additive(s, 6),
    "additive12": lambda s: additive(s, 12),
    "stairs5": lambda s: stairs(s, 5),
}
