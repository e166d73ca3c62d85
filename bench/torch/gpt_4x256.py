"""The twin of gpt-4x256: pre-norm blocks, causal attention, tanh GELU, learned positions, AdamW.

settings["mode"] is "eager f32", "compile f32", "eager bf16" or "compile bf16"; bf16 is autocast.
"""

import torch
import torch.nn.functional as F

HEADS = 4
DEPTH = 4


def build(tensors, settings):
    batches = [tensors[f"batch{i}"].long() for i in range(8)]
    weights = {}
    for name, value in tensors.items():
        if name.startswith("batch"):
            continue
        # Matrices of linear maps stand as [in, out] in our weights, as [out, in] in PyTorch.
        matrix = name.endswith(".matrix")
        weights[name] = torch.nn.Parameter(value.t().contiguous() if matrix else value)
    optimizer = torch.optim.AdamW(
        weights.values(), fused=True, **settings["adamw"]
    )

    def linear(x, name):
        return F.linear(x, weights[f"{name}.matrix"], weights[f"{name}.bias"])

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.scale"], weights[f"{name}.shift"], 1e-5)

    def split(x):
        return x.view(x.shape[0], x.shape[1], HEADS, -1).transpose(1, 2)

    def loss_of(ids):
        x, target = ids[:, :-1], ids[:, 1:]
        h = weights["token"][x] + weights["position"]
        for i in range(DEPTH):
            a = norm(h, f"block{i}.norm1")
            q, k, v = (split(linear(a, f"block{i}.{part}")) for part in ("q", "k", "v"))
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            h = h + linear(mixed.transpose(1, 2).reshape(h.shape), f"block{i}.out")
            a = norm(h, f"block{i}.norm2")
            h = h + linear(F.gelu(linear(a, f"block{i}.up"), approximate="tanh"), f"block{i}.down")
        logits = linear(norm(h, "norm"), "head")
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), target.reshape(-1))

    form, precision = settings["mode"].split()
    loss_as_run = torch.compile(loss_of) if form == "compile" else loss_of

    def step(i):
        with torch.autocast(settings["device"], dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = loss_as_run(batches[i % len(batches)])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step
