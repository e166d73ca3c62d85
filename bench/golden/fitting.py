"""What stages fit: centres, statistics and class means, as they are once fitted."""

import torch
from values import PREFIX, by_mask, case, floats, indices, real_rows

X = "x: float[B, T, D]"
GROUPED = "x: float[B, D], label: index(K)[B]"
SHAPE = (3, 4, 4)


def squared_distances(_, x, y):
    return ((x[..., None, :] - y) ** 2).sum(-1)


def kmeans(w, x):
    w.state("kmeans.seen", 3)
    return torch.cdist(x, w.state("kmeans.centers", 3, x.shape[-1])).argmin(-1)


def standardize_globally(w, x):
    center, squares, seen = (w.state(f"standardize_globally.{name}", x.shape[-1]) for name in ("center", "squares", "seen"))
    variance = torch.where(seen > 0, (squares / seen.clamp(min=1)).clamp(min=0), 1)
    return (x - center) / (variance + 1e-5).sqrt()


def mean_by(_, x, label):
    return torch.stack([x[label == k].sum(0) / max(1, int((label == k).sum())) for k in range(3)])


def class_means(w, x, label):
    return w.state("class_means.total", 3, x.shape[-1]) / w.state("class_means.seen", 3).clamp(min=1)[:, None] + 0 * mean_by(w, x, label)


def tokens(returns, run, params=X, **more):
    return [
        case(returns, params, {"x": floats(*SHAPE), **more}, run),
        case(returns, params, {"x": floats(*SHAPE, places=PREFIX), **more}, run, [by_mask(lambda w, _, **inputs: run(w, **inputs))]),
    ]


def grouped(returns, run):
    rows = {"x": floats(3, 4, rows=True), "label": indices(3, of=3, rows=True)}
    return [
        case(returns, GROUPED, {"x": floats(6, 4), "label": indices(6, of=3)}, run),
        case(returns, GROUPED, rows, None, [real_rows(run)]),
    ]


def cases():
    return {
        "squared_distances": tokens("squared_distances(x, y)", squared_distances, f"{X}, y: float[M, D]", y=floats(3, 4)),
        "kmeans": tokens("kmeans(x, k: 3)", kmeans),
        "standardize_globally": tokens("standardize_globally(x)", standardize_globally),
        "mean_by": grouped("mean_by(x, label)", mean_by),
        "class_means": grouped("class_means(x, label) + 0 * mean_by(x, label)", class_means),
    }
