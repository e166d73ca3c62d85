"""Writes a twin of PyTorch's that has `exported` as an ONNX model: export.py TWIN FOLDER FILE."""

import importlib
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[0] = os.path.join(here, "..", "torch")

import torch
from library import DTYPES


def main():
    twin, folder, file = sys.argv[1:]
    with open(os.path.join(folder, "tensors.json"), encoding="utf-8") as f:
        index = json.load(f)
    with open(os.path.join(folder, "tensors.bin"), "rb") as f:
        data = bytearray(f.read())
    tensors = {}
    for name, entry in index.items():
        count = torch.Size(entry["shape"]).numel()
        flat = torch.frombuffer(data, dtype=DTYPES[entry["dtype"]], count=count, offset=entry["offset"])
        tensors[name] = flat.reshape(entry["shape"])
    module, example, name = importlib.import_module(twin).exported(tensors)
    torch.onnx.export(module.eval(), (example,), file, input_names=[name], output_names=["result"], dynamo=True, verbose=False)


main()
