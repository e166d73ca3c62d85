"""The twin of specs/resnet.mm: bottlenecks or plain blocks with batch normalization (arXiv:1512.03385), SGD with momentum."""

import re

import torch.nn.functional as F

from layers import Weights, batches, pictures, trainer


def place(path):
    """Level and number of a block; the first of a level is −1."""
    level, number = re.search(r"\blevel(\d+)\.(?:first|rest\.(\d+))", path).groups()
    return int(level), -1 if number is None else int(number)


def build(tensors, settings):
    weights = Weights(tensors)
    data = [{"pixels": pictures(b["pixels"]), "index": b["index"].long()} for b in batches(tensors)]
    blocks = sorted({n.rsplit(".conv1", 1)[0] for n in weights.values if ".conv1." in n}, key=place)

    def block(x, path, stride):
        if f"{path}.conv3.weight" in weights.values:
            y = F.relu(weights.batch_norm(weights.conv(x, f"{path}.conv1"), f"{path}.norm1"))
            y = F.relu(weights.batch_norm(weights.conv(y, f"{path}.conv2", stride, 1), f"{path}.norm2"))
            y = weights.batch_norm(weights.conv(y, f"{path}.conv3"), f"{path}.norm3")
        else:
            y = F.relu(weights.batch_norm(weights.conv(x, f"{path}.conv1", stride, 1), f"{path}.norm1"))
            y = weights.batch_norm(weights.conv(y, f"{path}.conv2", 1, 1), f"{path}.norm2")
        if f"{path}.shortcut.weight" not in weights.values:
            return F.relu(x + y)
        return F.relu(weights.batch_norm(weights.conv(x, f"{path}.shortcut", stride), f"{path}.shortcut_norm") + y)

    def loss_of(batch):
        x = F.relu(weights.batch_norm(weights.conv(batch["pixels"], "look.stem", 2, 3), "look.stem_norm"))
        x = F.max_pool2d(x, 3, 2, 1)
        for path in blocks:
            x = block(x, path, 2 if place(path)[1] < 0 and place(path)[0] > 1 else 1)
        return F.cross_entropy(weights.linear(x.mean((2, 3)), "name"), batch["index"])

    return trainer(weights, settings, loss_of, data)
