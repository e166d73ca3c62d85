"""The twin of the export `embed` in bench/specs.ts: CLIP's picture encoder without gradients."""

import torch
import torch.nn.functional as F

from layers import Weights, batches, pictures, quick_gelu


def encoder(weights):
    width = weights["look.positions.weight"].shape[1]
    patch = weights["look.lift.weight"].shape[-1]

    def look(pixels):
        x = weights.conv(pixels, "look.lift", stride=patch).permute(0, 2, 3, 1).flatten(1, 2)
        x = torch.cat([weights["look.class_token.token"].expand(x.shape[0], 1, width), x], dim=1)
        x = weights.norm(x + weights["look.positions.weight"], "look.layer_norm")
        x = weights.transformer(x, "look.transformer", width // 64, activation=quick_gelu)
        return F.normalize(weights.linear(x[:, 0], "look.into"), dim=-1)

    return look


def build(tensors, settings):
    look = encoder(Weights(tensors))
    data = [pictures(b["pixels"]) for b in batches(tensors)]
    form, precision = settings.get("mode", "eager f32").split()
    run = torch.compile(look) if form == "compile" else look

    def step(i):
        with torch.inference_mode(), torch.autocast(settings["device"], dtype=torch.bfloat16, enabled=precision == "bf16"):
            return run(data[i % len(data)]).float().abs().mean()

    return step


class Exported(torch.nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.values = torch.nn.ParameterList(weights.values.values())
        self.look = encoder(weights)

    def forward(self, pixels):
        return self.look(pixels.permute(0, 3, 1, 2))


def exported(tensors):
    """As a module, with an example of its input and the input's name: for bench/onnxruntime."""
    return Exported(Weights(tensors)), batches(tensors)[0]["pixels"], "pixels"
