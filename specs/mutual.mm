/// Speech and text each told from the other (SpeechT5, arXiv:2110.07205): one encoder–decoder writes
/// down what it hears, and says what it reads frame by frame, with a token that says when to stop
/// (arXiv:1809.08895). The layers of the encoder and of the decoder serve both.
model Mutual(
  rate: frequency = 16kHz,
  length: time = 15s,
  bands: int = 80,
  letters: int = 64,
  words: int = 256,
  width: int = 768,
  encoders: int = 12,
  decoders: int = 6,
  heads: int = 12,
  narrow: int = 256,
  drop: number = 0.1,
  batch: int = 32,
) version "1.0.0" {
  modality speech: Audio(
    rate: rate, length: length, features: log_mel(bands: bands, window: 64ms, hop: 16ms)
  )
  modality text: Text(tokenizer: characters(letters), length: words)

  part letter = embedding(width: width)
  part understand = transformer(depth: encoders, heads: heads, drop: drop)
  part tell = decoder(depth: decoders, heads: heads, drop: drop)

  encoder hear(s: speech[N..., T]) -> float[N..., (T - 1) // 4 + 1, width] {
    return subsample1d(s.features, width: width, by: 4) |> positions(max: (speech.max - 1) // 4 + 1)
        |> understand()
  }
  encoder read(t: text[N..., T]) -> float[N..., T, width] {
    return letter(t.ids) |> positions(max: text.max) |> understand()
  }

  /// Scores of each next letter.
  encoder write(t: text[N..., T], heard: float[N..., S, width]) -> float[N..., T, text] {
    let h = letter(t.ids) |> positions(max: text.max) |> tell(memory: heard)
    return h @ transpose(letter.weight)
  }

  /// Each next frame and whether it is the last one, from those before it; a narrow net between keeps
  /// the decoder from copying them.
  encoder speak(
    before: float[N..., T, speech.channels],
    understood: float[N..., S, width],
  ) -> { frame: float[N..., T, speech.channels], last: float[N..., T] } {
    let seen = relu(linear(before, out: narrow) as narrow1) |> linear(out: narrow) as narrow2
        |> relu() |> linear(out: width) as widen
    let h = positions(seen, max: speech.max) |> tell(memory: understood)
    return {
      frame: linear(h, out: speech.channels) as frame,
      last: linear(h, out: 1) as last[..., 0],
    }
  }

  objective writes(speech: speech[B, T], text: text[B, U]) {
    return cross_entropy(write(text, hear(speech))[:, :-1, :], text.ids[:, 1:])
  }

  objective speaks(text: text[B, U], speech: speech[B, T]) {
    let frames = speech.features
    let said = speak(frames[:, :-1, :], read(text))
    let error = mean(abs(said.frame - frames[:, 1:, :]))
    return error + binary_cross_entropy(said.last, stop_token(frames[:, 1:, :]))
  }

  stage pretrain {
    minimize writes + speaks on librispeech.train batch batch
    train all
    optimizer adamw(rate: linear(peak: 2e-4, warmup: 8000), decay: 0.01, clip: 1)
    steps 100000
    measure writes on librispeech.validation every 1000
    measure speaks on librispeech.validation every 1000
  }

  export transcribe(speech: speech[B, T]) -> text[B, words] {
    let heard = hear(speech)
    return generate(t => write(t, heard), begin(text, [B]), more: words - 1, by: greedy)
  }
}

variant tiny = Mutual(
  rate: 8kHz, length: 160ms, bands: 4, letters: 16, words: 6, width: 32, encoders: 1, decoders: 1,
  heads: 4, narrow: 16, drop: 0, batch: 4,
)
