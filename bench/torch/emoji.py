"""The twin of the train step of specs/emoji.mm: a small ViT on a convolutional stem, a bag of words, InfoNCE."""

import torch
import torch.nn.functional as F

HEADS = 4


def build(tensors, settings):
    batches = []
    weights = {}
    for name, value in tensors.items():
        if name.startswith("batch"):
            continue
        weights[name] = torch.nn.Parameter(as_torch(name, value))
    for i in range(8):
        pixels = tensors[f"batch{i}:pixels"].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        batches.append((pixels, tensors[f"batch{i}:ids"].long(), tensors[f"batch{i}:keep"]))
    decayed = set(settings["decayed"])
    adamw = dict(settings["adamw"])
    decay = adamw.pop("weight_decay")
    optimizer = torch.optim.AdamW(
        [
            {"params": [w for n, w in weights.items() if n in decayed], "weight_decay": decay},
            {"params": [w for n, w in weights.items() if n not in decayed], "weight_decay": 0.0},
        ],
        fused=True,
        **adamw,
    )
    drop = settings["drop"]
    depth = 1 + max(int(n.split(".")[3]) for n in weights if n.startswith("look.transformer.layers."))

    def linear(x, name):
        return F.linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.scale"], weights[f"{name}.shift"], 1e-5)

    def conv(x, name):
        return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride=2, padding=1)

    def channel_norm(x, name):
        return norm(x.permute(0, 2, 3, 1), name).permute(0, 3, 1, 2)

    def split(x):
        return x.view(x.shape[0], x.shape[1], HEADS, -1).transpose(1, 2)

    def look(pixels):
        x = F.gelu(channel_norm(conv(pixels, "look.stem.conv1"), "look.stem.norm1"))
        x = F.gelu(channel_norm(conv(x, "look.stem.conv2"), "look.stem.norm2"))
        x = conv(x, "look.stem.conv3").permute(0, 2, 3, 1).flatten(1, 2)
        x = x + weights["look.positions.weight"]
        for i in range(depth):
            layer = f"look.transformer.layers.{i}"
            a = norm(x, f"{layer}.norm1")
            q, k, v = (split(linear(a, f"{layer}.attention.{part}")) for part in ("query", "key", "value"))
            mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape)
            x = x + F.dropout(linear(mixed, f"{layer}.attention.out"), drop["look"])
            hidden = F.gelu(linear(norm(x, f"{layer}.norm2"), f"{layer}.feed_forward.expand"))
            x = x + F.dropout(linear(hidden, f"{layer}.feed_forward.contract"), drop["look"])
        x = norm(x, "look.transformer.norm")
        share = linear(x, "look.attention_pool.scores").softmax(1)
        values = x.view(x.shape[0], x.shape[1], HEADS, -1)
        pooled = (share[..., None] * values).sum(1).flatten(1)
        return F.normalize(linear(pooled, "look.into"), dim=-1)

    def read(ids, keep):
        kept = keep.float()[..., None]
        x = (F.embedding(ids, weights["read.embedding.weight"]) * kept).sum(1) / kept.sum(1)
        x = F.dropout(norm(x, "read.norm1"), drop["read"])
        more = linear(F.gelu(linear(x, "read.feed_forward.expand")), "read.feed_forward.contract")
        x = norm(x + F.dropout(more, drop["read"]), "read.norm2")
        return F.normalize(linear(x, "read.into"), dim=-1)

    def step(i):
        pixels, ids, keep = batches[i % len(batches)]
        scores = weights["seen.learned.log_value"].exp() * look(pixels) @ read(ids, keep).t()
        target = torch.arange(scores.shape[0])
        loss = 0.5 * (F.cross_entropy(scores, target) + F.cross_entropy(scores.t(), target))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if settings["clip"] is not None:
            torch.nn.utils.clip_grad_norm_(weights.values(), settings["clip"])
        optimizer.step()
        with torch.no_grad():
            for name, most in settings["bounded"]:
                weights[name].clamp_(max=most)
        return loss.detach()

    return step


def as_torch(name, value):
    """Matrices of linear maps are [in, out] in our weights, kernels [height, width, in, out]."""
    if ".conv" in name and value.dim() == 4:
        return value.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    if name.endswith(".weight") and value.dim() == 2 and not name.endswith(("embedding.weight", "positions.weight")):
        return value.t().contiguous()
    return value
