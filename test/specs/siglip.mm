/// SigLIP pair of a mean-pooled picture tower and a mean-pooled text tower.
model Siglip version "1.2.3" {
  modality image: Image(height: 8, width: 8)
  modality alt: Text(tokenizer: bpe(260), length: 6)
  space joint(6)

  encoder see(p: image[N...]) -> joint[N...] {
    return patches(p.pixels, size: 4) |> linear(out: 8) |> gelu() |> mean(axis: -2) |> into(joint)
  }
  encoder say(t: alt[N..., T]) -> joint[N...] {
    return embedding(t.ids, width: 16) |> positions(max: alt.max)
        |> transformer(depth: 1, heads: 4, expansion: 2, activation: quick_gelu)
        |> mean(axis: -2) |> into(joint)
  }
  align both: see(image) <-> say(alt) by sigmoid_pairs()
  stage contrast {
    minimize both on laion.train batch 6
    train all
    optimizer adamw(rate: 1e-3, beta2: 0.95)
    steps 50
    measure recall(both, at: [1]) on laion.val
  }
  export score(image: image[B], alt: alt[K]) -> float[B, K] {
    return similarity(see(image), say(alt))
  }
}
