"""Every block of the standard library by what PyTorch has for it, in double precision."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call
from values import HOLES, KEPT_ROWS, PREFIX, by_mask, case, floats, indices, kept_tokens, real_rows, row_alone, whole_batch

X = "x: float[B, T, D]"
SHAPE = (3, 4, 4)
PAIR = "a: float[B, D], b: float[B, D]"
MAP = "x: float[B, H, W, C]"


def plain(returns, run, *shape, params=X):
    return case(returns, params, {"x": floats(*(shape or SHAPE))}, run)


def tokens(returns, run, places=PREFIX, routes=()):
    return case(returns, X, {"x": floats(*SHAPE, places=places)}, run, [row_alone(True, run), *routes])


def pooled(returns, run, places=PREFIX):
    return case(returns, X, {"x": floats(*SHAPE, places=places)}, run, [row_alone(False, run)])


def maps(returns, run, *shape):
    """A map with all its rows, and with a row that is padding."""
    padded = case(returns, MAP, {"x": floats(3, *shape, rows=True)}, run, [row_alone(False, run)])
    return [plain(returns, run, 2, *shape, params=MAP), padded]


def pair(returns, run):
    rows = {"a": floats(3, 5, rows=True), "b": floats(3, 5, rows=True)}
    return [
        case(returns, PAIR, {"a": floats(4, 5), "b": floats(4, 5)}, run),
        case(returns, PAIR, rows, run, [real_rows(run)]),
    ]


def linear(w, x, path, out, bias=True):
    return F.linear(x, w(f"{path}.weight", x.shape[-1], out).T, w(f"{path}.bias", out) if bias else None)


def lora(w, x):
    """Through what a layer makes of the unit vectors, as adapters are run beside a frozen layer."""
    x = x[0]
    ones = torch.eye(x.shape[0], dtype=torch.float64)
    return F.linear(ones, x.T) + 3 * F.linear(F.linear(ones, w("lora.a", x.shape[0], 2).T), w("lora.b", 2, x.shape[1]).T)


def weight_norm(w, x):
    return torch._weight_norm(x[0], w("weight_norm.length", x.shape[-1])[None], 1)


def fake_quantize(_, x):
    """The largest number of each column is at 3 steps."""
    step = x[0].detach().abs().amax(0) / 3
    zero = torch.zeros(x.shape[-1], dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(x[0].float(), step.float(), zero, 1, -4, 3).double()


def layer_norm(w, x, path, eps=1e-5):
    d = x.shape[-1]
    return F.layer_norm(x, (d,), w(f"{path}.scale", d), w(f"{path}.shift", d), eps)


def straight_through(_, x):
    p = x.softmax(-1)
    hard = F.one_hot(p.argmax(-1), x.shape[-1]).to(x.dtype)
    return hard - p.detach() + p


def likeliest(_, x):
    kept = torch.zeros_like(x).scatter(-1, x.topk(2).indices, 1).bool()
    return x.masked_fill(~kept, -math.inf).softmax(-1)


def nucleus(x, share):
    """As sampling with top-p is written with sort and cumsum: what comes once the share is reached is left out."""
    p, order = x.softmax(-1).sort(dim=-1, descending=True)
    late = p.cumsum(-1) - p >= share
    return x.masked_fill(late.scatter(-1, order, late), -math.inf).softmax(-1)


def batch_norm(w, x, path="batch_norm", learning=True, keep=None, momentum=0.1, eps=1e-5):
    """nn.BatchNorm over the last axis; where some positions are dropped, of those that are kept."""
    c = x.shape[-1]
    scale, shift = w(f"{path}.scale", c), w(f"{path}.shift", c)
    mean, variance = w.state(f"{path}.running_mean", c).clone(), w.state(f"{path}.running_variance", c).clone()
    real = x.reshape(-1, c) if keep is None else x[keep]
    out = F.batch_norm(real, mean, variance, scale, shift, learning, momentum, eps)
    w.next |= {f"{path}.running_mean": mean, f"{path}.running_variance": variance}
    return out.reshape(x.shape) if keep is None else torch.zeros_like(x).masked_scatter(keep[..., None], out)


def batch_norm_kept(learning):
    def route(w, inputs, tensors):
        keep = kept_tokens(inputs)
        out = batch_norm(w, tensors["x"], learning=learning, keep=keep)
        return out, keep[..., None].expand_as(out)

    return route


def basic_block(w, x, out=4, stride=2, learning=True):
    y = conv(w, x, "basic_block.conv1", out, 3, stride, 1, bias=False)
    y = F.relu(batch_norm(w, y, "basic_block.norm1", learning))
    y = batch_norm(w, conv(w, y, "basic_block.conv2", out, 3, 1, 1, bias=False), "basic_block.norm2", learning)
    if stride == 1 and out == x.shape[-1]:
        return F.relu(x + y)
    added = conv(w, x, "basic_block.shortcut", out, 1, stride, 0, bias=False)
    return F.relu(batch_norm(w, added, "basic_block.shortcut_norm", learning) + y)


def conv(w, x, path, out, size=3, stride=1, pad=0, bias=True):
    """Maps with channels last, weights as size x size x in x out."""
    weight = w(f"{path}.weight", size, size, x.shape[-1], out).permute(3, 2, 0, 1)
    b = w(f"{path}.bias", out) if bias else None
    return F.conv2d(x.permute(0, 3, 1, 2), weight, b, stride, pad).permute(0, 2, 3, 1)


def stem(w, x):
    x = F.gelu(layer_norm(w, conv(w, x, "stem.conv1", 2, 3, 2, 1), "stem.norm1"))
    x = F.gelu(layer_norm(w, conv(w, x, "stem.conv2", 4, 3, 2, 1), "stem.norm2"))
    return conv(w, x, "stem.conv3", 8, 3, 2, 1).flatten(1, 2)


def projections(w, path, width, memory):
    """Weights and biases of query, key, value as nn.MultiheadAttention has them."""
    names = ("query", width), ("key", memory), ("value", memory)
    weights = [w(f"{path}.{name}.weight", inner, width).T for name, inner in names]
    return weights, torch.cat([w(f"{path}.{name}.bias", width) for name, _ in names])


def multihead(w, path, x, memory, heads, keep=None, causal=False):
    width, inner = x.shape[-1], memory.shape[-1]
    (q, k, v), bias = projections(w, path, width, inner)
    module = nn.MultiheadAttention(width, heads, kdim=inner, vdim=inner, batch_first=True, dtype=torch.float64)
    if inner == width:
        mapped = {"in_proj_weight": torch.cat([q, k, v])}
    else:
        mapped = {"q_proj_weight": q, "k_proj_weight": k, "v_proj_weight": v}
    mapped |= {"in_proj_bias": bias, "out_proj.weight": w(f"{path}.out.weight", width, width).T}
    mapped["out_proj.bias"] = w(f"{path}.out.bias", width)
    later = torch.ones(x.shape[1], memory.shape[1]).triu(1).bool() if causal else None
    hidden = None if keep is None else ~keep
    options = {"key_padding_mask": hidden, "attn_mask": later, "need_weights": False}
    return functional_call(module, mapped, (x, memory, memory), options)[0]


def attention(causal):
    def run(w, x, keep=None):
        shape = x.shape
        x = x.reshape(-1, *shape[-2:])
        return multihead(w, "attention", x, x, 2, keep, causal).reshape(shape)

    return run


def cross_attention(w, x, memory, keep=None):
    return multihead(w, "cross_attention", x, memory, 2, keep)


def scaled_dot_product(heads, causal=False):
    """Of x, 2x and x squared."""

    def run(w, x, keep=None):
        q, k, v = (y.unflatten(-1, (heads, -1)).transpose(1, 2) for y in (x, 2 * x, x * x))
        if keep is None:
            out = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        else:
            seen = keep[:, None, None, :].expand(-1, 1, x.shape[1], -1)
            seen = seen & torch.ones(x.shape[1], x.shape[1]).tril().bool() if causal else seen
            out = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return out.transpose(1, 2).flatten(2)

    return run


def attention_pool(w, x):
    """Head by head."""
    shares = linear(w, x, "attention_pool.scores", 2).softmax(1).unbind(-1)
    return torch.cat([(p[..., None] * v).sum(1) for p, v in zip(shares, x.chunk(2, -1))], -1)


def feed_forward(expansion, activation):
    def run(w, x):
        inner = activation(linear(w, x, "feed_forward.expand", expansion * x.shape[-1]))
        return linear(w, inner, "feed_forward.contract", x.shape[-1])

    return run


def decoder(depth):
    def run(w, x, memory, keep=None, seen=None):
        d, t, m = x.shape[-1], x.shape[1], memory.shape[-1]
        layer = nn.TransformerDecoderLayer(d, 2, 4 * d, 0.0, F.gelu, batch_first=True, norm_first=True, dtype=torch.float64)
        module = nn.TransformerDecoder(layer, depth, nn.LayerNorm(d, dtype=torch.float64))
        mapped = {"norm.weight": w("decoder.norm.scale", d), "norm.bias": w("decoder.norm.shift", d)}
        for i in range(depth):
            path, to = f"decoder.layers.{i}", f"layers.{i}"
            for ours, theirs, inner in ("attention", "self_attn", d), ("cross_attention", "multihead_attn", m):
                weights, bias = projections(w, f"{path}.{ours}", d, inner)
                mapped |= {f"{to}.{theirs}.in_proj_weight": torch.cat(weights), f"{to}.{theirs}.in_proj_bias": bias}
            linears = ("attention.out", "self_attn.out_proj", d, d), ("cross_attention.out", "multihead_attn.out_proj", d, d)
            wide = ("feed_forward.expand", "linear1", d, 4 * d), ("feed_forward.contract", "linear2", 4 * d, d)
            for ours, theirs, inner, out in (*linears, *wide):
                mapped[f"{to}.{theirs}.weight"] = w(f"{path}.{ours}.weight", inner, out).T
                mapped[f"{to}.{theirs}.bias"] = w(f"{path}.{ours}.bias", out)
            for name in ("norm1", "norm2", "norm3"):
                mapped[f"{to}.{name}.weight"] = w(f"{path}.{name}.scale", d)
                mapped[f"{to}.{name}.bias"] = w(f"{path}.{name}.shift", d)
        later = torch.ones(t, t).triu(1).bool()
        hidden = {"tgt_key_padding_mask": keep, "memory_key_padding_mask": seen}
        hidden = {name: None if mask is None else ~mask for name, mask in hidden.items()}
        return functional_call(module, mapped, (x, memory), {"tgt_mask": later, **hidden})

    return run


def transformer(depth, causal=False, expansion=4, activation=F.gelu):
    def run(w, x, keep=None):
        d, t = x.shape[-1], x.shape[1]
        layer = nn.TransformerEncoderLayer(
            d, 2, expansion * d, 0.0, activation, batch_first=True, norm_first=True, dtype=torch.float64
        )
        norm = nn.LayerNorm(d, dtype=torch.float64)
        module = nn.TransformerEncoder(layer, depth, norm, enable_nested_tensor=False)
        mapped = {"norm.weight": w("transformer.norm.scale", d), "norm.bias": w("transformer.norm.shift", d)}
        for i in range(depth):
            path, to = f"transformer.layers.{i}", f"layers.{i}"
            weights, bias = projections(w, f"{path}.attention", d, d)
            mapped |= {f"{to}.self_attn.in_proj_weight": torch.cat(weights), f"{to}.self_attn.in_proj_bias": bias}
            linears = ("attention.out", "self_attn.out_proj", d, d), ("feed_forward.expand", "linear1", d, expansion * d)
            for ours, theirs, inner, out in (*linears, ("feed_forward.contract", "linear2", expansion * d, d)):
                mapped[f"{to}.{theirs}.weight"] = w(f"{path}.{ours}.weight", inner, out).T
                mapped[f"{to}.{theirs}.bias"] = w(f"{path}.{ours}.bias", out)
            for name in ("norm1", "norm2"):
                mapped[f"{to}.{name}.weight"] = w(f"{path}.{name}.scale", d)
                mapped[f"{to}.{name}.bias"] = w(f"{path}.{name}.shift", d)
        later = torch.ones(t, t).triu(1).bool() if causal else None
        hidden = None if keep is None else ~keep
        return functional_call(module, mapped, (x,), {"mask": later, "src_key_padding_mask": hidden, "is_causal": causal})

    return run


def class_token(w, x):
    return torch.cat([w("class_token.token", x.shape[-1]).expand(x.shape[0], 1, -1), x], 1)


def class_token_kept(w, inputs, tensors):
    """The token is kept in every real row."""
    out = class_token(w, **tensors)
    keep = F.pad(kept_tokens(inputs), (1, 0), value=True)
    keep[2] = False
    return out, keep[..., None].expand_as(out)


def masked_mean(axes):
    """Sum over count, both of kept tokens only; axes of B and T."""

    def route(w, inputs, tensors):
        keep = kept_tokens(inputs)[..., None].to(torch.float64).expand_as(tensors["x"])
        return (tensors["x"] * keep).sum(axes) / keep.sum(axes)

    return whole_batch(route)


def patches(size):
    """One square after the other."""

    def run(_, x):
        rows, columns = range(0, x.shape[1], size), range(0, x.shape[2], size)
        return torch.stack([x[:, i : i + size, j : j + size].flatten(1) for i in rows for j in columns], 1)

    return run


def infonce(w, a, b):
    """Figure 3 of arXiv:2103.00020."""
    logits = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T * w("learned.log_value").exp()
    labels = torch.arange(a.shape[0])
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


def sigmoid_pairs(w, a, b):
    """Algorithm 1 of arXiv:2303.15343."""
    n = a.shape[0]
    logits = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T * w("sigmoid_pairs.log_scale").exp() + w("sigmoid_pairs.bias")
    labels = 2 * torch.eye(n, dtype=torch.float64) - torch.ones(n, n)
    return -F.logsigmoid(labels * logits).sum() / n


def cosine(_, a, among):
    return F.cosine_similarity(a[:, None], among[None], dim=-1)


def cosine_kept(_, inputs, tensors):
    """Of the real rows with the real candidates."""
    keep = torch.tensor(KEPT_ROWS).bool()
    both = keep[:, None] & keep
    real = cosine(None, *(t[keep] for t in tensors.values()))
    return torch.zeros(3, 3, dtype=real.dtype).masked_scatter(both, real), both


def nearest_kept(w, inputs, tensors):
    out, both = cosine_kept(w, inputs, tensors)
    return out.masked_fill(~both, -2).argmax(-1), both[:, 0]


def ignoring(w, inputs, tensors, smoothing=0.0):
    """Padded targets are those that torch ignores."""
    target = tensors["target"].masked_fill(~kept_tokens(inputs), -100)
    return F.cross_entropy(tensors["x"].flatten(0, 1), target.flatten(), label_smoothing=smoothing)


def pooled_loss(returns, run):
    """A loss that is the mean over places, of the kept ones alone."""

    def kept(w, inputs, tensors):
        return run(w, tensors["x"][kept_tokens(inputs)])

    return case(returns, X, {"x": floats(*SHAPE, places=HOLES)}, None, [whole_batch(kept)])


def same_kept(_, inputs, tensors):
    """By comparing what is kept of each row, as lists."""
    kept = kept_tokens(inputs)
    rows = [x[k].tolist() for x, k in zip(tensors["x"], kept)]
    out = torch.tensor([[float(a == b) for b in rows] for a in rows], dtype=torch.float64)
    real = torch.tensor(KEPT_ROWS).bool()
    return out, real[:, None] & real[None]


def infonce_apart(_, a, b, label):
    """Row by row, of the candidates that are no duplicates."""
    scores = 5 * F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T
    losses = []
    for s in (scores, scores.T):
        for i, row in enumerate(s):
            kept = (label != label[i]) | (torch.arange(len(label)) == i)
            losses.append(row[kept].logsumexp(0) - row[i])
    return torch.stack(losses).mean()


def infonce_hard(_, a, b, hard):
    a, b, hard = (F.normalize(x, dim=-1) for x in (a, b, hard))
    return F.cross_entropy(5 * a @ torch.cat([b, hard.reshape(-1, hard.shape[-1])]).T, torch.arange(len(a)))


def hard_kept(w, inputs, tensors):
    rows = torch.tensor(KEPT_ROWS).bool()
    hard = tensors["hard"][kept_tokens(inputs, "hard")]
    return infonce_hard(w, tensors["a"][rows], tensors["b"][rows], hard)


def supervised_contrast(_, x, label):
    """As in the authors' code: the logits of the others, averaged over the positives of each anchor."""
    x = F.normalize(x, dim=-1)
    other = ~torch.eye(len(x)).bool()
    positive = (label[:, None] == label[None]) & other
    logits = 5 * x @ x.T
    log_share = logits - (logits.exp() * other).sum(1, keepdim=True).log()
    has = positive.any(1)
    return -((log_share * positive).sum(1)[has] / positive.sum(1)[has]).mean()


