"""JAX as bench/host.py drives it."""

import importlib
import os

import numpy

DTYPES = {"f32": numpy.float32, "i32": numpy.int32, "bool": numpy.bool_}


def begin(_threads, device):
    os.environ.setdefault("JAX_PLATFORMS", device)
    import jax
    import jax.numpy as jnp

    # A first product and its gradient: what the library sets up by itself.
    jax.jit(jax.grad(lambda w: (jnp.ones((8, 8)) @ w).sum()))(jnp.ones((8, 8))).block_until_ready()


def load(twin, tensors, settings, _folder):
    import jax.numpy as jnp

    values = {
        name: jnp.array(numpy.frombuffer(data, dtype=DTYPES[dtype]).reshape(shape))
        for name, dtype, shape, data in tensors
    }
    return importlib.import_module(twin).build(values, settings)
