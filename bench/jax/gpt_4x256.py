"""The twin of gpt-4x256 in JAX: pre-norm blocks, causal attention, tanh GELU, learned positions, AdamW, one jitted step
whose weights and moments are donated."""

import jax
import jax.numpy as jnp
import optax

HEADS = 4
DEPTH = 4


def build(tensors, settings):
    batches = [tensors[f"batch{i}"] for i in range(8)]
    weights = {name: value for name, value in tensors.items() if not name.startswith("batch")}
    adamw = settings["adamw"]
    beta1, beta2 = adamw["betas"]
    optimizer = optax.adamw(adamw["lr"], beta1, beta2, adamw["eps"], weight_decay=adamw["weight_decay"])
    moments = optimizer.init(weights)

    def loss_of(weights, ids):
        def linear(x, name):
            return x @ weights[f"{name}.matrix"] + weights[f"{name}.bias"]

        def norm(x, name):
            center = x - x.mean(-1, keepdims=True)
            unit = center * jax.lax.rsqrt(jnp.square(center).mean(-1, keepdims=True) + 1e-5)
            return unit * weights[f"{name}.scale"] + weights[f"{name}.shift"]

        def split(x):
            return x.reshape(*x.shape[:2], HEADS, -1)

        x, target = ids[:, :-1], ids[:, 1:]
        h = weights["token"][x] + weights["position"]
        for i in range(DEPTH):
            a = norm(h, f"block{i}.norm1")
            q, k, v = (split(linear(a, f"block{i}.{part}")) for part in ("q", "k", "v"))
            mixed = jax.nn.dot_product_attention(q, k, v, is_causal=True)
            h = h + linear(mixed.reshape(h.shape), f"block{i}.out")
            a = norm(h, f"block{i}.norm2")
            h = h + linear(jax.nn.gelu(linear(a, f"block{i}.up"), approximate=True), f"block{i}.down")
        logits = linear(norm(h, "norm"), "head")
        return optax.softmax_cross_entropy_with_integer_labels(logits, target).mean()

    def plain(weights, moments, ids):
        loss, gradients = jax.value_and_grad(loss_of)(weights, ids)
        updates, moments = optimizer.update(gradients, moments, weights)
        return optax.apply_updates(weights, updates), moments, loss

    run = jax.jit(plain, donate_argnums=(0, 1))
    state = [weights, moments]

    def step(i):
        state[0], state[1], loss = run(state[0], state[1], batches[i % len(batches)])
        return loss

    return step
