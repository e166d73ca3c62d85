/// CLIP (arXiv:2103.00020): pictures and texts in one space, the two sizes that OpenAI published as
/// ViT-B/32 and ViT-L/14.
model Clip(
  patch: int,
  width: int,
  depth: int,
  heads: int,
  text_width: int,
  text_heads: int,
  joint: int,
) version "1.0.0" {
  modality picture: Image(height: 224, width: 224)
  modality caption: Text(tokenizer: bpe(49408), length: 77)
  space shared(joint)

  encoder look(p: picture[N...]) -> shared[N...] {
    let x = conv(p.pixels, out: width, size: patch, stride: patch, bias: false) as lift |> tokens()
    return class_token(x) |> positions(max: (224 // patch) * (224 // patch) + 1)
        |> layer_norm() as norm_in
        |> transformer(depth: depth, heads: heads, activation: quick_gelu)
        |> first() |> into(shared)
  }

  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: text_width) |> positions(max: 77)
        |> transformer(depth: 12, heads: text_heads, causal: true, activation: quick_gelu)
        |> last() |> into(shared)
  }

  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))

  stage pretrain {
    minimize seen on web.train batch 8
    train all
    optimizer adamw(
      rate: cosine(peak: 5e-4, warmup: 2000), decay: 0.2, beta2: 0.98, epsilon: 1e-6, clip: 1
    )
    steps 100000
  }
}

variant B32 = Clip(
  patch: 32, width: 768, depth: 12, heads: 12, text_width: 512, text_heads: 8, joint: 512
)
variant L14 = Clip(
  patch: 14, width: 1024, depth: 24, heads: 16, text_width: 768, text_heads: 12, joint: 768
)
