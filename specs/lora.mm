use "gpt.mm" as Gpt

/// Low-rank adaptation of GPT-2 (arXiv:2106.09685) without a change to its file: 147,456 new weights
/// for its 124 million, in the queries and values of every layer. By its exports the model is the
/// old one, `continue` writes as it was adapted.
model Tables(base: model = Gpt, rank: int = 4) extends base version "1.0.0" {
  adapt write by lora(rank: rank, alpha: 8 * rank) on **.attention.{query,value}.weight

  /// What a restaurant offers, said in sentences (E2E).
  stage tune from pretrain {
    minimize next on e2e.train batch 8
    train write.**.lora
    freeze rest
    optimizer adamw(rate: linear(peak: 2e-4, warmup: 500), decay: 0.01)
    steps 26000
    measure next on e2e.validation every 1000
  }
}

variant tiny = Tables(base: Gpt.tiny, rank: 8)
