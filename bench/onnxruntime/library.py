"""ONNX Runtime as bench/host.py drives it: a twin of PyTorch's, exported by torch.onnx in a process of its own, so that
PyTorch's memory isn't counted here. It is a peer where nothing is trained."""

import os
import subprocess
import sys

import numpy
import onnxruntime

DTYPES = {"f32": numpy.float32, "i32": numpy.int32, "bool": numpy.bool_}
THREADS = 1


def begin(threads, _device):
    global THREADS
    THREADS = threads


def load(twin, tensors, settings, folder):
    here = os.path.dirname(os.path.abspath(__file__))
    model = os.path.join(folder, "twin.onnx")
    subprocess.run([sys.executable, os.path.join(here, "export.py"), twin, folder, model], check=True, stdout=sys.stderr)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    provider = "CPUExecutionProvider" if settings["device"] == "cpu" else "CUDAExecutionProvider"
    session = onnxruntime.InferenceSession(model, options, providers=[provider])
    [wanted] = session.get_inputs()
    batches = {
        name.partition(":")[0]: numpy.frombuffer(data, dtype=DTYPES[dtype]).reshape(shape)
        for name, dtype, shape, data in tensors
        if name.startswith("batch") and name.endswith(f".{wanted.name}")
    }

    def step(i):
        [result] = session.run(None, {wanted.name: batches[f"batch{i % len(batches)}"]})
        return numpy.abs(result).mean()

    return step
