// The specs that are benchmarked beside those of specs/, which are read from there.

/** Log-mel features of four seconds, a quarter of the frames, a Transformer (as specs/asr.mm), one word of 35 for all. */
export const speech = `model Speech(width: int = 256, depth: int = 6, seconds: time = 4s) {
  modality speech: Audio(
    rate: 16kHz, length: seconds, features: log_mel(bands: 80, window: 25ms, hop: 10ms)
  )
  labels Word(35)
  part name = linear(out: Word)
  encoder hear(s: speech[N..., T]) {
    return subsample(s.features, width: width) |> positions(max: (speech.max - 1) // 4 + 1)
        |> transformer(depth: depth, heads: width / 64)
  }
  objective names(speech: speech[B, T], word: index(Word)[B]) {
    return cross_entropy(name(mean(hear(speech), axis: -2)), word)
  }
  stage learn {
    minimize names on words.train batch 16
    train all
    optimizer adamw(rate: 1e-4, decay: 0.01)
    steps 1000
  }
}

variant tiny = Speech(width: 64, depth: 2, seconds: 0.5s)
`;

/** The picture encoder of CLIP ViT-B/32 (arXiv:2103.00020). */
export const embed = `model Embed(side: int = 224, patch: int = 32, width: int = 768, depth: int = 12) {
  modality picture: Image(height: side, width: side)
  space shared(512)
  encoder look(p: picture[N...]) -> shared[N...] {
    return conv(p.pixels, out: width, size: patch, stride: patch, bias: false) as lift |> tokens()
        |> class_token() |> positions(max: (side // patch) * (side // patch) + 1)
        |> layer_norm() |> transformer(depth: depth, heads: width / 64, activation: quick_gelu)
        |> first() |> into(shared)
  }
  export embed(p: picture[B]) -> shared[B] { return look(p) }
}

variant tiny = Embed(side: 64, width: 64, depth: 2)
`;

export const written = { prompt: 64, more: 64 } as const;

/** A language model of four layers 256 wide that goes on from a prompt. */
export const generate = `model Gpt(width: int = 256, depth: int = 4) {
  modality text: Text(tokenizer: bpe(8192), length: ${written.prompt + written.more})
  part words = embedding(width: width)
  encoder write(t: text[N..., T]) -> float[N..., T, text] {
    let h = words(t.ids) |> positions(max: text.max) |> transformer(depth: depth, heads: 4, causal: true)
    return h @ transpose(words.weight)
  }
  objective next(text: text[B, T]) { return cross_entropy(write(text)[:, :-1], text.ids[:, 1:]) }
  export continue(p: text[B, ${written.prompt}]) -> text[B, text.max] {
    return generate(t => write(t), p, more: ${written.more}, by: greedy())
  }
}

variant tiny = Gpt(width: 64, depth: 1)
`;
