"""The twin of the speech encoder in bench/specs.ts: a quarter of the frames, a Transformer, a word for each recording."""

import torch
import torch.nn.functional as F

from layers import Weights, batches, trainer


def build(tensors, settings):
    weights = Weights(tensors)
    data = [{"features": b["features"], "index": b["index"].long()} for b in batches(tensors)]
    heads = weights["hear.positions.weight"].shape[1] // 64

    def loss_of(batch):
        x = batch["features"][:, None].contiguous(memory_format=torch.channels_last)
        x = F.relu(weights.conv(x, "hear.subsample.conv1", 2, 1))
        x = F.relu(weights.conv(x, "hear.subsample.conv2", 2, 1))
        x = weights.linear(x.permute(0, 2, 3, 1).flatten(2), "hear.subsample.linear")
        x = weights.transformer(x + weights["hear.positions.weight"], "hear.transformer", heads)
        return F.cross_entropy(weights.linear(x.mean(1), "name"), batch["index"])

    return trainer(weights, settings, loss_of, data)
