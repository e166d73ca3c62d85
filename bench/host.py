"""Runs one twin of a peer step by step: reads `load FOLDER`, `run K`, `memory` and `quit` as lines, answers each with one
JSON line. Called as host.py LIBRARY TWIN THREADS; LIBRARY is a folder beside this file, whose library.py knows the peer.

`run K` answers {"seconds": [...], "losses": [...]}, one of each for a step; `memory` {"peak": …, "idle": …}: the most bytes
that the process held at once while it ran steps, and what it held when its library was loaded and had done a little;
null where the system doesn't say, and on a GPU. FOLDER holds tensors.json (name -> {dtype, shape, offset}), tensors.bin and
settings.json: our initial weights, our batches, and what else the twin must know.
"""

import gc
import json
import os
import sys
import time

DEVICE = os.environ.get("MMLANG_PEER_DEVICE", "cpu")


def tensors_of(folder):
    """By name: element type, shape and bytes."""
    with open(os.path.join(folder, "tensors.json"), encoding="utf-8") as f:
        index = json.load(f)
    sizes = {"f32": 4, "i32": 4, "bool": 1}
    with open(os.path.join(folder, "tensors.bin"), "rb") as f:
        for name, entry in index.items():
            count = 1
            for d in entry["shape"]:
                count *= d
            f.seek(entry["offset"])
            yield name, entry["dtype"], entry["shape"], bytearray(f.read(count * sizes[entry["dtype"]]))


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
    folder_of_library, twin, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), folder_of_library)
    import library

    library.begin(threads, DEVICE)
    gc.collect()
    idle = status("VmRSS")
    step = None
    done = 0
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "load":
            with open(os.path.join(argument, "settings.json"), encoding="utf-8") as f:
                settings = {**json.load(f), "device": DEVICE, "mode": os.environ.get("MMLANG_PEER_MODE", "eager f32")}
            step = library.load(twin, tensors_of(argument), settings, argument)
            gc.collect()
            forget_peak()
            answer = {}
        elif command == "run":
            seconds, losses = [], []
            for _ in range(int(argument)):
                started = time.perf_counter()
                losses.append(float(step(done)))
                seconds.append(time.perf_counter() - started)
                done += 1
            answer = {"seconds": seconds, "losses": losses}
        elif command == "memory":
            answer = {"peak": status("VmHWM"), "idle": idle} if DEVICE == "cpu" else {"peak": None, "idle": None}
        elif command == "quit":
            return
        else:
            answer = {"error": f"no command {command}"}
        print(json.dumps(answer), flush=True)


main()
