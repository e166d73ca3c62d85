"""PyTorch as bench/host.py drives it."""

import importlib

import torch

DTYPES = {"f32": torch.float32, "i32": torch.int32, "bool": torch.bool}


def begin(threads, device):
    torch.set_num_threads(threads)
    torch.set_default_device(device)
    torch.manual_seed(0)
    # A first product and its gradient: what the library sets up by itself.
    weight = torch.ones(8, 8, requires_grad=True)
    (torch.ones(8, 8) @ weight).sum().backward()


def load(twin, tensors, settings, _folder):
    values = {
        name: torch.frombuffer(data, dtype=DTYPES[dtype]).reshape(shape).clone().to(settings["device"])
        for name, dtype, shape, data in tensors
    }
    return importlib.import_module(twin).build(values, settings)
