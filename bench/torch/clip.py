"""The twin of specs/clip.mm: a ViT and a causal text Transformer, InfoNCE in both directions."""

import torch
import torch.nn.functional as F

from layers import Weights, batches, pictures, quick_gelu, trainer


def build(tensors, settings):
    weights = Weights(tensors)
    width = weights["look.positions.weight"].shape[1]
    words = weights["read.positions.weight"].shape[1]
    data = [{**b, "pixels": pictures(b["pixels"]), "ids": b["ids"].long()} for b in batches(tensors)]
    patch = weights["look.lift.weight"].shape[-1]

    def look(pixels):
        x = weights.conv(pixels, "look.lift", stride=patch).permute(0, 2, 3, 1).flatten(1, 2)
        x = torch.cat([weights["look.class_token.token"].expand(x.shape[0], 1, width), x], dim=1)
        x = weights.norm(x + weights["look.positions.weight"], "look.layer_norm")
        x = weights.transformer(x, "look.transformer", width // 64, activation=quick_gelu)
        return F.normalize(weights.linear(x[:, 0], "look.into"), dim=-1)

    def read(ids):
        x = F.embedding(ids, weights["read.embedding.weight"]) + weights["read.positions.weight"]
        x = weights.transformer(x, "read.transformer", words // 64, causal=True, activation=quick_gelu)
        return F.normalize(weights.linear(x[:, -1], "read.into"), dim=-1)

    def loss_of(batch):
        scores = weights["seen.learned.log_value"].exp() * look(batch["pixels"]) @ read(batch["ids"]).t()
        target = torch.arange(scores.shape[0])
        return 0.5 * (F.cross_entropy(scores, target) + F.cross_entropy(scores.t(), target))

    return trainer(weights, settings, loss_of, data)
