/// More spellings: masks, biases, slices, cross-attention, lazy pools.
model Spell2(heads: int = 2, width: int = 16) {
  modality text: Text(tokenizer: bpe(260), length: 6)
  labels Yes { no, yes }

  block a1(x: float[N..., T, D]) -> float[N..., T, D] {
    let qkv = rearrange(
      linear(x, out: 3 * D), "n t (three h k) -> three n h t k", three: 3, h: heads
    )
    let s = qkv[0] @ transpose(qkv[1]) / sqrt(D / heads)
    let causal = to_float(iota(T)[:, new] < iota(T)[new, :])
    return rearrange(softmax(s + causal * -1e9) @ qkv[2], "n h t k -> n t (h k)")
  }
  block a2(x: float[N..., T, D]) -> float[N..., T, D] {
    let qkv = reshape(linear(x, out: 3 * D, bias: false), [N, T, 3, heads, D / heads])
    let s = einsum("n t h k, n s h k -> n h t s", qkv[:, :, 0], qkv[:, :, 1]) * rsqrt(D / heads)
    let a = softmax(where(iota(T)[:, new] >= iota(T)[new, :], s, -1e30))
    return reshape(einsum("n h t s, n s h k -> n t h k", a, qkv[:, :, 2]), [N, T, D])
  }
  // A learned bias for each head and pair of places.
  block biased(x: float[N..., T, D], longest: int) -> float[N..., T, D] {
    require T == longest
    param bias: float[heads, longest, longest] = normal(0.02)
    let q = rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(linear(x, out: D) as k, "n t (h k) -> n h t k", h: heads)
    let v = rearrange(linear(x, out: D) as v, "n t (h k) -> n h t k", h: heads)
    return rearrange(softmax(q @ transpose(k) / sqrt(D / heads) + bias) @ v, "n h t k -> n t (h k)")
  }
  // ALiBi: a slope for each head.
  block a4(x: float[N..., T, D]) -> float[N..., T, D] {
    let q = rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(linear(x, out: D) as k, "n t (h k) -> n h t k", h: heads)
    let v = rearrange(linear(x, out: D) as v, "n t (h k) -> n h t k", h: heads)
    let away = abs(to_float(iota(T))[:, new] - to_float(iota(T))[new, :])
    let slope = 2 ^ (-8 * (to_float(iota(heads)) + 1) / heads)
    let s = q @ transpose(k) / sqrt(D / heads) - slope[:, new, new] * away
    return rearrange(softmax(s) @ v, "n h t k -> n t (h k)")
  }
  // Multi-query: one head of keys and values.
  block a5(x: float[N..., T, D]) -> float[N..., T, D] {
    let q = rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads)
    let k = linear(x, out: D / heads) as k
    let v = linear(x, out: D / heads) as v
    let p = softmax(einsum("n h t k, n s k -> n h t s", q, k) / sqrt(D / heads))
    return rearrange(einsum("n h t s, n s k -> n h t k", p, v), "n h t k -> n t (h k)")
  }
  // A learned temperature, after the norm of queries and keys.
  block a6(x: float[N..., T, D]) -> float[N..., T, D] {
    param warmth: float = constant(1)
    let q = unit(rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads))
    let k = unit(rearrange(linear(x, out: D) as k, "n t (h k) -> n h t k", h: heads))
    let v = rearrange(linear(x, out: D) as v, "n t (h k) -> n h t k", h: heads)
    return rearrange(softmax(exp(warmth) * (q @ transpose(k))) @ v, "n h t k -> n t (h k)")
  }
  // A sliding window of three.
  block a7(x: float[N..., T, D]) -> float[N..., T, D] {
    let q = rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(linear(x, out: D) as k, "n t (h k) -> n h t k", h: heads)
    let v = rearrange(linear(x, out: D) as v, "n t (h k) -> n h t k", h: heads)
    let t = to_float(iota(T))[:, new]
    let s = to_float(iota(T))[new, :]
    let near = t >= s and t - s < 3
    return rearrange(
      softmax(where(near, q @ transpose(k) / sqrt(D / heads), -1e30)) @ v, "n h t k -> n t (h k)"
    )
  }
  // Talking to a memory of learned places.
  block a8(x: float[N..., T, D]) -> float[N..., T, D] {
    param memory: float[5, D] = normal(0.02)
    let q = rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(linear(memory, out: D) as k, "s (h k) -> h s k", h: heads)
    let v = rearrange(linear(memory, out: D) as v, "s (h k) -> h s k", h: heads)
    let p = softmax(einsum("n h t k, h s k -> n h t s", q, k) / sqrt(D / heads))
    return rearrange(einsum("n h t s, h s k -> n h t k", p, v), "n h t k -> n t (h k)")
  }
  // Learned queries talk to x, as in a Perceiver.
  block latent(x: float[N..., T, D]) -> float[N..., 3, D] {
    param latents: float[3, D] = normal(0.02)
    let q = rearrange(latents, "l (h k) -> h l k", h: heads)
    let k = rearrange(x, "n s (h k) -> n h s k", h: heads)
    let p = softmax(einsum("h l k, n h s k -> n h l s", q, k) / sqrt(D / heads))
    return rearrange(einsum("n h l s, n h s k -> n h l k", p, k), "n h l k -> n l (h k)")
  }
  // Rows of heads by slices, put together by concat.
  block a10(x: float[N..., T, D]) -> float[N..., T, D] {
    let q = linear(x, out: D) as q
    let k = linear(x, out: D) as k
    let v = linear(x, out: D) as v
    let one = softmax(q[..., :D / 2] @ transpose(k[..., :D / 2]) / sqrt(D / 2)) @ v[..., :D / 2]
    return concat(one, v[..., D / 2:], axis: -1)
  }
  block a11(x: float[N..., T, D]) -> float[N..., T, D] {
    let q = rearrange(linear(x, out: D) as q, "n t (h k) -> (n h) t k", h: heads)
    let k = rearrange(linear(x, out: D) as k, "n t (h k) -> (n h) t k", h: heads)
    let v = rearrange(linear(x, out: D) as v, "n t (h k) -> (n h) t k", h: heads)
    return rearrange(
      softmax(q @ transpose(k) / sqrt(D / heads)) @ v, "(n h) t k -> n t (h k)", h: heads
    )
  }
  // Time first, as in older code.
  block a12(x: float[N..., T, D]) -> float[N..., T, D] {
    let y = rearrange(x, "n t d -> t n d")
    let q = rearrange(linear(y, out: D) as q, "t n (h k) -> (n h) t k", h: heads)
    let k = rearrange(linear(y, out: D) as k, "s n (h k) -> (n h) k s", h: heads)
    let v = rearrange(linear(y, out: D) as v, "s n (h k) -> (n h) s k", h: heads)
    let p = softmax(q @ k * (D / heads) ^ -0.5)
    return rearrange(rearrange(p @ v, "(n h) t k -> t n (h k)", h: heads), "t n d -> n t d")
  }
  encoder score(t: text[N..., T]) -> float[N..., Yes] {
    let x0 = embedding(t.ids, width: width) |> positions(max: 6)
    let x1 = x0 + a1(x0)
    let x2 = x1 + a2(x1)
    let x3 = x2 + biased(x2, longest: text.max)
    let x4 = x3 + a4(x3)
    let x5 = x4 + a5(x4)
    let x6 = x5 + a6(x5)
    let x7 = x6 + a7(x6)
    let x8 = x7 + a8(x7)
    let x9 = x8 + mean(latent(x8), axis: -2)[:, new, :]
    let x10 = x9 + a10(x9)
    let x11 = x10 + a11(x10)
    let x12 = x11 + a12(x11)
    return mean(x12, axis: -2) |> linear(out: Yes)
  }
  objective right(text: text[B, T], truth: index(Yes)[B]) {
    return cross_entropy(score(text), truth)
  }
  stage fit {
    minimize right on pairs.train batch 4
    train all
    optimizer adamw(rate: 3e-3)
    steps 30
  }
}