def supervised_kept(w, inputs, tensors):
    kept = kept_tokens(inputs)
    return supervised_contrast(w, tensors["x"][kept], tensors["label"][kept])


def mil_nce(_, a, b):
    return mil(F.normalize(a, dim=-1), [F.normalize(y, dim=-1) for y in b])


def mil(a, lists):
    """Sum by sum, each b with as many candidates as it has."""
    losses = []
    for i, x in enumerate(a):
        positive = (5 * lists[i] @ x).exp().sum()
        forward = sum((5 * y @ x).exp().sum() for j, y in enumerate(lists) if j != i)
        back = sum((5 * lists[i] @ z).exp().sum() for j, z in enumerate(a) if j != i)
        losses.append(-(positive / (positive + forward + back)).log())
    return torch.stack(losses).mean()


def mil_kept(_, inputs, tensors):
    rows = torch.tensor(KEPT_ROWS).bool()
    places = torch.tensor(inputs["b"]["places"]).bool()
    b = F.normalize(tensors["b"], dim=-1)
    return mil(F.normalize(tensors["a"], dim=-1)[rows], [y[k] for y, k, real in zip(b, places, rows) if real])


def triplet(a, p, n, margin=0.2):
    """PyTorch's own with the squared distance of the paper."""
    loss = nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: (x - y).square().sum(-1), margin=margin)
    return loss(a, p, n)


