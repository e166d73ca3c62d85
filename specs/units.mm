/// Speech in two stages. First a net learns to predict the frames ahead (arXiv:1904.03240); k-means over
/// what it hears makes units; then BERT learns them, hidden in spans of ten, on top of the acoustic
/// model (arXiv:1910.05453, arXiv:2106.07447).
model Units(
  rate: frequency = 16kHz,
  length: time = 10s,
  bands: int = 80,
  clusters: int = 500,
  width: int = 768,
  depth: int = 6,
  heads: int = 12,
  ahead: int = 3,
  start: number = 0.08,
  span: int = 10,
) version "1.0.0" {
  modality speech: Audio(
    rate: rate, length: length, features: log_mel(bands: bands, window: 25ms, hop: 10ms)
  )
  vocabulary unit(clusters)

  part even = standardize_globally()
  part frames = linear(out: bands)
  part units = kmeans(unit)
  part guess = transformer(depth: depth, heads: heads)
  part names = linear(out: unit)
  param hidden: float[width] = normal(0.02)

  /// Each band at mean 0 and deviation 1.
  encoder bands_of(s: speech[N..., T]) -> float[N..., T, bands] { return even(s.features) }

  /// The acoustic model: it has heard the recording up to each frame.
  encoder listen(s: speech[N..., T]) -> float[N..., T, width] {
    return linear(bands_of(s), out: width) as lift |> positions(max: speech.max)
        |> transformer(depth: depth, heads: heads, causal: true)
  }

  /// The unit of each frame.
  encoder label(s: speech[N..., T]) -> index(unit)[N..., T] { return units(listen(s)) }

  objective predicts(speech: speech[B, T]) {
    let said = frames(listen(speech))[:, :-ahead, :]
    return mean(abs(said - bands_of(speech)[:, ahead:, :]))
  }
  objective masked_units(speech: speech[B, T]) {
    let heard = listen(speech)
    let unit_of = label(speech)
    let hide = spans(like: unit_of, start: start, length: span)
    let h = where(hide[..., new], hidden, heard) |> positions(max: speech.max) |> guess()
    return cross_entropy(names(h), only(unit_of, hide))
  }

  stage levels {
    fit even: bands_of(speech) on librispeech.train batch 32 passes 1
  }
  stage predict from levels {
    minimize predicts on librispeech.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 7000), decay: 0.01, clip: 1)
    steps 100000
    measure predicts on librispeech.validation every 1000
  }
  stage cluster from predict {
    fit units: label(speech) on librispeech.train batch 32 passes 5
  }
  stage bert from cluster {
    minimize masked_units on librispeech.train batch 32
    freeze listen
    train rest
    optimizer adamw(rate: linear(peak: 5e-4, warmup: 32000), decay: 0.01, clip: 1)
    steps 400000
    measure masked_units on librispeech.validation every 5000
  }

  export units_of(speech: speech[B, T]) -> index(unit)[B, T] { return label(speech) }
}

/// Small enough to learn a batch by heart in a test.
variant tiny = Units(
  rate: 8kHz, length: 80ms, bands: 4, clusters: 4, width: 16, depth: 1, heads: 2, start: 0.3,
  span: 2,
)
