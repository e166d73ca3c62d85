/// Masked autoencoding (MAE, arXiv:2111.06377), ViT-B/16: the encoder sees one patch in four, a smaller
/// decoder the rest of the places too, and predicts their pixels, each patch normalised by itself.
model Mae(
  side: int = 224,
  patch: int = 16,
  width: int = 768,
  depth: int = 12,
  heads: int = 12,
  decoder_width: int = 512,
  decoder_depth: int = 8,
  decoder_heads: int = 16,
  one_in: int = 4,
) version "1.0.0" {
  modality picture: Image(height: side, width: side)

  /// Patches of all places as vectors.
  encoder lift(p: picture[N...]) -> float[N..., (side / patch) * (side / patch), width] {
    return patches(p.pixels, size: patch) |> linear(out: width)
        |> positions(max: (side / patch) * (side / patch))
  }
  part trunk = transformer(depth: depth, heads: heads)

  /// Every patch is seen: what later stages take.
  encoder look(p: picture[N...]) -> float[N..., (side / patch) * (side / patch), width] {
    return trunk(lift(p))
  }

  /// Pixels of all patches from what was seen of those that come first in the order.
  encoder paint(
    seen: float[N..., V, width],
    order: index(T)[N..., T],
  ) -> float[N..., T, patch * patch * 3] {
    param hidden: float[decoder_width] = normal(0.02)
    let h = linear(seen, out: decoder_width) as narrow
    let all = concat(h, expand(hidden, [N, T - V, decoder_width]), axis: 1)
    return pick(all, inverse(order)) |> positions(max: (side / patch) * (side / patch))
        |> transformer(depth: decoder_depth, heads: decoder_heads)
        |> linear(out: patch * patch * 3) as pixels
  }

  objective hidden_patches(picture: picture[B]) {
    let x = lift(picture)
    let count = (side / patch) * (side / patch)
    let order = random_order(like: x[..., 0])
    let painted = paint(trunk(pick(x, order[:, :count / one_in])), order)
    let hidden = order[:, count / one_in:]
    return patch_error(pick(painted, hidden), pick(patches(picture.pixels, size: patch), hidden))
  }

  stage pretrain {
    minimize hidden_patches on imagenet.train batch 4096 with picture: [crop(0.2..1), mirror()]
    train all
    optimizer adamw(rate: cosine(peak: 2.4e-3, warmup: 12500), decay: 0.05, beta2: 0.95)
    steps 250000
    measure hidden_patches on imagenet.validation every 5000
  }
}

variant tiny = Mae(
  side: 8, patch: 4, width: 32, depth: 1, heads: 2, decoder_width: 32, decoder_depth: 1,
  decoder_heads: 2, one_in: 2,
)
