/// CLIP as parameters and variants.
model Clip(
  side: int,
  patch: int,
  width: int,
  depth: int,
  heads: int,
  words: int,
  word_heads: int,
  joint: int,
  text_depth: int = 12,
  vocabulary: int = 49408,
  length: int = 77,
) version "1.0.0" {
  modality picture: Image(height: side, width: side)
  modality caption: Text(tokenizer: bpe(vocabulary), length: length)
  space shared(joint)
  encoder look(p: picture[N...]) -> shared[N...] {
    let x = conv(p.pixels, out: width, size: patch, stride: patch, bias: false) |> tokens()
        |> class_token()
    return positions(x, max: (side / patch) ^ 2 + 1) |> layer_norm() as norm_in
        |> transformer(depth: depth, heads: heads, activation: quick_gelu) |> first()
        |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: words) |> positions(max: length)
        |> transformer(depth: text_depth, heads: word_heads, causal: true, activation: quick_gelu)
        |> last() |> into(shared)
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  stage pretrain {
    minimize seen on web.train batch 4
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 20), decay: 0.2, beta2: 0.98, epsilon: 1e-6)
    steps 100
  }
}

variant tiny = Clip(
  side: 8, patch: 4, width: 16, depth: 2, heads: 2, words: 16, word_heads: 4, joint: 8,
  text_depth: 1, vocabulary: 260, length: 6,
)
