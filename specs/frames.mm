use "resnet.mm" as ResNet

/// A Transformer over the frames of a film, on a frozen encoder of pictures: frames that are hidden
/// are guessed, frames that changed places are put back (HERO, arXiv:2005.00200). The frames go
/// through the picture's encoder with the number of the film and of the frame as leading axes.
model Frames(
  base: model = ResNet,
  side: int = 224,
  features: int = 2048,
  width: int = 768,
  depth: int = 6,
  heads: int = 12,
  frames: int = 60,
  share: number = 0.15,
) version "1.0.0" {
  modality clip: Video(frames: frames, height: side, width: side, rate: 2fps / 3)
  part look = base.look

  encoder seen(c: clip[N..., F]) -> float[N..., F, features] { return look(c.frames) }

  param hidden_frame: float[features] = normal(0.02)
  part back = linear(out: features)
  part place = linear(out: frames)

  encoder watch(x: float[N..., F, features]) -> float[N..., F, width] {
    return linear(x, out: width) |> positions(max: frames)
        |> transformer(depth: depth, heads: heads)
  }

  /// Masked frame modelling: the features of hidden frames from those around them.
  objective hidden_frames(clip: clip[B, F]) {
    let x = seen(clip)
    let hide = chance(share, like: x[:, :, 0])
    let guess = back(watch(where(hide[:, :, new], hidden_frame, x)))
    return mean(only(mean(square(guess - x), axis: -1), hide))
  }

  /// Frame order: where each frame that changed places was.
  objective frame_order(clip: clip[B, F]) {
    let x = seen(clip)
    let from = shuffle_some(share, like: x[:, :, 0])
    let scores = place(watch(pick(x, from)))
    return cross_entropy(scores[:, :, :F], from)
  }

  stage pretrain from base.pretrain(look) {
    minimize hidden_frames + frame_order on films.train batch 32
    freeze look
    train rest
    optimizer adamw(rate: cosine(peak: 3e-5, warmup: 1000), decay: 0.01, clip: 1)
    steps 100000
  }
}

variant tiny = Frames(
  base: ResNet.tiny, side: 16, features: 64, width: 32, depth: 1, heads: 2, frames: 4, share: 0.5
)
