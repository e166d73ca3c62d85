/// What a video encoder is used for: naming the action, finding when it happens (ActionFormer,
/// arXiv:2202.07925), and telling what happens in words. Frames go one by one through an encoder of
/// pictures, a Transformer relates them in time, and each task adds a head of its own.
model VideoTasks(
  frames: int = 64,
  side: int = 224,
  patch: int = 16,
  tokens: int = 16000,
  words: int = 32,
  width: int = 768,
  looks: int = 12,
  depth: int = 4,
  heads: int = 12,
  actions: int = 200,
  batch: int = 32,
) version "1.0.0" {
  modality clip: Video(frames: frames, height: side, width: side, rate: 4fps)
  modality frame: Image(height: side, width: side)
  modality text: Text(tokenizer: bpe(tokens), length: words)
  labels Action(actions)

  part name_action = linear(out: Action)
  part word = embedding(width: width)

  encoder look(p: frame[N...]) -> float[N..., width] {
    return patches(p.pixels, size: patch) |> linear(out: width) as lift
        |> positions(max: (side / patch) * (side / patch))
        |> transformer(depth: looks, heads: heads)
        |> mean(axis: -2)
  }
  encoder watch(c: clip[N..., F]) -> float[N..., F, width] {
    return look(c.frames) |> positions(max: clip.max) |> transformer(depth: depth, heads: heads)
  }

  /// At each frame: how likely each action is under way there, and how many frames ago it began and
  /// from now it ends.
  encoder moments(c: clip[N..., F]) -> {
    action: float[N..., F, Action],
    reach: float[N..., F, 2],
  } {
    let h = watch(c)
    let near = conv1d(h, out: width, pad: 1) as conv1 |> layer_norm() as norm1 |> relu()
    let far = conv1d(h, out: width, pad: 1) as conv2 |> layer_norm() as norm2 |> relu()
    return {
      action: conv1d(near, out: Action, pad: 1) as when,
      reach: log(1 + exp(conv1d(far, out: 2, pad: 1) as ends)),
    }
  }

  encoder tell(t: text[N..., T], seen: float[N..., F, width]) -> float[N..., T, text] {
    let h = word(t.ids) |> positions(max: text.max)
        |> decoder(memory: seen, depth: depth, heads: heads)
    return h @ transpose(word.weight)
  }

  objective names(clip: clip[B, F], action: index(Action)[B]) {
    return cross_entropy(name_action(mean(watch(clip), axis: -2)), action)
  }

  /// An action that starts and ends at so many seconds of its clip: focal loss of each action at each
  /// frame (arXiv:1708.02002), and inside the action 1 − intersection over union in time.
  objective finds(clip: clip[B, F], action: index(Action)[B], start: float[B], end: float[B]) {
    let said = moments(clip)
    let at = to_float(iota(F))[new, :]
    let from = (clip.rate * 1s) * start[:, new]
    let to = (clip.rate * 1s) * end[:, new]
    let inside = at >= from and at <= to
    let is_it = action[:, new] == iota(Action)[new, :]
    let wanted = to_float(inside[..., new] and is_it[:, new, :])
    let p = sigmoid(said.action)
    let right = wanted * p + (1 - wanted) * (1 - p)
    let weight = 0.25 * wanted + 0.75 * (1 - wanted)
    let focal = mean(-weight * (1 - right) ^ 2 * log(max(right, 1e-6)))
    let ago = said.reach[..., 0]
    let left = said.reach[..., 1]
    let both = min(ago, at - from) + min(left, to - at)
    let either = max(ago, at - from) + max(left, to - at)
    return focal + mean(only(1 - both / (either + 1e-3), inside))
  }

  objective tells(clip: clip[B, F], text: text[B, T]) {
    return cross_entropy(tell(text, watch(clip))[:, :-1, :], text.ids[:, 1:])
  }

  stage classify {
    minimize names on actions.train batch batch with clip: [crop(0.5..1), mirror()]
    train all
    optimizer adamw(rate: cosine(peak: 3e-4, warmup: 1000), decay: 0.05, clip: 1)
    steps 20000
    measure accuracy(argmax(name_action(mean(watch(clip), axis: -2))), action)
        on actions.test every 1000
  }
  stage localize from classify {
    minimize finds on moments.train batch batch
    freeze look
    train rest
    optimizer adamw(rate: cosine(peak: 1e-4, warmup: 500), decay: 0.05, clip: 1)
    steps 10000
    measure finds on moments.test every 1000
  }
  stage caption from localize {
    minimize tells on captions.train batch batch
    freeze look
    train rest
    optimizer adamw(rate: cosine(peak: 1e-4, warmup: 500), decay: 0.05, clip: 1)
    steps 10000
    measure tells on captions.test every 1000
  }

  export action_of(clip: clip[B]) -> index(Action)[B] {
    return argmax(name_action(mean(watch(clip), axis: -2)))
  }
  /// At each frame, how likely each action is.
  export when(clip: clip[B, F]) -> float[B, F, Action] { return sigmoid(moments(clip).action) }
  export describe(clip: clip[B]) -> text[B, words] {
    let seen = watch(clip)
    return generate(t => tell(t, seen), begin(text, [B]), more: words - 1, by: greedy)
  }
}

variant tiny = VideoTasks(
  frames: 4, side: 8, patch: 4, tokens: 300, words: 6, width: 16, looks: 1, depth: 1, heads: 2,
  actions: 4, batch: 4,
)
