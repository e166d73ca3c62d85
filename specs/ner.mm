/// Named entities in sentences: BERT (arXiv:1810.04805) learns from texts, then a conditional random
/// field over its vectors names persons, places and the like (arXiv:1603.01360).
model Ner(
  width: int = 768,
  depth: int = 12,
  pieces: int = 30522,
  length: int = 128,
) version "1.0.0" {
  modality text: Text(tokenizer: wordpiece(pieces), length: length, special: [cls, sep, mask])
  labels Tag {
    O, B_person, I_person, B_location, I_location, B_corporation, I_corporation, B_group, I_group,
    B_product, I_product, B_creative_work, I_creative_work,
  }
  part table = embedding(width: width)
  part neighbours = transitions(tags: Tag)

  encoder read(ids: index(text)[N..., T]) -> float[N..., T, width] {
    return table(ids) |> positions(max: length) |> layer_norm() |> dropout(rate: 0.1)
        |> transformer(depth: depth, heads: width / 64, drop: 0.1)
  }

  /// Scores of the tags at the first token of each word; the other tokens are left out.
  encoder scores(t: text[N..., T]) -> float[N..., T, Tag] {
    return only(read(t.ids) |> dropout(rate: 0.1) |> linear(out: Tag), t.starts)
  }

  objective hidden_words(text: text[B, T]) {
    let hide = chance(0.15, like: text.ids) and not special(text)
    let seen = read(where(hide, text.mask, text.ids))
    return cross_entropy(seen @ transpose(table.weight), only(text.ids, hide))
  }
  objective entities(text: text[B, T], tags: index(Tag)[B, T]) {
    return crf(scores(text), tags, neighbours())
  }

  stage pretrain {
    minimize hidden_words on books.train batch 256
    train all
    optimizer adamw(rate: linear(peak: 1e-4, warmup: 10000), decay: 0.01)
    steps 1000000
    measure perplexity(hidden_words) on books.test every 10000
  }
  /// The encoder as it is: only the field and its scores are learned.
  stage field from pretrain {
    minimize entities on tweets.train batch 32
    freeze read, table
    train rest
    optimizer adamw(rate: 1e-3)
    steps 2000
    measure entity_f1(viterbi(scores(text), neighbours()), tags) on tweets.validation every 200
  }
  /// All of it together.
  stage tune from field {
    minimize entities on tweets.train batch 32
    train all
    optimizer adamw(rate: linear(peak: 3e-5, warmup: 100), decay: 0.01, clip: 1)
    steps 1000
    measure entity_f1(viterbi(scores(text), neighbours()), tags) on tweets.validation every 100
    measure entity_f1(viterbi(scores(text), neighbours()), tags) on tweets.test
  }

  export entities_in(text: text[B, T]) -> index(Tag)[B, T] {
    return viterbi(scores(text), neighbours())
  }
}

variant tiny = Ner(width: 64, depth: 1, pieces: 300, length: 12)
