"""Runs one PyTorch twin step by step: reads `load FOLDER`, `run K`, `memory` and `quit` as lines, answers each with one
JSON line.

`run K` answers {"seconds": [...], "losses": [...]}, one of each for a step; `memory` {"bytes": …}, by how much the process
grew at most since PyTorch was loaded, batches left out, or null where the system doesn't say and on a GPU. The folder holds tensors.json (name -> {dtype, shape, offset}),
tensors.bin and settings.json: our initial weights, our batches, and what else the twin must know.
"""

import gc
import importlib
import json
import os
import sys
import time

import torch

DEVICE = os.environ.get("MMLANG_TORCH_DEVICE", "cpu")
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
        tensors[name] = flat.reshape(entry["shape"]).clone().to(DEVICE)
    return tensors


def status(field):
    """Bytes by a field of /proc/self/status; None where there is none."""
    try:
        with open("/proc/self/status", encoding="utf-8") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith(f"{field}:"))
    except (OSError, StopIteration):
        return None


def forget_peak():
    try:
        with open("/proc/self/clear_refs", "w", encoding="utf-8") as f:
            f.write("5")
    except OSError:
        pass  # Not Linux: `memory` answers null.


def main():
    twin = importlib.import_module(sys.argv[1])
    torch.set_num_threads(int(sys.argv[2]))
    torch.set_default_device(DEVICE)
    torch.manual_seed(0)
    step = None
    done = 0
    before = batches = 0
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "load":
            before = status("VmRSS")
            tensors = load_tensors(argument)
            batches = sum(t.nbytes for n, t in tensors.items() if n.startswith("batch"))
            with open(os.path.join(argument, "settings.json"), encoding="utf-8") as f:
                step = twin.build(tensors, {**json.load(f), "device": DEVICE})
            del tensors
            gc.collect()
            forget_peak()
            answer = {"torch": torch.__version__}
        elif command == "run":
            seconds, losses = [], []
            for _ in range(int(argument)):
                started = time.perf_counter()
                losses.append(step(done).item())
                seconds.append(time.perf_counter() - started)
                done += 1
            answer = {"seconds": seconds, "losses": losses}
        elif command == "memory":
            peak = status("VmHWM")
            answer = {"bytes": None if DEVICE != "cpu" or peak is None or before is None else peak - before - batches}
        elif command == "quit":
            return
        else:
            answer = {"error": f"no command {command}"}
        print(json.dumps(answer), flush=True)


main()
