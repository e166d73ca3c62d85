/// Autoregressive pretraining on patches (AIM, arXiv:2401.08541), AIM-0.6B: each patch predicts the next one from those
/// before it, behind a prefix of random length that sees itself whole, so that the trunk also serves pictures seen
/// at once.
model Aim(
  side: int = 224,
  patch: int = 14,
  width: int = 1536,
  depth: int = 24,
  heads: int = 12,
  head_width: int = 2048,
  head_depth: int = 12,
) version "1.0.0" {
  modality picture: Image(height: side, width: side)

  /// Attention in which a patch sees those before it and all of the prefix.
  block prefix_attention(
    x: float[N..., T, D],
    prefix: mask[N..., T],
    heads: int,
  ) -> float[N..., T, D] {
    let q = rearrange(linear(x, out: D) as query, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(linear(x, out: D) as key, "n t (h k) -> n h t k", h: heads)
    let v = rearrange(linear(x, out: D) as value, "n t (h k) -> n h t k", h: heads)
    let seen = (iota(T)[:, new] >= iota(T)[new, :])[new, new, :, :] or prefix[:, new, new, :]
    let scores = where(seen, q @ transpose(k) / sqrt(D / heads), -1e30)
    return rearrange(softmax(scores) @ v, "n h t k -> n t (h k)") |> linear(out: D) as out
  }

  encoder trunk(x: float[N..., T, C], prefix: mask[N..., T]) -> float[N..., T, width] {
    let h = linear(x, out: width) |> positions(max: (side / patch) * (side / patch))
    repeat depth as layers {
      h = h + prefix_attention(layer_norm(h) as norm1, prefix, heads: heads)
      h = h + feed_forward(layer_norm(h) as norm2)
    }
    return layer_norm(h)
  }

  /// Pixels from each position by itself.
  encoder pixels(h: float[N..., width]) -> float[N..., patch * patch * 3] {
    let y = linear(h, out: head_width) as widen
    repeat head_depth as layers {
      y = y + feed_forward(layer_norm(y))
    }
    return linear(layer_norm(y) as norm, out: patch * patch * 3) as out
  }

  objective next_patch(picture: picture[B]) {
    let x = patches(picture.pixels, size: patch)
    let count = (side / patch) * (side / patch)
    let prefix = iota(count)[new, :] < any_index(count, like: x[:, 0, 0])[:, new]
    let guess = pixels(trunk(x, prefix))
    return patch_error(guess[:, :-1], only(x[:, 1:], not prefix[:, 1:]))
  }

  stage pretrain {
    minimize next_patch on imagenet.train batch 4096
    train all
    optimizer adamw(rate: cosine(peak: 1e-3, warmup: 31250), decay: 0.05, beta2: 0.95, clip: 1)
    steps 500000
    measure next_patch on imagenet.validation every 10000
  }

  /// What later stages take: all patches, each seen by all.
  export features(p: picture[B]) -> float[B, width] {
    let x = patches(p.pixels, size: patch)
    let count = (side / patch) * (side / patch)
    let all = expand((iota(count) == iota(count))[new, :], [B, count])
    return mean(trunk(x, all), axis: -2)
  }
}

variant tiny = Aim(side: 8, patch: 4, width: 32, depth: 1, heads: 2, head_width: 32, head_depth: 1)
