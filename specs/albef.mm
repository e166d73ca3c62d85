/// How far scores of B rows for K candidates are from naming the first B in order, of which a share
/// `soft` is what a teacher's scores say (arXiv:2107.07651, momentum distillation).
block distilled(scores: float[B, K], taught: float[B, K], soft: number) -> float {
  let hard = logsumexp(scores) - take(scores[:, :B], iota(B))
  let softer = logsumexp(scores) - sum(softmax(taught) * scores, axis: -1)
  return mean((1 - soft) * hard + soft * softer)
}

/// Align before fuse (arXiv:2107.07651), the alignment: pictures and captions are compared with those of
/// their batch and with two queues of earlier ones, which slow copies of both encoders made; the copies
/// also soften what is asked for, since a caption may fit other pictures too.
model Albef(
  side: int = 256,
  patch: int = 16,
  width: int = 768,
  look_depth: int = 12,
  read_depth: int = 6,
  heads: int = 12,
  joint: int = 256,
  kept: int = 65536,
  rows: int = 512,
  words: int = 30522,
  length: int = 30,
) {
  modality picture: Image(height: side, width: side)
  modality caption: Text(tokenizer: bpe(words), length: length)
  space shared(joint)

  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: patch) |> linear(out: width) as lift |> class_token()
        |> positions(max: (side / patch) * (side / patch) + 1)
        |> transformer(depth: look_depth, heads: heads) |> first() |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: width) |> positions(max: length) |> layer_norm() as norm_in
        |> transformer(depth: read_depth, heads: heads, drop: 0.1) |> first() |> into(shared)
  }
  part slow_look = copy look by ema(0.995)
  part slow_read = copy read by ema(0.995)

  objective contrast(picture: picture[B], caption: caption[B]) {
    state pictures: shared[kept] = normal(1) |> unit()
    state captions: shared[kept] = normal(1) |> unit()
    state at: index(kept) = 0
    let scale = learned(1 / 0.07, max: 100)
    let slow_picture = stop(slow_look(picture))
    let slow_caption = stop(slow_read(caption))
    let all_pictures = transpose(concat(slow_picture, pictures, axis: 0))
    let all_captions = transpose(concat(slow_caption, captions, axis: 0))
    update pictures = put(pictures, slow_picture, at)
    update captions = put(captions, slow_caption, at)
    update at = (at + B) % kept
    let told = stop(scale)
    let by_picture = distilled(
      scale * (look(picture) @ all_captions), told * (slow_picture @ all_captions), soft: 0.4
    )
    let by_caption = distilled(
      scale * (read(caption) @ all_pictures), told * (slow_caption @ all_pictures), soft: 0.4
    )
    return 0.5 * (by_picture + by_caption)
  }

  stage align {
    minimize contrast on web.train batch rows with picture: [crop(0.2..1), mirror()]
    train all
    optimizer adamw(rate: cosine(peak: 1e-4, warmup: 1000, floor: 1e-5), decay: 0.02)
    steps 200000
  }

  export name(p: picture[B], among: caption[K]) -> index(K)[B] {
    return nearest(look(p), read(among))
  }
}

variant tiny = Albef(
  side: 16, patch: 8, width: 16, look_depth: 1, read_depth: 1, heads: 2, joint: 12, kept: 8,
  rows: 4, words: 300, length: 6,
)
