/// Two spaces, records in alignments, a symmetric margin loss written by hand, hard negatives by stop.
model Duel {
  modality ask: Text(tokenizer: bpe(260), length: 5)
  modality tell: Text(tokenizer: bpe(300), length: 7)
  space fact(8)
  space tone(4)
  block pooled(x: float[N..., T, D], heads: int = 2) -> float[N..., D] {
    return attention_pool(x, heads: heads) |> layer_norm()
  }
  encoder question(a: ask[N..., T]) -> { fact: fact[N...], tone: tone[N...] } {
    let h = pooled(embedding(a.ids, width: 16) |> positions(max: 5))
    return { fact: into(h, space: fact) as to_fact, tone: unit(linear(h, out: tone)) }
  }
  encoder answer(t: tell[N..., T]) -> { fact: fact[N...], tone: tone[N...] } {
    let h = pooled(embedding(t.ids, width: 14), heads: 7)
    return { fact: into(h, space: fact) as to_fact, tone: unit(linear(h, out: tone)) }
  }
  block margin(a: unit float[B, D], b: unit float[B, D], by: number = 0.2) -> float {
    let s = a @ transpose(b)
    let own = sum(a * b, axis: -1)
    let same = iota(B)[:, new] == iota(B)[new, :]
    let cost = where(same, 0, max(by + s - own[:, new], 0) + max(by + s - own[new, :], 0))
    return mean(max(cost, axis: -1))
  }
  align facts: question(ask).fact <-> answer(tell).fact by margin()
  align tones: question(ask).tone <-> answer(tell).tone by infonce(scale: learned(5))
  stage both {
    minimize facts + 0.5 * tones on qa.train batch 4
    train all
    optimizer adamw(rate: 2e-3)
    steps 30
    measure recall(facts, at: [1]) on qa.test
  }
  export best(q: ask[B], among: tell[K]) -> { at: index(K)[B], score: float[B, K] } {
    let asked = question(q)
    return {
      at: nearest(asked.fact, answer(among).fact),
      score: similarity(asked.tone, answer(among).tone),
    }
  }
}
