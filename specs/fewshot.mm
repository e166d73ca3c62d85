/// Few-shot classification on an encoder that was trained on other classes: the nearest class mean
/// (prototypes, Snell et al., 2017, arXiv:1703.05175), and beside it a cache of the examples
/// (Tip-Adapter, Zhang et al., 2022, arXiv:2111.03930). Both are filled by one pass over the examples,
/// without gradients.
model FewShot(
  side: int = 84,
  width: int = 512,
  known: int = 64,
  ways: int = 5,
  shots: int = 5,
  sharpness: number = 5.5,
  share: number = 1,
) version "1.0.0" {
  modality picture: Image(height: side, width: side)
  labels Known(known)
  labels Kind(ways)
  space seen(width)

  part name_known = linear(out: Known)

  encoder look(p: picture[N...]) -> seen[N...] {
    return stem(p.pixels, width: width) |> mean(axis: -2) |> into(seen)
  }

  /// Of each class the sum of its examples and how many there were; and every example by itself.
  state total: float[Kind, seen] = zeros()
  state count: float[Kind] = zeros()
  state keys: float[ways * shots, seen] = zeros()
  state values: index(Kind)[ways * shots] = 0

  /// Keeps the examples; a batch is all of them.
  block memory(x: unit float[N..., seen], kind: index(Kind)[N...]) -> seen[N...] {
    require N == ways * shots
    update total = total + sum_by(x, kind)
    update count = count + count_by(kind)
    update keys = x
    update values = kind
    return x
  }

  part remember = memory()

  block prototypes() -> float[Kind, seen] { return total / max(count, 1)[:, new] }

  objective base(picture: picture[B], thing: index(Known)[B]) {
    return cross_entropy(name_known(10 * look(picture)), thing)
  }
  /// How far pictures are from the mean of their class.
  objective spread(picture: picture[B], kind: index(Kind)[B]) {
    return mean(sum(square(look(picture) - gather(prototypes(), kind)), axis: -1))
  }

  stage pretrain {
    minimize base on base.train batch 64
    train all
    optimizer sgd(rate: cosine(peak: 0.1, warmup: 1000), momentum: 0.9, decay: 5e-4)
    steps 60000
  }
  stage remembering from pretrain {
    fit remember: remember(look(picture), kind) on novel.support batch ways * shots passes 1
    measure spread on novel.query
    measure accuracy(by_mean(picture), kind) on novel.query
    measure accuracy(by_cache(picture), kind) on novel.query
  }

  /// The class whose mean is nearest.
  export by_mean(p: picture[B]) -> index(Kind)[B] {
    return argmin(squared_distances(look(p), prototypes()))
  }
  /// Each example in the cache votes for its class by exp(−sharpness · (1 − cosine)), beside the means.
  export by_cache(p: picture[B]) -> index(Kind)[B] {
    let x = look(p)
    let near = exp(sharpness * (x @ transpose(keys) - 1))
    let votes = near @ to_float(values[:, new] == iota(Kind)[new, :])
    return argmax(share * votes - squared_distances(x, prototypes()))
  }
}

/// Small enough to learn a batch by heart in a test.
variant tiny = FewShot(side: 32, width: 16, known: 3, ways: 2, shots: 2)
