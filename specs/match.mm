use "bert.mm" as Bert

/// Whether one sentence follows from another (natural language inference, arXiv:1810.04805, section
/// 4.1, as in MNLI): both in one sequence of a pretrained encoder, told apart by their segments.
model Match(base: model = Bert, drop: number = 0.1) version "1.0.0" {
  modality premise = base.text
  modality hypothesis = base.text
  labels Relation { entailment, neutral, contradiction }
  part encode = base.encode
  part segments = base.segments
  part pool = base.pool

  /// The second sentence goes on where the first one ends, without a start of its own.
  encoder relate(
    premise: premise[N..., T],
    hypothesis: hypothesis[N..., S],
  ) -> float[N..., Relation] {
    let first = gather(base.words, premise.ids) + segments(iota(base.Segment)[0])
    let second = gather(base.words, hypothesis.ids) + segments(iota(base.Segment)[1])
    return concat(first, second[:, 1:], axis: 1) |> encode() |> pool() |> dropout(rate: drop)
        |> linear(out: Relation)
  }

  objective relation(
    premise: premise[B, T],
    hypothesis: hypothesis[B, S],
    relation: index(Relation)[B],
  ) {
    return cross_entropy(relate(premise, hypothesis), relation)
  }

  /// The encoder stays as it was pretrained.
  stage head from base.pretrain {
    minimize relation on mnli.train batch 32
    freeze base
    train rest
    optimizer adamw(rate: cosine(peak: 1e-3, warmup: 100))
    steps 12000
    measure accuracy(argmax(relate(premise, hypothesis)), relation) on mnli.matched every 2000
  }

  stage tune from base.pretrain {
    minimize relation on mnli.train batch 32
    train all
    optimizer adamw(rate: linear(peak: 2e-5, warmup: 3600), decay: 0.01, clip: 1)
    steps 36000
    measure accuracy(argmax(relate(premise, hypothesis)), relation) on mnli.matched every 2000
    measure accuracy(argmax(relate(premise, hypothesis)), relation) on mnli.mismatched
  }

  export relation_of(premise: premise[B, T], hypothesis: hypothesis[B, S]) -> index(Relation)[B] {
    return argmax(relate(premise, hypothesis))
  }
}

variant tiny = Match(base: Bert.tiny, drop: 0)
