"""Runs one PyTorch twin step by step: reads `load FOLDER`, `run K` and `quit` as lines, answers each with one JSON line.

`run K` answers {"seconds": [...], "losses": [...]}, one of each for a step. The folder holds tensors.json (name -> {dtype, shape, offset}),
tensors.bin and settings.json: our initial weights, our batches, and what else the twin must know.
"""

import importlib
import json
import os
import sys
import time

import torch

DTYPES = {"f32": torch.float32, "i32": torch.int32, "bool": torch.bool}


def load_tensors(folder):
    with open(os.path.join(folder, "tensors.json"), encoding="utf-8") as f:
        index = json.load(f)
    with open(os.path.join(folder, "tensors.bin"), "rb") as f:
        data = bytearray(f.read())
    tensors = {}
    for name, entry in index.items():
        count = 1
        for d in entry["shape"]:
            count *= d
        flat = torch.frombuffer(data, dtype=DTYPES[entry["dtype"]], count=count, offset=entry["offset"])
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def main():
    twin = importlib.import_module(sys.argv[1])
    torch.set_num_threads(int(sys.argv[2]))
    torch.manual_seed(0)
    step = None
    done = 0
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "load":
            with open(os.path.join(argument, "settings.json"), encoding="utf-8") as f:
                step = twin.build(load_tensors(argument), json.load(f))
            answer = {"torch": torch.__version__}
        elif command == "run":
            seconds, losses = [], []
            for _ in range(int(argument)):
                started = time.perf_counter()
                losses.append(step(done).item())
                seconds.append(time.perf_counter() - started)
                done += 1
            answer = {"seconds": seconds, "losses": losses}
        elif command == "quit":
            return
        else:
            answer = {"error": f"no command {command}"}
        print(json.dumps(answer), flush=True)


main()
