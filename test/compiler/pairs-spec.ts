// Pairs of pictures and captions whose rows take more memory than their weights, so that parts of a batch take less.

export const pairsSpec = `model Pairs version "1.0.0" {
  modality picture: Image(height: 8, width: 8)
  modality caption: Text(tokenizer: bpe(vocabulary: 300), length: 6)
  space shared(8)
  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 2) |> linear(out: 16) |> feed_forward |> mean(axis: -2) |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 16) |> dropout(0.2) |> feed_forward |> mean(axis: -2) |> into(shared)
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  stage first {
    minimize seen on shades.train batch 64
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 3
  }
}
`;
