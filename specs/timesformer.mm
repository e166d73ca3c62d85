/// TimeSformer with divided space–time attention (arXiv:2102.05095): 121,392,558 parameters with the
/// 174 classes of Something-Something V2, where the paper has 121.4M.
model TimeSformer(
  frames: int = 8,
  side: int = 224,
  patch: int = 16,
  width: int = 768,
  depth: int = 12,
  heads: int = 12,
  actions: int = 174,
  batch: int = 64,
) version "1.0.0" {
  modality clip: Video(frames: frames, height: side, width: side, rate: 4fps)
  labels Action(actions)

  part name_action = linear(out: Action)

  encoder watch(c: clip[N..., F]) -> float[N..., width] {
    param class: float[width] = normal(0.02)
    param place: float[(side / patch) ^ 2 + 1, width] = normal(0.02)
    let lifted = patches(c.pixels, size: patch) |> linear(out: width) as lift
    // Patches have a place in their frame and in time, the class token one of its own.
    let placed = rearrange(lifted + place[1:, :], "n f p d -> n p f d") |> positions(max: frames)
    let x = rearrange(placed, "n p f d -> n f p d")
    let token = expand((class + place[0, :])[new, :], [N, width])
    repeat depth as layers {
      let y = divided_attention(x, token, heads: heads)
      x = y.x
      token = y.class
    }
    return layer_norm(token)
  }

  objective acts(clip: clip[B], action: index(Action)[B]) {
    return cross_entropy(name_action(watch(clip)), action)
  }

  stage train_it {
    minimize acts on clips.train batch batch with clip: [crop(0.5..1)]
    train all
    optimizer adamw(rate: cosine(peak: 1e-4, warmup: 1000), decay: 0.05, clip: 1)
    steps 50000
    measure accuracy(argmax(name_action(watch(clip))), action) on clips.test every 1000
  }

  export action_of(clip: clip[B]) -> index(Action)[B] { return argmax(name_action(watch(clip))) }
}

variant tiny = TimeSformer(
  frames: 3, side: 8, patch: 4, width: 16, depth: 2, heads: 2, actions: 4, batch: 4
)
