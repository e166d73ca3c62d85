"""Five steps of a small regression with the optimizers of torch.optim and clip_grad_norm_."""

import math

import torch
from values import rounded, wave

ROWS = 4
STEPS = 5
PEAK, WARMUP, FLOOR = 0.08, 2, 0.01

SPEC = """model Fit {
  param weight: float[1, 3] = normal(1)
  param mix: float[3, 2] = normal(1)
  param shift: float[3] = zeros()
  param temperature: float = 1 at least LOW at most HIGH
  objective fit(x: float[B], y: float[B]) {
    let h = tanh(x[:, new] @ weight + shift) @ mix
    return mean(square(sum(h, axis: -1) / temperature - y))
  }
  stage fit {
    minimize fit on some.train batch 4  train all  steps 5
    optimizer OPTIMIZER
  }
}
"""


def rate(schedule, step):
    """Of step 1, 2, ...: a linear rise, then half a cosine, or the same all along."""
    if schedule == "constant":
        return PEAK
    if step < WARMUP:
        return PEAK * step / WARMUP
    return FLOOR + (PEAK - FLOOR) * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP))) / 2


def adamw(groups, decay):
    """How it is written in a spec, and what torch has."""
    made = torch.optim.AdamW(groups, lr=1.0, betas=(0.8, 0.95), eps=1e-6)
    return f"adamw(RATE, decay: {decay}, beta1: 0.8, beta2: 0.95, epsilon: 1e-6CLIP)", made


def sgd(momentum, nesterov):
    def make(groups, decay):
        made = torch.optim.SGD(groups, lr=1.0, momentum=momentum, nesterov=nesterov)
        flag = ", nesterov: true" if nesterov else ""
        return f"sgd(RATE, decay: {decay}, momentum: {momentum}{flag}CLIP)", made

    return make


def run(make, schedule, decay, clip, low, high):
    settings = {"constant": f"rate: {PEAK}", "cosine": f"rate: cosine(peak: {PEAK}, warmup: {WARMUP}, floor: {FLOOR})"}
    shapes = {"mix": (3, 2), "shift": (3,), "temperature": (), "weight": (1, 3)}
    specs = {}
    for k, (name, shape) in enumerate(shapes.items()):
        specs[name] = {"shape": list(shape), "phase": k + 1, "at": 0 if shape else 0.5, "by": 0.6 if shape else 0}
    w = {n: torch.nn.Parameter(wave(s["shape"], s["phase"], s["at"], s["by"])) for n, s in specs.items()}
    decayed = [p for p in w.values() if p.dim() >= 2]
    others = [p for p in w.values() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    written, optimizer = make(groups, decay)
    steps = []
    for step in range(1, STEPS + 1):
        x, y = wave((ROWS,), 10 * step), wave((ROWS,), 10 * step + 5)
        h = torch.tanh(x[:, None] @ w["weight"] + w["shift"]) @ w["mix"]
        loss = torch.nn.functional.mse_loss(h.sum(-1) / w["temperature"], y)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(list(w.values()), math.inf if clip is None else clip)
        for group in optimizer.param_groups:
            group["lr"] = rate(schedule, step)
        optimizer.step()
        with torch.no_grad():
            w["temperature"].clamp_(low, high)
        [lost], [length] = rounded(loss), rounded(norm)
        steps.append({"loss": lost, "gradient_norm": length, "weights": {n: rounded(p) for n, p in w.items()}})
    spec = SPEC.replace("LOW", str(low)).replace("HIGH", str(high))
    limit = "" if clip is None else f", clip: {clip}"
    spec = spec.replace("OPTIMIZER", written.replace("RATE", settings[schedule]).replace("CLIP", limit))
    return {"spec": spec, "weights": specs, "rows": ROWS, "clip": clip, "bounds": [low, high], "steps": steps}


def entries():
    return {
        "adamw": [
            run(adamw, "constant", 0.3, None, 0.1, 0.7),
            run(adamw, "cosine", 0.3, 1.5, 0.55, 2),
            run(adamw, "cosine", 0, 0.2, 0.55, 0.66),
        ],
        "sgd": [
            run(sgd(0, False), "constant", 0.3, None, 0.1, 2),
            run(sgd(0.9, False), "cosine", 0.3, 1.5, 0.1, 2),
            run(sgd(0.7, True), "cosine", 0.1, 0.5, 0.1, 2),
        ],
    }
