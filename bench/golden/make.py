"""
Golden values from PyTorch for every block of the standard library and for optimizers, forward and backward:

    python bench/golden/make.py > test/golden/std.json && npx biome format --write test/golden/std.json

Needs torch >= 2.4 alone. Inputs and weights are formulas of their flat index (values.py), so the file holds results
only: outputs (null where padding is), and gradients of the sum of output times sin(1 + i).
"""

import json
import math

import blocks
import fitting
import optimizers
import sequences
import signal_blocks
import torch
import torch.nn.functional as F
from values import entry, pattern, rounded, wave


def dropout(rate):
    """What F.dropout makes of x where it keeps a position: the value and the gradient."""
    torch.manual_seed(0)
    x = wave((3, 4, 4), 1).requires_grad_()
    value, gradient = torch.full_like(x, math.nan), torch.full_like(x, math.nan)
    for _ in range(100):
        out = F.dropout(x, rate, training=True)
        (grad,) = torch.autograd.grad((out * pattern(out.shape)).sum(), x)
        kept = out != 0
        value, gradient = torch.where(kept, out.detach(), value), torch.where(kept, grad, gradient)
        assert (grad[~kept] == 0).all()
    return {"rate": rate, "shape": [3, 4, 4], "phase": 1, "kept": rounded(value), "gradient": rounded(gradient)}


def main():
    entries = [entry(block, made) for block, list_ in {**blocks.cases(), **sequences.cases(), **signal_blocks.cases(), **fitting.cases()}.items() for made in list_]
    lines = ",\n  ".join(json.dumps(e, separators=(",", ":"), allow_nan=False) for e in entries)
    steps = json.dumps(optimizers.entries(), separators=(",", ":"), allow_nan=False)
    drop = json.dumps(dropout(0.4), separators=(",", ":"), allow_nan=False)
    version = torch.__version__.split("+")[0]
    print(f'{{"torch":"{version}",\n"blocks":[\n  {lines}\n],\n"dropout":{drop},\n"optimizers":{steps}}}')


main()
