/// CLIP (arXiv:2103.00020): pictures and texts in one space, in the sizes of ViT-B/32 and ViT-L/14.
model Clip(side: int = 224, patch: int, width: int, depth: int, words: int) version "1.0.0" {
  modality picture: Image(height: side, width: side)
  modality caption: Text(tokenizer: bpe(49408), length: 77)
  space shared(words)

  encoder look(p: picture[N...]) -> shared[N...] {
    return conv(p.pixels, out: width, size: patch, stride: patch, bias: false) as lift |> tokens()
        |> class_token() |> positions(max: (side // patch) * (side // patch) + 1)
        |> layer_norm() |> transformer(depth: depth, heads: width / 64, activation: quick_gelu)
        |> first() |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: words) |> positions(max: 77)
        |> transformer(depth: 12, heads: words / 64, causal: true, activation: quick_gelu)
        |> last() |> into(shared)
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))

  stage pretrain {
    minimize seen on web.train batch 32768
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 2000), decay: 0.2, beta2: 0.98, epsilon: 1e-6)
    steps 100000
  }
}

variant B32 = Clip(patch: 32, width: 768, depth: 12, words: 512)
variant L14 = Clip(patch: 14, width: 1024, depth: 24, words: 768)
variant tiny = Clip(side: 8, patch: 4, width: 64, depth: 1, words: 64)
