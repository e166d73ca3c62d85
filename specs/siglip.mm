/// SigLIP (arXiv:2303.15343), ViT-B/16: every pair of a picture and a text is judged on its own, by a sigmoid, and
/// both sides pool their positions by attention.
model Siglip(
  side: int = 224,
  patch: int = 16,
  width: int = 768,
  depth: int = 12,
  words: int = 32000,
) version "1.0.0" {
  modality picture: Image(height: side, width: side)
  modality caption: Text(tokenizer: bpe(words), length: 64)
  space shared(width)

  encoder look(p: picture[N...]) -> shared[N...] {
    return conv(p.pixels, out: width, size: patch, stride: patch) as lift |> tokens()
        |> positions(max: (side // patch) * (side // patch))
        |> transformer(depth: depth, heads: 12) |> attention_pool(heads: 12) |> into(shared)
  }

  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: width) |> positions(max: 64)
        |> transformer(depth: depth, heads: 12) |> attention_pool(heads: 12) |> into(shared)
  }

  align seen: look(picture) <-> read(caption) by sigmoid_pairs()

  stage pretrain {
    minimize seen on web.train batch 16384
    train all
    optimizer adamw(rate: cosine(peak: 1e-3, warmup: 10000), decay: 1e-4, beta2: 0.95, clip: 1)
    steps 100000
    measure recall(seen, at: [1, 5, 10]) on web.validation every 5000
  }
}

variant tiny = Siglip(side: 16, patch: 8, width: 24, depth: 1, words: 300)
