/// Two linear layers with an activation between, `expansion` times as wide inside
/// (arXiv:1706.03762).
block feed_forward(
  x: float[N..., D],
  expansion: int = 4,
  activation: block = gelu,
) -> float[N..., D] {
  return activation(linear(x, out: expansion * D) as expand) |> linear(out: D) as contract
}

/// A pre-norm Transformer (arXiv:1706.03762, arXiv:2002.04745): `depth` layers of attention and
/// feed-forward, each added to what came before, and a last norm.
block transformer(
  x: float[N..., T, D],
  depth: int,
  heads: int,
  causal: bool = false,
  expansion: int = 4,
  activation: block = gelu,
  drop: number = 0,
) -> float[N..., T, D] {
  repeat depth as layers {
    x = x + dropout(
      attention(layer_norm(x) as norm1, heads: heads, causal: causal), rate: drop
    ) as dropout1
    x = x + dropout(
      feed_forward(layer_norm(x) as norm2, expansion: expansion, activation: activation), rate: drop
    ) as dropout2
  }
  return layer_norm(x) as norm
}

/// A pre-norm Transformer decoder (arXiv:1706.03762): each of `depth` layers attends to what came
/// before in x, then to `memory`, a sequence of another length and width, then feeds forward.
block decoder(
  x: float[N..., T, D],
  memory: float[N..., S, M],
  depth: int,
  heads: int,
  causal: bool = true,
  expansion: int = 4,
  activation: block = gelu,
  drop: number = 0,
) -> float[N..., T, D] {
  repeat depth as layers {
    x = x + dropout(
      attention(layer_norm(x) as norm1, heads: heads, causal: causal), rate: drop
    ) as dropout1
    x = x + dropout(
      cross_attention(layer_norm(x) as norm2, memory, heads: heads), rate: drop
    ) as dropout2
    x = x + dropout(
      feed_forward(layer_norm(x) as norm3, expansion: expansion, activation: activation), rate: drop
    ) as dropout3
  }
  return layer_norm(x) as norm
}
