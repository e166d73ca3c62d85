"""Five steps of a small regression with torch.optim.AdamW and clip_grad_norm_."""

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
    optimizer adamw(OPTIMIZER)
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


def run(schedule, decay, clip, low, high):
    settings = {"constant": f"rate: {PEAK}", "cosine": f"rate: cosine(peak: {PEAK}, warmup: {WARMUP}, floor: {FLOOR})"}
    optimizer = f"{settings[schedule]}, decay: {decay}, beta1: 0.8, beta2: 0.95, epsilon: 1e-6"
    shapes = {"mix": (3, 2), "shift": (3,), "temperature": (), "weight": (1, 3)}
    specs = {}
    for k, (name, shape) in enumerate(shapes.items()):
        specs[name] = {"shape": list(shape), "phase": k + 1, "at": 0 if shape else 0.5, "by": 0.6 if shape else 0}
    w = {n: torch.nn.Parameter(wave(s["shape"], s["phase"], s["at"], s["by"])) for n, s in specs.items()}
    decayed = [p for p in w.values() if p.dim() >= 2]
    others = [p for p in w.values() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(groups, lr=1.0, betas=(0.8, 0.95), eps=1e-6)
    steps = []
    for step in range(1, STEPS + 1):
        x, y = wave((ROWS,), 10 * step), wave((ROWS,), 10 * step + 5)
        h = torch.tanh(x[:, None] @ w["weight"] + w["shift"]) @ w["mix"]
        loss = torch.nn.functional.mse_loss(h.sum(-1) / w["temperature"], y)
        adamw.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(list(w.values()), math.inf if clip is None else clip)
        for group in adamw.param_groups:
            group["lr"] = rate(schedule, step)
        adamw.step()
        with torch.no_grad():
            w["temperature"].clamp_(low, high)
        [lost], [length] = rounded(loss), rounded(norm)
        steps.append({"loss": lost, "gradient_norm": length, "weights": {n: rounded(p) for n, p in w.items()}})
    spec = SPEC.replace("LOW", str(low)).replace("HIGH", str(high))
    spec = spec.replace("OPTIMIZER", optimizer if clip is None else f"{optimizer}, clip: {clip}")
    return {"spec": spec, "weights": specs, "rows": ROWS, "clip": clip, "bounds": [low, high], "steps": steps}


def entries():
    return [
        run("constant", 0.3, None, 0.1, 0.7),
        run("cosine", 0.3, 1.5, 0.55, 2),
        run("cosine", 0, 0.2, 0.55, 0.66),
    ]
