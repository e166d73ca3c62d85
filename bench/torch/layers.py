"""What the twins of specs share: our weights as PyTorch lays them out, layers by the names of ours, the optimizer."""

import torch
import torch.nn.functional as F


class Weights:
    """Tensors named `weight:PATH` as parameters and `state:PATH` as they are, by their paths."""

    def __init__(self, tensors):
        self.values = {}
        self.states = {}
        for name, value in tensors.items():
            kind, _, path = name.partition(":")
            if kind == "weight":
                self.values[path] = torch.nn.Parameter(as_torch(path, value))
            elif kind == "state":
                self.states[path] = value

    def __getitem__(self, path):
        return self.values[path]

    def linear(self, x, path):
        return F.linear(x, self.values[f"{path}.weight"], self.values.get(f"{path}.bias"))

    def norm(self, x, path):
        return F.layer_norm(x, x.shape[-1:], self.values[f"{path}.scale"], self.values[f"{path}.shift"], 1e-5)

    def batch_norm(self, x, path):
        """As it learns: with the mean and biased variance of the batch, which the running ones follow."""
        mean, variance = self.states[f"{path}.running_mean"], self.states[f"{path}.running_variance"]
        scale, shift = self.values[f"{path}.scale"], self.values[f"{path}.shift"]
        return F.batch_norm(x, mean, variance, scale, shift, training=True, momentum=0.1, eps=1e-5)

    def conv(self, x, path, stride=1, padding=0):
        return F.conv2d(x, self.values[f"{path}.weight"], self.values.get(f"{path}.bias"), stride, padding)

    def transformer(self, x, path, heads, causal=False, activation=F.gelu):
        """The std block: pre-norm layers and a last norm."""
        depth = 1 + max(int(n.split(".")[len(path.split(".")) + 1]) for n in self.values if n.startswith(f"{path}.layers."))

        def split(y):
            return y.view(y.shape[0], y.shape[1], heads, -1).transpose(1, 2)

        for i in range(depth):
            layer = f"{path}.layers.{i}"
            a = self.norm(x, f"{layer}.norm1")
            q, k, v = (split(self.linear(a, f"{layer}.attention.{part}")) for part in ("query", "key", "value"))
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).reshape(x.shape)
            x = x + self.linear(mixed, f"{layer}.attention.out")
            hidden = activation(self.linear(self.norm(x, f"{layer}.norm2"), f"{layer}.feed_forward.expand"))
            x = x + self.linear(hidden, f"{layer}.feed_forward.contract")
        return self.norm(x, f"{path}.norm")


def as_torch(path, value):
    """Matrices of linear maps are [in, out] in our weights, kernels [height, width, in, out]."""
    if path.endswith(".weight") and value.dim() == 4:
        return value.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    tables = ("embedding.weight", "positions.weight", "words.weight")
    if path.endswith(".weight") and value.dim() == 2 and not path.endswith(tables):
        return value.t().contiguous()
    return value


def pictures(pixels):
    """[N, H, W, C] as PyTorch's convolutions like it best on a CPU."""
    return pixels.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def batches(tensors, count=8):
    """By number: feeds by the last part of their names, `pixels`, `ids`, `index`."""
    return [
        {n.partition(":")[2].split(".")[-1]: t for n, t in tensors.items() if n.startswith(f"batch{i}:")}
        for i in range(count)
    ]


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def trainer(weights, settings, loss_of, data):
    """The step of a twin: loss, gradients, clipping, the fused optimizer, bounds."""
    decayed = set(settings["decayed"])
    groups = [
        {"params": [w for n, w in weights.values.items() if n in decayed], "weight_decay": settings["decay"]},
        {"params": [w for n, w in weights.values.items() if n not in decayed], "weight_decay": 0.0},
    ]
    kind = torch.optim.AdamW if settings["optimizer"] == "adamw" else torch.optim.SGD
    optimizer = kind(groups, fused=True, **settings["arguments"])
    form, precision = settings.get("mode", "eager f32").split()
    loss_as_run = torch.compile(loss_of) if form == "compile" else loss_of

    def step(i):
        with torch.autocast(settings["device"], dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = loss_as_run(data[i % len(data)])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if settings["clip"] is not None:
            torch.nn.utils.clip_grad_norm_(weights.values.values(), settings["clip"])
        optimizer.step()
        with torch.no_grad():
            for name, most in settings["bounded"]:
                weights[name].clamp_(max=most)
        return loss.detach()

    return step
