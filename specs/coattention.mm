/// Text and video that attend to each other. A co-attention matrix says which frames each word means and which words
/// each frame; what the text finds important, carried by it onto the frames, must agree with what the video finds
/// important, and the other way round, by the Jensen–Shannon divergence. A contrast of what both attend to keeps
/// agreement from being empty.
model Coattention(
  side: int = 112,
  frames: int = 32,
  width: int = 512,
  depth: int = 4,
  heads: int = 8,
  words: int = 8192,
) version "1.0.0" {
  modality clip: Video(frames: frames, height: side, width: side, rate: 4fps)
  modality caption: Text(tokenizer: bpe(words), length: 32)
  space shared(width)

  encoder watch(v: clip[N..., F]) -> float[N..., F, width] {
    return stem(v.pixels, width: width) |> mean(axis: -2) |> positions(max: frames)
        |> transformer(depth: depth, heads: heads)
  }

  encoder read(c: caption[N..., T]) -> float[N..., T, width] {
    return embedding(c.ids, width: width) |> positions(max: 32)
        |> transformer(depth: depth, heads: heads)
  }

  /// How much each position matters to its own side.
  part word_weight = linear(out: 1)
  part frame_weight = linear(out: 1)

  part to_shared = into(space: shared)
  part scale = learned(start: 1 / 0.07, max: 100)

  encoder words_of(t: float[N..., T, width]) -> simplex float[N..., T] {
    return softmax(word_weight(t)[..., 0])
  }
  encoder frames_of(v: float[N..., F, width]) -> simplex float[N..., F] {
    return softmax(frame_weight(v)[..., 0])
  }

  objective agree(clip: clip[B, F], caption: caption[B, T]) {
    let t, v = read(caption), watch(clip)
    let scores = t @ transpose(v) / sqrt(width)
    let by_frames = simplex(einsum("b t, b t f -> b f", words_of(t), softmax(scores)))
    let by_words = simplex(einsum("b f, b f t -> b t", frames_of(v), softmax(transpose(scores))))
    return js_divergence(by_frames, frames_of(v)) + js_divergence(by_words, words_of(t))
  }

  objective matches(clip: clip[B, F], caption: caption[B, T]) {
    let t, v = read(caption), watch(clip)
    let text = to_shared(einsum("b t, b t d -> b d", words_of(t), t))
    let video = to_shared(einsum("b f, b f d -> b d", frames_of(v), v))
    return infonce(video, text, scale: scale())
  }

  stage align {
    minimize matches + agree on films.train batch 64
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 500), decay: 0.1, clip: 1)
    steps 20000
    measure agree on films.validation every 1000
  }
}

variant tiny = Coattention(side: 16, frames: 4, width: 16, depth: 1, heads: 2, words: 300)
