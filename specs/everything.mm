/// Four modalities in one model: each encoder learns from its own data alone, then all of them
/// share one space, then tasks are learned on top, the encoders frozen or tuned with them.
model Everything(
  width: int = 768,
  depth: int = 12,
  side: int = 224,
  vocabulary: int = 32000,
  seconds: time = 10s,
) version "1.0.0" {
  modality text: Text(tokenizer: bpe(vocabulary), length: 32)
  modality picture: Image(height: side, width: side)
  modality speech: Audio(
    rate: 16kHz, length: seconds, features: log_mel(bands: 80, window: 25ms, hop: 10ms)
  )
  modality clip: Video(frames: 16, height: side, width: side, rate: 4fps)
  labels Intent(150)
  labels Action(400)
  space shared(512)

  // ── Encoders: a sequence of vectors for each modality.
  part table = embedding(width: width)
  param hidden: float[width] = normal(0.02)
  encoder read(t: text[N..., T]) -> float[N..., T, width] {
    return table(t.ids) |> positions(max: text.max)
        |> transformer(depth: depth, heads: 12, causal: true)
  }
  encoder lift(p: picture[N...]) { return patches(p.pixels, size: 16) |> linear(out: width) }
  part see = vision(max: (side // 16) * (side // 16), depth: depth)
  encoder hear(s: speech[N..., T]) -> float[N..., T, width] {
    return linear(s.features, out: width) |> positions(max: speech.max)
        |> transformer(depth: depth, heads: 12, causal: true)
  }
  encoder glance(c: clip[N..., F]) -> float[N..., F, width] {
    return see(lift(c.frames)) |> mean(axis: -2)
  }
  part watch = vision(max: clip.max, depth: depth // 2)

  // ── One vector for each, in the shared space.
  encoder said(t: text[N..., T]) -> shared[N...] { return last(read(t)) |> into(shared) }
  encoder seen(p: picture[N...]) -> shared[N...] {
    return see(lift(p)) |> mean(axis: -2) |> into(shared)
  }
  encoder heard(s: speech[N..., T]) -> shared[N...] {
    return hear(s) |> mean(axis: -2) |> into(shared)
  }
  encoder shown(c: clip[N..., F]) -> shared[N...] {
    return watch(glance(c)) |> mean(axis: -2) |> into(shared)
  }

  // ── What each modality learns from itself.
  objective next_word(text: text[B, T]) {
    return cross_entropy((read(text) @ transpose(table.weight))[:, :-1, :], text.ids[:, 1:])
  }
  objective hidden_patches(picture: picture[B]) {
    let hide = chance(0.4, like: lift(picture)[:, :, 0])
    let y = see(where(hide[:, :, new], hidden, lift(picture)))
    return mean(
      square(only(linear(y, out: 768) as paint - patches(picture.pixels, size: 16), hide))
    )
  }
  objective next_sound(speech: speech[B, T]) {
    return mean(abs(linear(hear(speech), out: 80) as ahead[:, :-3, :] - speech.features[:, 3:, :]))
  }
  objective hidden_frames(clip: clip[B, F]) {
    let x = stop(glance(clip))
    let hide = chance(0.3, like: x[:, :, 0])
    let y = watch(where(hide[:, :, new], hidden, x))
    return mean(square(only(linear(y, out: width) as back - x, hide)))
  }

  // ── All in one space.
  align named: seen(picture) <-> said(text) by infonce(scale: learned(1 / 0.07, max: 100))
  align spoken: heard(speech) <-> said(text) by infonce(scale: learned(1 / 0.07, max: 100))
  align told: shown(clip) <-> said(text) by infonce(scale: learned(1 / 0.07, max: 100))

  // ── Tasks.
  part say = decoder(depth: depth // 2, heads: 12)
  encoder caption(p: picture[N...], t: text[N..., T]) -> float[N..., T, text] {
    return say(table(t.ids), see(lift(p))) |> linear(out: text)
  }
  objective intents(text: text[B, T], intent: index(Intent)[B]) {
    return cross_entropy(intent_of(text), intent)
  }
  encoder intent_of(t: text[N..., T]) -> float[N..., Intent] {
    return last(read(t)) |> linear(out: Intent)
  }
  encoder action_of(c: clip[N..., F]) -> float[N..., Action] {
    return watch(glance(c)) |> mean(axis: -2) |> linear(out: Action)
  }
  objective actions(clip: clip[B, F], action: index(Action)[B]) {
    return cross_entropy(action_of(clip), action)
  }
  objective captions(picture: picture[B], text: text[B, T]) {
    return cross_entropy(caption(picture, text)[:, :-1, :], text.ids[:, 1:])
  }

  // ── Pretrain, align, adapt.
  stage pretrain {
    minimize next_word on books.train batch 64
        + hidden_patches on photos.train batch 64
        + next_sound on recordings.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 2000), decay: 0.1, clip: 1)
    steps 100000
  }
  stage films from pretrain {
    minimize hidden_frames on films.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 1000), decay: 0.05)
    steps 20000
  }
  stage align from films {
    minimize named on pairs.train batch 256
        + spoken on readings.train batch 128
        + told on narrated.train batch 64
    train all
    optimizer adamw(rate: cosine(peak: 3e-4, warmup: 2000), decay: 0.1, beta2: 0.98, clip: 1)
    steps 50000
    measure recall(named, at: [1, 5, 10]) on pairs.validation every 1000
  }
  stage adapt from align {
    minimize intents on requests.train batch 64
        + actions on sports.train batch 16
        + captions on pairs.train batch 64
    freeze read, table, see, lift
    train rest
    optimizer adamw(rate: linear(peak: 1e-4, warmup: 500), decay: 0.01)
    steps 10000
    measure accuracy(argmax(intent_of(text)), intent) on requests.test every 1000
  }
  stage tune from adapt {
    minimize intents on requests.train batch 64
    train all
    optimizer adamw(rate: linear(peak: 3e-5, warmup: 100), decay: 0.01)
    steps 2000
  }

  export intent_in(text: text[B, T]) -> index(Intent)[B] { return argmax(intent_of(text)) }
  export find(text: text[B], among: picture[K]) -> index(K)[B] {
    return nearest(said(text), seen(among))
  }
}

/// A Transformer over vectors that know their places.
block vision(x: float[N..., T, D], max: int, depth: int) -> float[N..., T, D] {
  return positions(x, max: max) |> transformer(depth: depth, heads: 12)
}

variant tiny = Everything(width: 24, depth: 2, side: 32, vocabulary: 300, seconds: 0.08s)
