"""Deterministic numbers, and what an entry of the golden file is made of."""

import math

import torch

KEPT_ROWS = [1, 1, 0]
"""Which rows of a batch of three are real."""
PREFIX = [[1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 0, 0]]
"""Which places of each row are real, as a tokenizer pads."""
HOLES = [[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 1, 1]]
"""The same with gaps."""


def wave(shape, phase, at=0.0, by=1.0):
    """at + by * sin(phase + i + 0.37 i i) over the flat index i: of full rank, unlike a plain sine."""
    size = math.prod(shape)
    values = [at + by * math.sin(phase + i + 0.37 * i * i) for i in range(size)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def whole(shape, phase, of):
    """Whole numbers from 0 to of - 1."""
    return torch.tensor([(phase + 7 * i + i * i) % of for i in range(math.prod(shape))]).reshape(shape)


def pattern(shape):
    """sin(1 + i): what the projection weighs each output with."""
    values = [math.sin(1 + i) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def rounded(values):
    """Nine significant digits."""
    return [float(f"{v:.9g}") + 0.0 for v in values.detach().reshape(-1).tolist()]


class Weights:
    """Leaves made as they are asked for: `w("linear.weight", 4, 3)`; asked for twice, one leaf."""

    def __init__(self):
        self.leaves = {}
        self.specs = {}
        self.states = {}
        self.next = {}

    def state(self, path, *shape):
        """A weight without gradient, of positive numbers; what it becomes is put into `next`."""
        spec = {"shape": list(shape), "phase": 41 + len(self.states), "at": 1, "by": 0.4}
        self.specs[path] = {**spec, "state": True}
        self.states[path] = wave(shape, spec["phase"], 1, 0.4)
        return self.states[path]

    def __call__(self, path, *shape):
        if path not in self.leaves:
            around_one = path.endswith("scale") and len(shape) > 0
            spec = {"shape": list(shape), "phase": 11 + len(self.leaves), "at": int(around_one), "by": 0.3 if around_one else 0.6}
            self.specs[path] = spec
            self.leaves[path] = wave(shape, spec["phase"], spec["at"], spec["by"]).requires_grad_()
        return self.leaves[path]


def floats(*shape, places=None, rows=False):
    return {"shape": list(shape), "places": places, "rows": rows or places is not None}


def indices(*shape, of, places=None, rows=False):
    return {"shape": list(shape), "of": of, "places": places, "rows": rows or places is not None}


def case(returns, params, inputs, run, masked=(), learning=False):
    """
    A call of a block and what it computes in torch: `run(w, **inputs)` on whole inputs; where inputs are padded, each
    of `masked` is a route to the result and to which of its positions are kept: routes(w, inputs, tensors).
    """
    made = {"returns": returns, "params": params, "inputs": inputs, "run": run, "masked": list(masked)}
    return {**made, "learning": learning}


def row_alone(tokens, run):
    """Padding by leaving it out: every real row by itself, with only the places that are kept."""

    def route(w, inputs, tensors):
        out, kept = None, None
        for row in [r for r, real in enumerate(KEPT_ROWS) if real]:
            cut = {}
            for name, spec in inputs.items():
                x = tensors[name][row]
                if spec["places"] is not None:
                    x = x[torch.tensor(spec["places"][row]).bool()]
                cut[name] = x[None]
            one = run(w, **cut)[0]
            if out is None:
                lead = next(iter(inputs.values()))["places"]
                shape = [len(KEPT_ROWS), len(lead[0]), *one.shape[1:]] if tokens else [len(KEPT_ROWS), *one.shape]
                out, kept = torch.zeros(shape, dtype=one.dtype), torch.zeros(shape, dtype=torch.bool)
            where = torch.zeros(out.shape[0], dtype=torch.bool)
            where[row] = True
            if tokens:
                places = torch.zeros(out.shape[:2], dtype=torch.bool)
                places[row] = torch.tensor(lead[row]).bool()
                where = places
            out = out.masked_scatter(where.reshape(*where.shape, *[1] * (out.dim() - where.dim())).expand_as(out), one)
            kept[where] = True
        return out, kept

    return route


def kept_tokens(inputs, name="x"):
    """bool[B, T]: rows and places that are real."""
    rows = torch.tensor(KEPT_ROWS).bool()
    return torch.tensor(inputs[name]["places"]).bool() & rows[:, None]


def by_mask(run):
    """Padding by a mask: `run(w, keep, **inputs)` gets bool[B, T] of each padded input, rows without any left whole."""

    def route(w, inputs, tensors):
        keep = {name: torch.tensor(spec["places"]).bool() for name, spec in inputs.items() if spec["places"] is not None}
        out = run(w, keep, **tensors)
        kept = kept_tokens(inputs, next(iter(inputs)))
        return out, kept.reshape(*kept.shape, *[1] * (out.dim() - 2)).expand_as(out)

    return route


def whole_batch(run):
    """A single result of everything that is kept: `run(w, inputs, tensors)`."""

    def route(w, inputs, tensors):
        out = run(w, inputs, tensors)
        return out, torch.ones(out.shape, dtype=torch.bool)

    return route


def real_rows(run):
    """A single result of the real rows alone."""
    rows = torch.tensor(KEPT_ROWS).bool()
    return whole_batch(lambda w, _, tensors: run(w, **{name: x[rows] for name, x in tensors.items()}))


def entry(block, made):
    """The golden entry of a case. Where there are several routes they must agree."""
    inputs, tensors = {}, {}
    for k, (name, spec) in enumerate(made["inputs"].items()):
        inputs[name] = {"shape": spec["shape"], "phase": k + 1}
        if spec.get("of") is None:
            tensors[name] = wave(spec["shape"], k + 1).requires_grad_()
        else:
            inputs[name]["of"] = spec["of"]
            tensors[name] = whole(spec["shape"], k + 1, spec["of"])
        if spec["rows"]:
            inputs[name]["rows"] = KEPT_ROWS
        if spec["places"] is not None:
            inputs[name]["places"] = spec["places"]
    w = Weights()
    routes = made["masked"] or [lambda w, _, t: ((out := made["run"](w, **t)), torch.ones(out.shape, dtype=torch.bool))]
    results = []
    for route in routes:
        out, kept = route(w, made["inputs"], tensors)
        leaves = {**{n: t for n, t in tensors.items() if t.requires_grad}, **w.leaves}
        grads = {}
        if out.is_floating_point() and leaves:
            loss = (out * pattern(out.shape))[kept].sum()
            found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
            grads = {n: torch.zeros_like(leaf) if g is None else g for (n, leaf), g in zip(leaves.items(), found)}
        results.append((out, kept, grads, dict(w.next)))
    out, kept, grads, after = results[0]
    for other, kept_too, grads_too, after_too in results[1:]:
        assert torch.equal(kept, kept_too)
        for name, value in after.items():
            torch.testing.assert_close(value, after_too[name], rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(out[kept], other[kept], rtol=1e-9, atol=1e-12)
        for name, g in grads.items():
            torch.testing.assert_close(g, grads_too[name], rtol=1e-9, atol=1e-12, msg=f"{made['returns']}: {name}")
    values = rounded(out) if out.is_floating_point() else out.reshape(-1).tolist()
    return {
        "block": block,
        "params": made["params"],
        "returns": made["returns"],
        "inputs": inputs,
        "weights": w.specs,
        "shape": list(out.shape),
        "out": [v if k else None for v, k in zip(values, kept.reshape(-1).tolist())],
        "gradients": {name: rounded(g) for name, g in grads.items()},
        **({"learning": True, "next": {name: rounded(v) for name, v in after.items()}} if made["learning"] else {}),
    }
