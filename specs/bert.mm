/// BERT (arXiv:1810.04805), BERT-base: 109,482,240 weights in the encoder and its pooler, the 110M that were
/// published, and 624,188 in the heads for hidden words and for the next sentence.
model Bert(
  vocabulary: int = 30522,
  width: int = 768,
  depth: int = 12,
  heads: int = 12,
  length: int = 512,
  drop: number = 0.1,
  share: number = 0.15,
) version "1.0.0" {
  modality text: Text(
    tokenizer: wordpiece(vocabulary), length: length / 2, special: [cls, sep, mask]
  )
  labels Segment { first, second }
  labels Order { unrelated, next }

  param words: float[text, width] = normal(0.02)
  part segments = embedding(width: width)
  part follows = linear(out: Order)

  /// A Transformer whose norms stand behind each sum, as in the paper.
  encoder encode(x: float[N..., T, width]) -> float[N..., T, width] {
    let h = positions(x, max: length) |> layer_norm() as norm |> dropout(rate: drop)
    repeat depth as layers {
      h = layer_norm(h + dropout(attention(h, heads: heads), rate: drop) as dropout1) as norm1
      h = layer_norm(h + dropout(feed_forward(h), rate: drop) as dropout2) as norm2
    }
    return h
  }

  /// One text alone: what later stages take.
  encoder read(t: text[N..., T]) -> float[N..., T, width] {
    return encode(gather(words, t.ids) + segments(iota(Segment)[0]))
  }

  /// The vector of the first token, for what is said of the whole.
  encoder pool(x: float[N..., T, width]) -> float[N..., width] {
    return tanh(linear(first(x), out: width))
  }

  encoder word_scores(x: float[N..., T, width]) -> float[N..., T, text] {
    param bias: float[text] = zeros()
    let h = gelu(linear(x, out: width)) |> layer_norm()
    return h @ transpose(words) + bias
  }

  /// Of the words to predict 80 % become the mask, 10 % any word, and 10 % stay.
  block corrupt(t: text[N..., T], hidden: mask[N..., T]) -> index(text)[N..., T] {
    let dice = uniform(like: t.ids)
    let other = where(hidden and dice < 0.9, any_index(text, like: t.ids), t.ids)
    return where(hidden and dice < 0.8, text.mask, other)
  }

  /// Two texts one behind the other, a share of their words hidden: what is seen, and the words to predict.
  encoder guess(
    a: text[N..., T],
    b: text[N..., S],
  ) -> { seen: float[N..., T + S - 1, width], words: index(text)[N..., T + S - 1] } {
    let hide_a = chance(share, like: a.ids) as chance_a and not special(a)
    let hide_b = chance(share, like: b.ids) as chance_b and not special(b)
    let x_a = gather(words, corrupt(a, hide_a) as corrupt_a) + segments(iota(Segment)[0])
    let x_b = gather(words, corrupt(b, hide_b) as corrupt_b) + segments(iota(Segment)[1])
    let ids = concat(only(a.ids, hide_a), only(b.ids, hide_b)[:, 1:], axis: 1)
    return { seen: encode(concat(x_a, x_b[:, 1:], axis: 1)), words: ids }
  }

  objective masked_words(before: text[B, T], after: text[B, S]) {
    let g = guess(before, after)
    return cross_entropy(word_scores(g.seen), g.words)
  }

  objective next_sentence(before: text[B, T], after: text[B, S], order: index(Order)[B]) {
    return cross_entropy(follows(pool(guess(before, after).seen)), order)
  }

  stage pretrain {
    minimize masked_words + next_sentence on wikipedia.train batch 256
    train all
    optimizer adamw(rate: linear(peak: 1e-4, warmup: 10000), decay: 0.01, epsilon: 1e-6, clip: 1)
    steps 1000000
    measure masked_words on wikipedia.validation every 10000
  }
}

variant tiny = Bert(vocabulary: 24, width: 16, depth: 1, heads: 2, length: 24, drop: 0, share: 0.3)
