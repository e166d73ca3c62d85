/// Speech and text through one Transformer (as mSLAM, arXiv:2202.01374): both become sequences of the
/// same width, the same layers read them, and what was said and what was written are drawn together
/// by contrast, so that either finds the other.
model Mslam(
  rate: frequency = 16kHz,
  length: time = 15s,
  bands: int = 80,
  tokens: int = 4096,
  words: int = 128,
  width: int = 512,
  depth: int = 12,
  heads: int = 8,
  joint: int = 512,
  batch: int = 256,
) version "1.0.0" {
  modality speech: Audio(
    rate: rate, length: length, features: log_mel(bands: bands, window: 25ms, hop: 10ms)
  )
  modality text: Text(tokenizer: wordpiece(tokens), length: words)
  space meaning(joint)

  part trunk = transformer(depth: depth, heads: heads)
  part place = into(space: meaning)

  encoder hear(s: speech[N..., T]) -> meaning[N...] {
    return standardize(s.features) |> subsample1d(width: width, by: 4)
        |> positions(max: (speech.max - 1) // 4 + 1) |> trunk() |> mean(axis: -2) |> place()
  }
  encoder read(t: text[N..., T]) -> meaning[N...] {
    return embedding(t.ids, width: width) |> positions(max: text.max) |> trunk() |> mean(axis: -2)
        |> place()
  }

  align heard: hear(speech) <-> read(text) by infonce(scale: learned(1 / 0.07, max: 100))

  stage align {
    minimize heard on librispeech.train batch batch
      with speech: [mask_time(400ms, count: 2), mask_bands(27, count: 2)]
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 2000), decay: 0.1, clip: 1)
    steps 50000
    measure recall(heard, at: [1, 5, 10]) on librispeech.validation every 1000
  }

  /// Which of some sentences was said.
  export said(speech: speech[B], among: text[K]) -> index(K)[B] {
    return nearest(hear(speech), read(among))
  }
}

variant tiny = Mslam(
  rate: 8kHz, length: 160ms, bands: 8, tokens: 300, words: 8, width: 32, depth: 1, heads: 4,
  joint: 16, batch: 4,
)
