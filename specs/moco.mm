use "resnet.mm" as Nets

/// Momentum contrast (arXiv:1911.05722) with the projection of its second version
/// (arXiv:2003.04297): two views of one picture are told apart from a queue of earlier ones, which a
/// copy of the encoder made that follows it slowly. The copy normalizes by the running statistics that
/// it follows, as in EMAN (arXiv:2101.08482).
model MoCo(
  side: int = 224,
  width: int = 64,
  expansion: int = 4,
  depths: list = [3, 4, 6, 3],
  joint: int = 128,
  kept: int = 65536,
  rows: int = 256,
) {
  modality picture: Image(height: side, width: side)
  space shared(joint)

  encoder look(p: picture[N...]) -> shared[N...] {
    let map = conv(p.pixels, out: width, size: 7, stride: 2, pad: 3, bias: false) as stem
        |> batch_norm() as stem_norm |> relu() |> max_pool(size: 3, stride: 2, pad: 1)
        |> Nets.level(out: width, expansion: expansion, depth: depths[0]) as level1
        |> Nets.level(out: 2 * width, expansion: expansion, depth: depths[1], stride: 2) as level2
        |> Nets.level(out: 4 * width, expansion: expansion, depth: depths[2], stride: 2) as level3
        |> Nets.level(out: 8 * width, expansion: expansion, depth: depths[3], stride: 2) as level4
    return mean(tokens(map), axis: -2) |> linear(out: 8 * expansion * width) as project |> relu()
        |> into(shared)
  }
  part slow = copy look by ema(0.999)

  /// Of the other view and all in the queue, which is the same picture?
  objective contrast(view: picture[B], other: picture[B]) {
    state queue: shared[kept] = normal(1) |> unit()
    state at: index(kept) = 0
    let query = look(view)
    let key = stop(slow(other))
    let same = sum(query * key, axis: -1)[:, new]
    let scores = concat(same, query @ transpose(queue), axis: -1) / 0.07
    update queue = put(queue, key, at)
    update at = (at + B) % kept
    return mean(logsumexp(scores) - scores[:, 0])
  }

  stage pretrain {
    minimize contrast on imagenet.train batch rows
      with view: [crop(0.2..1), mirror()],
           other: [crop(0.2..1), mirror()]
    train all
    optimizer sgd(rate: cosine(peak: 0.03), momentum: 0.9, decay: 1e-4)
    steps 1000000
  }

  export embed(p: picture[B]) -> shared[B] { return look(p) }
}

variant tiny = MoCo(
  side: 16, width: 4, expansion: 1, depths: [1, 1, 1, 1], joint: 8, kept: 8, rows: 4
)