def js_divergence(_, a, b):
    p, q = a.softmax(-1), b.softmax(-1)
    m = ((p + q) / 2).log()
    return (F.kl_div(m, p, reduction="batchmean") + F.kl_div(m, q, reduction="batchmean")) / 2


def js_kept(w, inputs, tensors):
    """Row by row, of the shares that are kept."""
    rows = [(a[k][None], b[k][None]) for a, b, k in zip(tensors["a"], tensors["b"], kept_tokens(inputs, "a")) if k.any()]
    return torch.stack([js_divergence(w, a, b) for a, b in rows]).mean()


def patch_error(predicted, target):
    """As in MAE's code."""
    mean, var = target.mean(-1, keepdim=True), target.var(-1, keepdim=True)
    return F.mse_loss(predicted, (target - mean) / (var + 1e-6).sqrt())


def cases():
    """The cases of each block, by its name."""
    lin = {
        "biased": lambda w, x: linear(w, x, "linear", 3),
        "bare": lambda w, x: linear(w, x, "linear", 3, bias=False),
    }
    norm = lambda w, x: layer_norm(w, x, "layer_norm")
    rms = lambda w, x: F.rms_norm(x, (4,), w("rms_norm.scale", 4), 1e-6)
    loose = lambda w, x: layer_norm(w, x, "layer_norm", 0.1)
    words = lambda w, c: F.embedding(c, w("embedding.weight", 5, 4))
    places = lambda w, x: x + F.embedding(torch.arange(x.shape[1]), w("positions.weight", 6, 4))
    into = lambda w, x: F.normalize(linear(w, x, "into", 3, bias=False), dim=-1)
    learned = lambda w, x: x * w("learned.log_value").exp()
    gated = feed_forward(2, F.silu)
    both = {"x": floats(3, 4, 4, places=PREFIX), "memory": floats(3, 4, 6, places=HOLES)}
    two = "x: float[B, T, D], memory: float[B, S, M]"
    scores = "x: float[B, T, D], target: index(D)[B, T]"
    among = "a: float[B, D], among: float[K, D]"
    candidates = {"a": floats(3, 5), "among": floats(4, 5)}
    real = {"a": floats(3, 5, rows=True), "among": floats(3, 5, rows=True)}
    masked = lambda run: by_mask(lambda w, keep, x: run(w, x, keep["x"]))
    crossed = by_mask(lambda w, keep, x, memory: cross_attention(w, x, memory, keep["memory"]))
    class_run = lambda w, x: class_token(w, x)
    few = lambda *a, **k: {"x": floats(*SHAPE, **k), "target": indices(3, 4, of=4, **k)}
    return {
        "lora": [plain("lora(x[0], rank: 2, alpha: 6)", lora)],
        "weight_norm": [plain("weight_norm(x[0], start: 2)", weight_norm)],
        "fake_quantize": [plain("fake_quantize(x[0], bits: 3)", fake_quantize)],
        "linear": [
            plain("linear(x, out: 3)", lin["biased"]),
            plain("linear(x, out: 3, bias: false)", lin["bare"]),
            plain("linear(x, out: 3)", lin["biased"], 4, params="x: float[D]"),
            tokens("linear(x, out: 3)", lin["biased"], HOLES),
        ],
        "embedding": [
            case("embedding(c, width: 4)", "c: index(V)[B, T]", {"c": indices(3, 4, of=5)}, words),
            case(
                "embedding(c, width: 4)",
                "c: index(V)[B, T]",
                {"c": indices(3, 4, of=5, places=PREFIX)},
                words,
                [row_alone(True, words)],
            ),
        ],
        "positions": [
            plain("positions(x, max: 6)", places),
            tokens("positions(x, max: 6)", places),
            tokens("positions(x, max: 6)", places, HOLES),
        ],
        "mean": [
            plain("mean(x)", lambda _, x: x.mean()),
            plain("mean(x, axis: [0, 2])", lambda _, x: x.mean((0, 2))),
            pooled("mean(x, axis: -2)", lambda _, x: x.mean(-2), HOLES),
            tokens("mean(x, axis: -1)", lambda _, x: x.mean(-1)),
            case("mean(x, axis: [0, 1])", X, {"x": floats(*SHAPE, places=HOLES)}, None, [masked_mean((0, 1))]),
            case("mean(x)", X, {"x": floats(*SHAPE, places=PREFIX)}, None, [masked_mean((0, 1, 2))]),
        ],
        "first": [plain("first(x)", lambda _, x: x[:, 0]), pooled("first(x)", lambda _, x: x[:, 0])],
        "last": [
            plain("last(x)", lambda _, x: x[:, -1]),
            pooled("last(x)", lambda _, x: x[:, -1]),
            pooled("last(x)", lambda _, x: x[:, -1], HOLES),
        ],
        "layer_norm": [
            plain("layer_norm(x)", norm),
            plain("layer_norm(x, epsilon: 0.1)", loose),
            tokens("layer_norm(x)", norm),
        ],
        "batch_norm": [
            case("batch_norm(x)", X, {"x": floats(*SHAPE)}, batch_norm, learning=True),
            case("batch_norm(x, momentum: 0.5)", X, {"x": floats(*SHAPE)}, lambda w, x: batch_norm(w, x, momentum=0.5), learning=True),
            case("batch_norm(x)", X, {"x": floats(*SHAPE, places=HOLES)}, None, [batch_norm_kept(True)], learning=True),
            plain("batch_norm(x)", lambda w, x: batch_norm(w, x, learning=False)),
            case("batch_norm(x)", X, {"x": floats(*SHAPE, places=HOLES)}, None, [batch_norm_kept(False)]),
        ],
        "moments": [
            plain("moments(x).mean - 2 * moments(x).variance", lambda _, x: x.mean((0, 1)) - 2 * x.var((0, 1), correction=0)),
        ],
        "mix": [plain("mix(x, sin(x), share: 0.3)", lambda _, x: 0.7 * x + 0.3 * x.sin())],
        "rms_norm": [plain("rms_norm(x)", rms), tokens("rms_norm(x)", rms, HOLES)],
        "attention": [
            plain("attention(x, heads: 2)", attention(False)),
            plain("attention(x, heads: 2)", attention(False), 2, 2, 3, 4, params="x: float[A, B, T, D]"),
            plain("attention(x, heads: 2, causal: true)", attention(True)),
            tokens("attention(x, heads: 2)", attention(False), HOLES, [masked(attention(False))]),
            tokens("attention(x, heads: 2, causal: true)", attention(True), PREFIX, [masked(attention(True))]),
        ],
        "cross_attention": [
            case(
                "cross_attention(x, memory, heads: 2)",
                two,
                {"x": floats(3, 4, 4), "memory": floats(3, 5, 6)},
                cross_attention,
            ),
            case("cross_attention(x, memory, heads: 2)", two, both, None, [row_alone(True, cross_attention), crossed]),
        ],
        "attend": [
            plain("attend(x, 2 * x, x * x, heads: 4)", scaled_dot_product(4)),
            plain("attend(x, 2 * x, x * x, heads: 1, causal: true)", scaled_dot_product(1, True)),
            tokens(
                "attend(x, 2 * x, x * x, heads: 2, causal: true)",
                scaled_dot_product(2, True),
                PREFIX,
                [masked(scaled_dot_product(2, True))],
            ),
            tokens("attend(x, 2 * x, x * x, heads: 2)", scaled_dot_product(2), HOLES, [masked(scaled_dot_product(2))]),
        ],
        "attention_pool": [
            plain("attention_pool(x, heads: 2)", attention_pool),
            pooled("attention_pool(x, heads: 2)", attention_pool, HOLES),
        ],
        "feed_forward": [
            plain("feed_forward(x)", feed_forward(4, F.gelu)),
            tokens("feed_forward(x, expansion: 2, activation: silu)", gated, HOLES),
        ],
        "transformer": [
            plain("transformer(x, depth: 2, heads: 2)", transformer(2)),
            plain("transformer(x, depth: 1, heads: 2, causal: true)", transformer(1, True)),
            tokens("transformer(x, depth: 2, heads: 2)", transformer(2), PREFIX, [masked(transformer(2))]),
            tokens(
                "transformer(x, depth: 1, heads: 2, causal: true, expansion: 2, activation: relu)",
                transformer(1, True, 2, F.relu),
                PREFIX,
                [masked(transformer(1, True, 2, F.relu))],
            ),
        ],
        "decoder": [
            case(
                "decoder(x, memory, depth: 2, heads: 2)",
                "x: float[B, T, D], memory: float[B, S, D]",
                {"x": floats(3, 4, 4), "memory": floats(3, 5, 4)},
                decoder(2),
            ),
            case(
                "decoder(x, memory, depth: 1, heads: 2)",
                "x: float[B, T, D], memory: float[B, S, D]",
                {"x": floats(3, 4, 4, places=PREFIX), "memory": floats(3, 4, 4, places=HOLES)},
                decoder(1),
                [by_mask(lambda w, keep, x, memory: decoder(1)(w, x, memory, keep["x"], keep["memory"]))],
            ),
        ],
        "same_rows": [
            case(
                "to_float(same_rows(x))",
                "x: index(V)[B, T]",
                {"x": indices(5, 2, of=3)},
                lambda _, x: (x[:, None] == x[None]).all(-1).double(),
            ),
            case("to_float(same_rows(x))", "x: index(V)[B, T]", {"x": indices(3, 4, of=2, places=PREFIX)}, None, [same_kept]),
        ],
        "infonce_apart": [
            case(
                "infonce_apart(unit(a), unit(b), 5, label[:, new] == label[new, :])",
                "a: float[B, D], b: float[B, D], label: index(L)[B]",
                {"a": floats(4, 5), "b": floats(4, 5), "label": indices(4, of=3)},
                infonce_apart,
            ),
            case(
                "infonce_apart(unit(a), unit(b), 5, label[:, new] == label[new, :])",
                "a: float[B, D], b: float[B, D], label: index(L)[B]",
                {"a": floats(3, 5, rows=True), "b": floats(3, 5, rows=True), "label": indices(3, of=2, rows=True)},
                None,
                [real_rows(infonce_apart)],
            ),
        ],
        "infonce_hard": [
            case(
                "infonce_hard(unit(a), unit(b), unit(hard), 5)",
                "a: float[B, D], b: float[B, D], hard: float[B, H, D]",
                {"a": floats(4, 5), "b": floats(4, 5), "hard": floats(4, 2, 5)},
                infonce_hard,
            ),
            case(
                "infonce_hard(unit(a), unit(b), unit(hard), 5)",
                "a: float[B, D], b: float[B, D], hard: float[B, H, D]",
                {"a": floats(3, 5, rows=True), "b": floats(3, 5, rows=True), "hard": floats(3, 4, 5, places=PREFIX)},
                None,
                [whole_batch(hard_kept)],
            ),
        ],
        "supervised_contrast": [
            case(
                "supervised_contrast(unit(x), label[:, new] == label[new, :], 5)",
                "x: float[B, D], label: index(L)[B]",
                {"x": floats(6, 5), "label": indices(6, of=4)},
                supervised_contrast,
            ),
            case(
                'supervised_contrast(unit(rearrange(x, "b t d -> (b t) d")), '
                'rearrange(label, "b t -> (b t)")[:, new] == rearrange(label, "b t -> (b t)")[new, :], 5)',
                "x: float[B, T, D], label: index(L)[B, T]",
                {"x": floats(3, 4, 5, places=HOLES), "label": indices(3, 4, of=4, places=HOLES)},
                None,
                [whole_batch(supervised_kept)],
            ),
        ],
        "mil_nce": [
            case(
                "mil_nce(unit(a), unit(b), 5)",
                "a: float[B, D], b: float[B, K, D]",
                {"a": floats(3, 5), "b": floats(3, 2, 5)},
                mil_nce,
            ),
            case(
                "mil_nce(unit(a), unit(b), 5)",
                "a: float[B, D], b: float[B, K, D]",
                {"a": floats(3, 5, rows=True), "b": floats(3, 4, 5, places=PREFIX)},
                None,
                [whole_batch(mil_kept)],
            ),
        ],
        "triplet": [
            plain(
                "triplet(x, x * x, 2 * x - 0.5)",
                lambda _, x: triplet(x, x * x, 2 * x - 0.5),
            ),
            pooled_loss("triplet(x, x * x, 2 * x - 0.5, margin: 1)", lambda _, x: triplet(x, x * x, 2 * x - 0.5, 1.0)),
        ],
        "cosine_loss": pair(
            "cosine_loss(unit(a), unit(b))", lambda _, a, b: F.cosine_embedding_loss(a, b, torch.ones(len(a)).double())
        ),
        "relative_entropy": [
            case(
                "relative_entropy(softmax(a), softmax(b))",
                PAIR,
                {"a": floats(3, 5), "b": floats(3, 5)},
                lambda _, a, b: F.kl_div(b.log_softmax(-1), a.softmax(-1), reduction="none").sum(-1),
            ),
            # A share of 0, of which 0 log 0 = 0, and its gradient.
            case(
                "relative_entropy(relu(a), softmax(b))",
                PAIR,
                {"a": floats(3, 5), "b": floats(3, 5)},
                lambda _, a, b: (a.relu() * (a.clamp(min=1e-300).log() - b.log_softmax(-1))).sum(-1),
            ),
        ],
        "kl_divergence": pair(
            "kl_divergence(softmax(a), softmax(b))",
            lambda _, a, b: F.kl_div(b.log_softmax(-1), a.softmax(-1), reduction="batchmean"),
        ),
        "js_divergence": [
            *pair("js_divergence(softmax(a), softmax(b))", js_divergence),
            case(
                "js_divergence(softmax(a), softmax(b))",
                "a: float[B, K], b: float[B, K]",
                {"a": floats(3, 4, places=PREFIX), "b": floats(3, 4, places=PREFIX)},
                None,
                [whole_batch(js_kept)],
            ),
        ],
        "patch_error": [
            plain("patch_error(x, x * x)", lambda _, x: patch_error(x, x * x)),
            pooled_loss("patch_error(x, x * x)", lambda _, x: patch_error(x, x * x)),
        ],
        "inverse": [
            plain(
                "inverse(top_k(x, k: T).index)",
                lambda _, x: x.argsort(-1, descending=True).argsort(-1),
                3,
                5,
                params="x: float[B, T]",
            ),
        ],
        "dropout": [plain("dropout(x, rate: 0.4)", lambda _, x: F.dropout(x, 0.4, training=False))],
        "patches": maps("patches(x, size: 2)", patches(2), 4, 6, 3),
        "conv": [
            *maps("conv(x, out: 2)", lambda w, x: conv(w, x, "conv", 2), 5, 4, 3),
            *maps(
                "conv(x, out: 2, size: 2, stride: 2, pad: 1, bias: false)",
                lambda w, x: conv(w, x, "conv", 2, 2, 2, 1, False),
                5,
                4,
                3,
            ),
            *maps("conv(x, out: 3, stride: 2, pad: 1)", lambda w, x: conv(w, x, "conv", 3, 3, 2, 1), 4, 6, 2),
        ],
        "stem": maps("stem(x, width: 8)", stem, 8, 16, 3),
        "basic_block": [
            case("basic_block(x, out: 4, stride: 2)", MAP, {"x": floats(2, 6, 4, 3)}, basic_block, learning=True),
            case("basic_block(x, out: 3)", MAP, {"x": floats(2, 4, 4, 3)}, lambda w, x: basic_block(w, x, 3, 1), learning=True),
            plain("basic_block(x, out: 4, stride: 2)", lambda w, x: basic_block(w, x, learning=False), 2, 6, 4, 3, params=MAP),
        ],
        "tokens": maps("tokens(x)", lambda _, x: x.flatten(1, 2), 2, 3, 2),
        "class_token": [
            plain("class_token(x)", class_run),
            case("class_token(x)", X, {"x": floats(*SHAPE, places=PREFIX)}, None, [class_token_kept]),
        ],
        "straight_through": [plain("straight_through(x)", straight_through)],
        "greedy": [plain("greedy(x)", lambda _, x: x.argmax(-1))],
        "likeliest": [plain("softmax(likeliest(x, count: 2))", likeliest)],
        "nucleus": [
            plain("softmax(nucleus(x, share: 0.7))", lambda _, x: nucleus(x, 0.7)),
            plain("softmax(nucleus(x, share: 0.3))", lambda _, x: nucleus(x, 0.3)),
        ],
        "into": [plain("into(x, 3)", into), tokens("into(x, 3)", into)],
        "learned": [plain("x * learned(10, max: 100)", learned)],
        "infonce": pair("infonce(unit(a), unit(b), scale: learned(10))", infonce),
        "sigmoid_pairs": pair("sigmoid_pairs(unit(a), unit(b))", sigmoid_pairs),
        "cross_entropy": [
            case(
                "cross_entropy(x, target)",
                "x: float[B, D], target: index(D)[B]",
                {"x": floats(3, 4), "target": indices(3, of=4)},
                lambda _, x, target: F.cross_entropy(x, target),
            ),
            case(
                "cross_entropy(x, target)",
                "x: float[B, D], target: index(D)[B]",
                {"x": floats(3, 4, rows=True), "target": indices(3, of=4, rows=True)},
                None,
                [real_rows(lambda _, x, target: F.cross_entropy(x, target))],
            ),
            case(
                "cross_entropy(x, target)",
                scores,
                few(),
                lambda _, x, target: F.cross_entropy(x.flatten(0, 1), target.flatten()),
            ),
            case("cross_entropy(x, target)", scores, few(places=HOLES), None, [whole_batch(ignoring)]),
            case(
                "cross_entropy(x, target, smoothing: 0.1)",
                scores,
                few(),
                lambda _, x, target: F.cross_entropy(x.flatten(0, 1), target.flatten(), label_smoothing=0.1),
            ),
            case(
                "cross_entropy(x, target, smoothing: 0.2)",
                scores,
                few(places=HOLES),
                None,
                [whole_batch(lambda w, inputs, tensors: ignoring(w, inputs, tensors, 0.2))],
            ),
        ],
        "nearest": [
            case("nearest(unit(a), unit(among))", among, candidates, lambda w, a, among: cosine(w, a, among).argmax(-1)),
            case("nearest(unit(a), unit(among))", among, real, None, [nearest_kept]),
        ],
        "similarity": [
            case("similarity(unit(a), unit(among))", among, candidates, cosine),
            case("similarity(unit(a), unit(among))", among, real, None, [cosine_kept]),
        ],
    }
