"""The twin of the export `continue` in bench/specs.ts: greedy generation with keys and values kept."""

import torch
import torch.nn.functional as F

from layers import Weights, batches


def build(tensors, settings):
    weights = Weights(tensors)
    words, places = weights["words.weight"], weights["write.positions.weight"]
    heads, more = settings["heads"], settings["more"]
    data = [b["ids"].long() for b in batches(tensors)]
    path = "write.transformer"
    depth = 1 + max(int(n.split(".")[3]) for n in weights.values if n.startswith(f"{path}.layers."))

    def split(y):
        return y.view(y.shape[0], y.shape[1], heads, -1).transpose(1, 2)

    def forward(ids, start, cache):
        x = F.embedding(ids, words) + places[start : start + ids.shape[1]]
        for i in range(depth):
            layer = f"{path}.layers.{i}"
            a = weights.norm(x, f"{layer}.norm1")
            q, k, v = (split(weights.linear(a, f"{layer}.attention.{part}")) for part in ("query", "key", "value"))
            end = start + ids.shape[1]
            cache[i][0][:, :, start:end], cache[i][1][:, :, start:end] = k, v
            k, v = cache[i][0][:, :, :end], cache[i][1][:, :, :end]
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=start == 0)
            x = x + weights.linear(mixed.transpose(1, 2).reshape(x.shape), f"{layer}.attention.out")
            hidden = F.gelu(weights.linear(weights.norm(x, f"{layer}.norm2"), f"{layer}.feed_forward.expand"))
            x = x + weights.linear(hidden, f"{layer}.feed_forward.contract")
        return F.linear(weights.norm(x[:, -1:], f"{path}.norm"), words)[:, -1]

    def step(i):
        ids = data[i % len(data)]
        length, width = ids.shape[1] + more, words.shape[1]
        with torch.inference_mode():
            cache = [torch.zeros(2, ids.shape[0], heads, length, width // heads) for _ in range(depth)]
            out = [ids]
            following = ids
            for t in range(more):
                start = 0 if t == 0 else ids.shape[1] + t - 1
                following = forward(following, start, cache).argmax(-1, keepdim=True)
                out.append(following)
            return torch.cat(out, dim=1).float().mean()

    return step
