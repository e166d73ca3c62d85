/// Divided space–time attention (TimeSformer, arXiv:2102.05095), with heads of its own for time and
/// for space. Each patch attends to the patches at its place in all frames; what it finds goes through
/// a linear layer. Then it attends to the patches of its own frame and to the class token, which
/// stands in every frame and whose answers are averaged over the frames. Then all feed forward.
block divided_attention(
  x: float[N..., F, P, D],
  class: float[N..., D],
  heads: int,
) -> { x: float[N..., F, P, D], class: float[N..., D] } {
  let columns = rearrange(x, "n f p d -> n p f d")
  let found = attention(layer_norm(columns) as norm_time, heads: heads) as time
      |> linear(out: D) as mix_time
  let y = x + rearrange(found, "n p f d -> n f p d")
  // One token for each frame, kept where the frame is.
  let tokens = concat(class[:, new, new, :] + 0 * y[:, :, :1, :], y, axis: -2)
  let seen = attention(layer_norm(tokens) as norm_space, heads: heads) as space
  let c = class + mean(seen[:, :, 0, :], axis: -2)
  let z = y + seen[:, :, 1:, :]
  let all = concat(c[:, new, :], rearrange(z, "n f p d -> n (f p) d"), axis: -2)
  let out = all + feed_forward(layer_norm(all) as norm)
  return { x: rearrange(out[:, 1:, :], "n (f p) d -> n f p d", f: F), class: out[:, 0, :] }
}
