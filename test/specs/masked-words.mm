/// Masked language model: hide 15 % of the tokens, by uniform draws.
model Mlm {
  modality text: Text(tokenizer: bpe(270), length: 10)
  part read = transformer(depth: 1, heads: 2, expansion: 2)
  part words = embedding(width: 16)
  part out = linear(out: text)
  param blank: float[16] = normal(0.02)

  objective masked(text: text[B, T]) {
    let x = words(text.ids)
    let hide = uniform(like: x[:, :, 0]) < 0.3
    let seen = where(hide[:, :, new], blank, x) |> positions(max: 10)
    let scores = out(read(seen))
    let loss = logsumexp(scores) - take(scores, text.ids)
    let hidden = to_float(hide)
    return sum(loss * hidden) / max(sum(hidden), 1)
  }
  stage pretrain {
    minimize masked on wiki.train batch 6
    train all
    optimizer adamw(rate: 3e-3)
    steps 100
    measure masked on wiki.val
  }
}
