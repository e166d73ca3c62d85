/// Three towers, one trunk; blocks as arguments; repeats in repeats.
model Shared(inner: int = 2) version "0.0.1" {
  modality picture: Image(height: 8, width: 8)
  modality title: Text(tokenizer: bpe(260), length: 4)
  modality body: Text(tokenizer: bpe(260), length: 7)
  space meaning(8)
  space topic(4)

  block sandwich(
    x: float[N..., T, D],
    first: block = gelu,
    second: block = relu,
    norm: block = layer_norm,
  ) -> float[N..., T, D] {
    return second(linear(first(norm(x) as before), out: D) as middle)
  }
  block tower(x: float[N..., T, D], outer: int, inner: int) -> float[N..., T, D] {
    repeat outer as stacks {
      repeat inner as layers {
        x = x + attention(rms_norm(x), heads: 2)
      }
      x = x + sandwich(x, second: silu, norm: rms_norm)
    }
    return x
  }
  part trunk = tower(outer: 1, inner: inner)
  part place = into(meaning)

  encoder look(p: picture[N...]) -> meaning[N...] {
    return linear(patches(p.pixels, size: 4), out: 16) |> trunk() |> mean(axis: -2) |> place()
  }
  encoder head(t: title[N..., T]) -> meaning[N...] {
    return embedding(t.ids, width: 16) |> positions(max: 4) |> trunk() |> mean(axis: -2) |> place()
  }
  encoder tail(b: body[N..., T]) -> { at: meaning[N...], about: topic[N...] } {
    let h = embedding(b.ids, width: 16) |> positions(max: body.max) |> trunk() |> mean(axis: -2)
    return { at: place(h), about: into(h, space: topic) }
  }
  encoder about(b: body[N..., T]) -> meaning[N...] { return tail(b).at }
  encoder subject(b: body[N..., T]) -> topic[N...] { return tail(b).about }
  encoder gist(t: title[N..., T]) -> topic[N...] {
    return embedding(t.ids, width: 6) |> mean(axis: -2) |> into(topic)
  }

  align pictures: look(picture) <-> head(title) by infonce(scale: learned(10, max: 50))
  align texts: about(body) <-> head(title) by sigmoid_pairs()
  align topics: subject(body) <-> gist(title) by infonce(scale: 5)

  stage first {
    minimize pictures on stamps.train batch 4
        + 0.5 * texts on papers.train batch 3
        + 0.25 * topics on papers.train batch 3
    train all
    optimizer adamw(rate: linear(peak: 2e-3, warmup: 2), clip: 1)
    steps 20
    measure recall(pictures, at: [1, 2]) on stamps.test every 10
    measure topics on papers.test
  }
  stage second from first {
    minimize texts + 2 * topics on papers.train batch 4
    freeze **.trunk.**, trunk, head.embedding, tail.{embedding,positions}
    train rest
    optimizer adamw(rate: 1e-3)
    steps 10
  }
  export neighbours(
    p: picture[B],
    among: title[K],
  ) -> { best: index(K)[B], scores: float[B, K], sure: simplex float[B, K] } {
    let s = similarity(look(p), head(among))
    return { best: argmax(s), scores: s, sure: softmax(s * 10) }
  }
}

variant deep = Shared(inner: 3)
