use "bert.mm" as Bert

/// Sorting texts on an encoder that another model has pretrained (arXiv:1810.04805, section 4.1), as
/// in SST-2: a linear layer on the first token's vector, with the encoder as it is, then with all of
/// it tuned.
model Classify(base: model = Bert, drop: number = 0.1) version "1.0.0" {
  modality text = base.text
  part read = base.read
  part pool = base.pool
  labels Feeling { negative, positive }

  encoder feel(t: text[N..., T]) -> float[N..., Feeling] {
    return read(t) |> pool() |> dropout(rate: drop) |> linear(out: Feeling)
  }

  objective feeling(text: text[B, T], feeling: index(Feeling)[B]) {
    return cross_entropy(feel(text), feeling)
  }

  /// The encoder stays as it was pretrained.
  stage head from base.pretrain(read, pool) {
    minimize feeling on sst2.train batch 32
    freeze base
    train rest
    optimizer adamw(rate: cosine(peak: 1e-3, warmup: 100))
    steps 2000
    measure accuracy(argmax(feel(text)), feeling) on sst2.validation every 500
  }

  stage tune from base.pretrain(read, pool) {
    minimize feeling on sst2.train batch 32
    train all
    optimizer adamw(rate: linear(peak: 2e-5, warmup: 600), decay: 0.01, clip: 1)
    steps 6300
    measure accuracy(argmax(feel(text)), feeling) on sst2.validation every 500
  }

  export classify(text: text[B, T]) -> {
    feeling: index(Feeling)[B],
    score: simplex float[B, Feeling],
  } {
    let scores = feel(text)
    return { feeling: argmax(scores), score: softmax(scores) }
  }
}

variant tiny = Classify(base: Bert.tiny, drop: 0)
