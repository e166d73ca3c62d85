"""Blocks for speech and video by what PyTorch has for them, in double precision."""

import torch
import torch.nn.functional as F
from blocks import X, layer_norm, linear, multihead, plain, pooled, tokens
from values import PREFIX, case, floats, real_rows, row_alone

FRAMES = "x: float[B, F, P, D], class: float[B, D]"


def conv1d(w, x, path, out, size=3, stride=1, pad=0, bias=True):
    """Channels last, weights as size x in x out."""
    weight = w(f"{path}.weight", size, x.shape[-1], out).permute(2, 1, 0)
    b = w(f"{path}.bias", out) if bias else None
    return F.conv1d(x.transpose(1, 2), weight, b, stride, pad).transpose(1, 2)


def subsample1d(w, x, by):
    x = F.gelu(conv1d(w, x, "subsample1d.conv1", 3, 3, by // 2, 1))
    return F.gelu(conv1d(w, x, "subsample1d.conv2", 3, 3, 2, 1))


def standardize(_, x):
    """Instance normalization without running statistics."""
    return F.instance_norm(x.transpose(1, 2), eps=1e-5).transpose(1, 2)


def stop_token(_, x):
    return 0 * x[..., 0] + F.one_hot(torch.tensor(x.shape[1] - 1), x.shape[1])


def divided(w, x, token):
    """As in the authors' code: time, then space with a copy of the class token in each frame, then the layers."""
    path = "divided_attention"
    n, frames, places, width = x.shape
    columns = layer_norm(w, x, f"{path}.norm_time").transpose(1, 2).flatten(0, 1)
    moved = linear(w, multihead(w, f"{path}.time", columns, columns, 2), f"{path}.mix_time", width)
    x = x + moved.unflatten(0, (n, places)).transpose(1, 2)
    rows = torch.cat([token[:, None].repeat_interleave(frames, 0), x.flatten(0, 1)], 1)
    rows = layer_norm(w, rows, f"{path}.norm_space")
    seen = multihead(w, f"{path}.space", rows, rows, 2)
    token = token + seen[:, 0].unflatten(0, (n, frames)).mean(1)
    x = x + seen[:, 1:].unflatten(0, (n, frames))
    both = torch.cat([token[:, None], x.flatten(1, 2)], 1)
    inner = F.gelu(linear(w, layer_norm(w, both, f"{path}.norm"), f"{path}.feed_forward.expand", 4 * width))
    both = both + linear(w, inner, f"{path}.feed_forward.contract", width)
    return both[:, 0], both[:, 1:].unflatten(1, (frames, places))


def infonce_any(_, a, b):
    scores = a @ b.T
    positive = torch.eye(len(a)).bool() | (scores > 0)
    p = scores.exp()
    return -((p * positive).sum(1) / p.sum(1)).log().mean()


def cases():
    frames = {"x": floats(3, 4, 2, 4, places=PREFIX), "class": floats(3, 4, rows=True)}
    whole = {"x": floats(2, 3, 2, 4), "class": floats(2, 4)}
    seen = lambda i: lambda w, **t: divided(w, t["x"], t["class"])[i]
    both = "scores: float[B, D], target: float[B, D]"
    logits = lambda _, scores, target: F.binary_cross_entropy_with_logits(scores, target)
    pair = "a: float[B, D], b: float[B, D]"
    nce = "infonce_any(a @ transpose(b), a @ transpose(b) > 0 or iota(B)[:, new] == iota(B)[new, :])"
    padded = lambda *names: {name: floats(3, 5, rows=True) for name in names}
    return {
        "conv1d": [
            plain("conv1d(x, out: 3)", lambda w, x: conv1d(w, x, "conv1d", 3)),
            plain(
                "conv1d(x, out: 2, size: 2, stride: 2, pad: 1, bias: false)",
                lambda w, x: conv1d(w, x, "conv1d", 2, 2, 2, 1, False),
            ),
            tokens("conv1d(x, out: 3, pad: 1)", lambda w, x: conv1d(w, x, "conv1d", 3, pad=1)),
        ],
        "subsample1d": [
            plain("subsample1d(x, width: 3)", lambda w, x: subsample1d(w, x, 4), 2, 9, 4),
            plain("subsample1d(x, width: 3, by: 2)", lambda w, x: subsample1d(w, x, 2), 2, 9, 4),
            pooled("sum(subsample1d(x, width: 3, by: 2), axis: -2)", lambda w, x: subsample1d(w, x, 2).sum(1)),
            pooled("sum(subsample1d(x, width: 3), axis: -2)", lambda w, x: subsample1d(w, x, 4).sum(1)),
        ],
        "standardize": [
            plain("standardize(x)", standardize),
            tokens("standardize(x)", standardize),
        ],
        "stop_token": [plain("stop_token(x)", stop_token), tokens("stop_token(x)", stop_token)],
        "divided_attention": [
            case("divided_attention(x, class, heads: 2).x", FRAMES, whole, seen(1)),
            case("divided_attention(x, class, heads: 2).class", FRAMES, whole, seen(0)),
            case("divided_attention(x, class, heads: 2).x", FRAMES, frames, None, [row_alone(True, seen(1))]),
            case("divided_attention(x, class, heads: 2).class", FRAMES, frames, None, [row_alone(False, seen(0))]),
        ],
        "binary_cross_entropy": [
            case(f"binary_cross_entropy(scores, sigmoid(target))", both, {"scores": floats(3, 4), "target": floats(3, 4)}, lambda w, scores, target: logits(w, scores, target.sigmoid())),
            case(
                "binary_cross_entropy(scores, sigmoid(target))",
                both,
                padded("scores", "target"),
                None,
                [real_rows(lambda w, scores, target: logits(w, scores, target.sigmoid()))],
            ),
        ],
        "infonce_any": [
            case(nce, pair, {"a": floats(4, 5), "b": floats(4, 5)}, infonce_any),
            case(nce, pair, padded("a", "b"), None, [real_rows(infonce_any)]),
        ],
    }
