/// Video and what is said meanwhile in one space (VideoCLIP, arXiv:2109.14084): a clip's positives are
/// all texts of its film that overlap it in time, its own among them, everything else in the batch is
/// a negative (MIL-NCE over several positives, arXiv:1912.06430).
model VideoClip(
  frames: int = 32,
  side: int = 224,
  patch: int = 32,
  tokens: int = 30522,
  words: int = 64,
  width: int = 768,
  looks: int = 6,
  depth: int = 6,
  reads: int = 12,
  heads: int = 12,
  joint: int = 768,
  batch: int = 64,
) version "1.0.0" {
  modality clip: Video(frames: frames, height: side, width: side, rate: 1fps)
  modality frame: Image(height: side, width: side)
  modality text: Text(tokenizer: wordpiece(tokens), length: words, special: [cls, sep])
  space shared(joint)

  /// One frame, by itself.
  encoder look(p: frame[N...]) -> float[N..., width] {
    return patches(p.pixels, size: patch) |> linear(out: width) as lift
        |> positions(max: (side / patch) * (side / patch))
        |> transformer(depth: looks, heads: heads)
        |> mean(axis: -2)
  }
  encoder watch(c: clip[N..., F]) -> shared[N...] {
    return look(c.frames) |> positions(max: clip.max) |> transformer(depth: depth, heads: heads)
        |> mean(axis: -2) |> into(shared)
  }
  encoder read(t: text[N..., T]) -> shared[N...] {
    return embedding(t.ids, width: width) |> positions(max: text.max)
        |> transformer(depth: reads, heads: heads) |> mean(axis: -2) |> into(shared)
  }

  part scale = learned(start: 1 / 0.07, max: 100)

  /// `film` numbers the films; clip and text start and end at so many seconds of theirs.
  objective overlaps(
    clip: clip[B, F],
    text: text[B, T],
    film: float[B],
    clip_start: float[B],
    clip_end: float[B],
    text_start: float[B],
    text_end: float[B],
  ) {
    let scores = scale() * watch(clip) @ transpose(read(text))
    let same_film = film[:, new] == film[new, :]
    let meet = clip_start[:, new] < text_end[new, :] and text_start[new, :] < clip_end[:, new]
    let positive = same_film and meet or iota(B)[:, new] == iota(B)[new, :]
    return 0.5 *
        (infonce_any(scores, positive) + infonce_any(transpose(scores), transpose(positive)))
  }

  stage pretrain {
    minimize overlaps on howto.train batch batch
    train all
    optimizer adamw(rate: cosine(peak: 5e-5, warmup: 1000), decay: 0.01, clip: 2)
    steps 100000
    measure overlaps on howto.validation every 1000
  }

  /// Which of some clips a text is about.
  export find(text: text[B], among: clip[K]) -> index(K)[B] {
    return nearest(read(text), watch(among))
  }
}

variant tiny = VideoClip(
  frames: 3, side: 8, patch: 4, tokens: 300, words: 6, width: 16, looks: 1, depth: 1, reads: 1,
  heads: 2, joint: 12, batch: 4,
)
