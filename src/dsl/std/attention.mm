/// Multi-head attention of x to itself (arXiv:1706.03762): softmax(QKᵀ / √K) V in each head, then
/// mixed by a linear layer. Padded keys get no weight. With `causal`, a position sees itself and
/// what came before.
block attention(x: float[N..., T, D], heads: int, causal: bool = false) -> float[N..., T, D] {
  return attend(
    linear(x, out: D) as query,
    linear(x, out: D) as key,
    linear(x, out: D) as value,
    heads: heads,
    causal: causal,
  ) |> linear(out: D) as out
}

/// Attention of x to another sequence, of another length and width.
block cross_attention(
  x: float[N..., T, D],
  memory: float[N..., S, M],
  heads: int,
) -> float[N..., T, D] {
  return attend(
    linear(x, out: D) as query,
    linear(memory, out: D) as key,
    linear(memory, out: D) as value,
    heads: heads,
  ) |> linear(out: D) as out
}

/// The core of attention, which owns no weights: heads are split from the last axis and merged into
/// it again.
block attend(
  query: float[N..., T, D],
  key: float[N..., S, D],
  value: float[N..., S, D],
  heads: int,
  causal: bool = false,
) -> float[N..., T, D] {
  require D % heads == 0
  let q = rearrange(query, "n t (h k) -> n h t k", h: heads)
  let k = rearrange(key, "n s (h k) -> n h s k", h: heads)
  let v = rearrange(value, "n s (h k) -> n h s k", h: heads)
  let scores = q @ transpose(k) / sqrt(D / heads)
  if causal {
    require T == S
    let seen = where(iota(T)[:, new] >= iota(T)[new, :], scores, -1e30)
    return rearrange(softmax(seen) @ v, "n h t k -> n t (h k)")
  }
  return rearrange(softmax(scores) @ v, "n h t k -> n t (h k)")
}

/// Pools a sequence by learned attention: each head weighs the positions by softmax of a linear
/// score and averages its share of the channels. Padded positions get no weight.
block attention_pool(x: float[N..., T, D], heads: int) -> float[N..., D] {
  require D % heads == 0
  let weights = softmax(rearrange(linear(x, out: heads) as scores, "n t h -> n h t"))
  let values = rearrange(x, "n t (h k) -> n h t k", h: heads)
  return rearrange(einsum("n h t, n h t k -> n h k", weights, values), "n h k -> n (h k)")
}
