/// Answers as spans of a passage (arXiv:1810.04805, section 4.2): the question and the passage are read
/// together, and each position of the passage is scored as the start and as the end of the answer. The
/// passage begins with `cls`; an answer that isn't there starts and ends at it (section 4.3).
model Span(
  width: int = 768,
  depth: int = 12,
  pieces: int = 30522,
  asked: int = 64,
  length: int = 320,
) version "1.0.0" {
  modality question: Text(tokenizer: wordpiece(pieces), length: asked, special: [sep, mask])
  modality passage: Text(tokenizer: wordpiece(pieces), length: length, special: [cls, sep, mask])
  part table = embedding(width: width)
  part ask = embedding(width: width)
  part read = transformer(depth: depth, heads: width / 64, drop: 0.1)

  encoder passage_after(q: question[N..., S], p: passage[N..., T]) -> float[N..., T, width] {
    let both = concat(ask(q.ids) |> positions(max: asked) as first, place(p.ids), axis: 1)
    return read(layer_norm(both))[:, S:, :]
  }
  encoder place(ids: index(passage)[N..., T]) -> float[N..., T, width] {
    return table(ids) |> positions(max: length)
  }
  encoder ends(
    q: question[N..., S],
    p: passage[N..., T],
  ) -> { start: float[N..., T], end: float[N..., T] } {
    let both = passage_after(q, p) |> linear(out: 2)
    return { start: both[..., 0], end: both[..., 1] }
  }

  objective hidden_words(question: question[B, S], passage: passage[B, T]) {
    let hide = chance(0.15, like: passage.ids) and not special(passage)
    let seen = passage_after(question, passage with { ids: where(hide, passage.mask, passage.ids) })
    return cross_entropy(seen @ transpose(table.weight), only(passage.ids, hide))
  }
  objective answers(
    question: question[B, S],
    passage: passage[B, T],
    start: index(T)[B],
    end: index(T)[B],
  ) {
    let found = ends(question, passage)
    return 0.5 * (cross_entropy(found.start, start) + cross_entropy(found.end, end))
  }

  stage pretrain {
    minimize hidden_words on squad.train batch 64
    train all
    optimizer adamw(rate: linear(peak: 1e-4, warmup: 1000), decay: 0.01)
    steps 100000
  }
  /// The encoder as it is: two scores for each position are learned.
  stage probe from pretrain {
    minimize answers on squad.train batch 32
    train ends
    freeze rest
    optimizer adamw(rate: 1e-3)
    steps 2000
    measure span_f1(answer(question, passage), { start, end }, passage) on squad.dev every 200
  }
  stage tune from pretrain {
    minimize answers on squad.train batch 32
    train all
    optimizer adamw(rate: linear(peak: 5e-5, warmup: 100), decay: 0.01, clip: 1)
    steps 5000
    measure span_f1(answer(question, passage), { start, end }, passage) on squad.dev every 500
    measure exact_match(answer(question, passage), { start, end }, passage) on squad.dev
  }

  /// The span whose two ends have the highest sum of scores, the end at its start or after it.
  export answer(
    question: question[B, S],
    passage: passage[B, T],
  ) -> { start: index(T)[B], end: index(T)[B] } {
    let found = ends(question, passage)
    let later = iota(T)[:, new] <= iota(T)
    let pairs = where(later, found.start[:, :, new] + found.end[:, new, :], -1e30)
    let start = argmax(max(pairs, axis: -1))
    return { start, end: argmax(max(only(pairs, iota(T) == start[:, new]), axis: 1)) }
  }
}

variant tiny = Span(width: 64, depth: 1, pieces: 300, asked: 6, length: 10)
