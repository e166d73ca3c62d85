/// GPT-2 small (Radford et al. 2019), 124,439,808 parameters: predicts each next token, and so writes.
model Gpt(width: int = 768, depth: int = 12, tokens: int = 50257, places: int = 1024) {
  modality text: Text(tokenizer: bpe(tokens), length: places)
  part words = embedding(width: width)
  encoder write(t: text[N..., T]) -> float[N..., T, text] {
    let soft = x => gelu(x, approximate: true)
    let h = words(t.ids) |> positions(max: places) |> dropout(rate: 0.1)
        |> transformer(depth: depth, heads: width / 64, causal: true, activation: soft, drop: 0.1)
    return h @ transpose(words.weight)
  }
  objective next(text: text[B, T]) { return cross_entropy(write(text)[:, :-1], text.ids[:, 1:]) }
  stage pretrain {
    minimize next on books.train batch 8
    train all
    optimizer adamw(rate: cosine(peak: 6e-4, warmup: 2000), decay: 0.1, beta2: 0.95, clip: 1)
    steps 100000
    measure next on books.test every 1000
  }
  export continue(prompt: text[B, 15 * places / 16]) -> text[B, places] {
    return generate(t => write(t), prompt, more: places / 16, by: sample(top_k: 40))
  }
}

variant tiny = Gpt(width: 64, depth: 1, tokens: 300, places: 32)
