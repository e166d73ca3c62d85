/// Autoregressive predictive coding (arXiv:1904.03240) with a Transformer (arXiv:1910.12607): a net
/// that has heard a recording up to now predicts the frame `ahead` steps later, and is held to it by
/// the mean absolute error; what its layers know by then is of use elsewhere.
model Apc(
  cepstra: bool = false,
  rate: frequency = 16kHz,
  length: time = 15s,
  bands: int = 80,
  width: int = 512,
  depth: int = 4,
  heads: int = 8,
  ahead: int = 3,
  batch: int = 32,
) version "1.0.0" {
  modality speech: Audio(
    rate: rate,
    length: length,
    features: mfcc(coefficients: 13, window: 25ms, hop: 10ms)
        when cepstra
        else log_mel(bands: bands, window: 25ms, hop: 10ms),
  )

  part next = linear(out: speech.channels)

  encoder listen(s: speech[N..., T]) -> float[N..., T, width] {
    return linear(s.features, out: width) as lift |> positions(max: speech.max)
        |> transformer(depth: depth, heads: heads, causal: true)
  }

  objective predicts(speech: speech[B, T]) {
    let said = next(listen(speech))[:, :-ahead, :]
    return mean(abs(said - speech.features[:, ahead:, :]))
  }

  stage pretrain {
    minimize predicts on librispeech.train batch batch
    train all
    optimizer adamw(rate: cosine(peak: 1e-3, warmup: 7000), decay: 0.01, clip: 1)
    steps 100000
    measure predicts on librispeech.validation every 1000
  }

  export represent(speech: speech[B, T]) -> float[B, T, width] { return listen(speech) }
}

variant mfccs = Apc(cepstra: true)
variant tiny = Apc(rate: 8kHz, length: 80ms, bands: 4, width: 32, depth: 1, heads: 4, batch: 4)
