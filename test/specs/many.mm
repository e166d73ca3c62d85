/// Three objectives, three data sets, one of them a language model, tying across encoders; freezes by patterns.
model Many(width: int = 16) {
  modality picture: Image(height: 8, width: 8)
  modality text: Text(tokenizer: bpe(260), length: 6)
  labels Topic(6)
  labels Style { ink, oil }
  space shared(8)
  part words = embedding(width: width)
  part body = transformer(depth: 1, heads: 2, causal: true)
  part topics = linear(out: Topic)
  encoder states(t: text[N..., T]) -> float[N..., T, width] {
    return words(t.ids) |> positions(max: text.max) |> body()
  }
  encoder next(t: text[N..., T]) -> float[N..., T, text] {
    return states(t) @ transpose(words.weight)
  }
  encoder read(t: text[N..., T]) -> shared[N...] { return last(states(t)) |> into(shared) }
  encoder see(p: picture[N...]) -> float[N..., width] {
    return stem(p.pixels, width: width) |> attention_pool(heads: 2) |> layer_norm()
  }
  encoder look(p: picture[N...]) -> shared[N...] { return see(p) |> into(shared) }
  objective lm(text: text[B, T]) { return cross_entropy(next(text)[:, :-1, :], text.ids[:, 1:]) }
  objective topic(text: text[B, T], topic: index(Topic)[B]) {
    return cross_entropy(topics(mean(states(text), axis: -2)), topic)
  }
  objective style(picture: picture[B], style: index(Style)[B]) {
    return cross_entropy(linear(see(picture), out: Style) as styles, style)
  }
  align seen: look(picture) <-> read(text) by infonce(scale: learned(5))
  stage language {
    minimize lm on books.train batch 4
    train all
    optimizer adamw(rate: 1e-3)
    steps 5
  }
  stage all from language {
    minimize lm on books.train batch 3
        + 0.5 * topic on news.train batch 2
        + 0.25 * style on art.train batch 4 with picture: [mirror()]
        + seen on pairs.train batch 5
    train all
    optimizer adamw(rate: 1e-3, clip: 1)
    steps 10
    measure lm on books.test
    measure accuracy(argmax(topics(mean(states(text), axis: -2))), topic) on news.test every 5
  }
  stage heads from all {
    minimize topic on news.train batch 3 + style on art.train batch 3
    train topics, style.**
    freeze rest
    optimizer adamw(rate: 1e-2)
    steps 5
  }
}
