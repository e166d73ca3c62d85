/// Speech to text in three ways: by CTC (Graves et al. 2006), by an attention decoder, and by both
/// over one encoder, 0.3 · CTC + 0.7 · attention (arXiv:1609.06773). The encoder first learns from speech
/// alone, by filling in spans of frames that it doesn't hear (arXiv:1910.12638).
model Asr(
  width: int = 256,
  depth: int = 12,
  seconds: time = 16s,
  length: int = 200,
) version "1.0.0" {
  modality speech: Audio(
    rate: 16kHz, length: seconds, features: log_mel(bands: 80, window: 25ms, hop: 10ms)
  )
  modality text: Text(tokenizer: characters(), length: length)

  // ── The encoder: one vector for every four frames.
  encoder hear(s: speech[N..., T]) {
    return subsample(s.features, width: width) |> positions(max: (speech.max - 1) // 4 + 1)
        |> transformer(depth: depth, heads: width / 64, drop: 0.1)
  }
  part paint = linear(out: 4 * speech.channels)
  objective hidden_frames(speech: speech[B, T]) {
    let hide = spans(like: speech.features[:, :, 0], start: 0.02, length: 12)
    let heard = hear(speech with { features: where(hide[:, :, new], 0, speech.features) })
    let frames = rearrange(paint(heard)[:, :T // 4, :], "n t (k d) -> n (t k) d", k: 4)
    let wrong = abs(frames - speech.features[:, :4 * (T // 4), :])
    return mean(only(wrong, hide[:, :4 * (T // 4)]))
  }

  // ── CTC: scores of each character and, last, of the blank.
  part characters = linear(out: text + 1)
  encoder spoken(s: speech[N..., T]) { return characters(hear(s)) }
  objective by_ctc(speech: speech[B, T], text: text[B, U]) { return ctc(spoken(speech), text.ids) }

  // ── Attention: scores of the next character behind each one.
  part words = embedding(width: width)
  part say = decoder(depth: depth // 2, heads: width / 64, drop: 0.1)
  part choose = linear(out: text)
  encoder next(memory: float[N..., S, D], t: text[N..., U]) -> float[N..., U, text] {
    return words(t.ids) |> positions(max: length + 1) |> say(memory) |> choose()
  }
  objective by_attention(speech: speech[B, T], text: text[B, U]) {
    let said = next(hear(speech), concat(begin(text, [B]), text))
    return cross_entropy(said[:, :-1, :], text.ids)
  }

  stage pretrain {
    minimize hidden_frames on libri.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 1000), decay: 0.01)
    steps 50000
  }

  // ── Each way with the encoder as it is, then all of it.
  stage ctc_probe from pretrain {
    minimize by_ctc on libri.train batch 32
    freeze hear
    train rest
    optimizer adamw(rate: 1e-3)
    steps 5000
    measure cer(ctc_greedy(spoken(speech)), text) on libri.dev every 1000
  }
  stage ctc from ctc_probe {
    minimize by_ctc on libri.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 1000), decay: 0.01, clip: 1)
    steps 50000
    measure wer(ctc_greedy(spoken(speech)), text) on libri.dev every 1000
  }
  stage attention_probe from pretrain {
    minimize by_attention on libri.train batch 32
    freeze hear
    train rest
    optimizer adamw(rate: 1e-3)
    steps 5000
    measure perplexity(by_attention) on libri.dev every 1000
  }
  stage attention from attention_probe {
    minimize by_attention on libri.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 1000), decay: 0.01, clip: 1)
    steps 50000
    measure wer(transcribe(speech), text) on libri.dev every 5000
  }
  stage hybrid_probe from pretrain {
    minimize 0.3 * by_ctc + 0.7 * by_attention on libri.train batch 32
    freeze hear
    train rest
    optimizer adamw(rate: 1e-3)
    steps 5000
  }
  stage hybrid from hybrid_probe {
    minimize 0.3 * by_ctc + 0.7 * by_attention on libri.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 1000), decay: 0.01, clip: 1)
    steps 50000
    measure wer(transcribe(speech), text) on libri.dev every 5000
    measure wer(ctc_greedy(spoken(speech)), text) on libri.dev
  }

  export transcribe(speech: speech[B, T]) -> text[B, length + 1] {
    let memory = hear(speech)
    return generate(t => next(memory, t), begin(text, [B]), more: length, by: greedy())
  }
}

variant tiny = Asr(width: 64, depth: 2, seconds: 0.4s, length: 4)
