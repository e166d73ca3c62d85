/// Three convolutions, of which the middle one is narrow (arXiv:1512.03385), with the stride on the
/// 3 × 3 one; `expansion` times as wide outside.
block bottleneck(x: float[N..., H, W, C], out: int, expansion: int, stride: int = 1) {
  let wide = expansion * out
  let y = conv(x, out: out, size: 1, bias: false) as conv1 |> batch_norm() as norm1 |> relu()
      |> conv(out: out, stride: stride, pad: 1, bias: false) as conv2 |> batch_norm() as norm2
      |> relu() |> conv(out: wide, size: 1, bias: false) as conv3 |> batch_norm() as norm3
  if stride == 1 and wide == C {
    return relu(x + y)
  }
  let added = conv(x, out: wide, size: 1, stride: stride, bias: false) as shortcut
      |> batch_norm() as shortcut_norm
  return relu(added + y)
}

/// `depth` blocks, of which the first changes width and size; plain ones where `expansion` is 1.
block level(x: float[N..., H, W, C], out: int, expansion: int, depth: int, stride: int = 1) {
  if expansion == 1 {
    let y = basic_block(x, out: out, stride: stride) as first
    repeat depth - 1 as rest {
      y = basic_block(y, out: out)
    }
    return y
  }
  let y = bottleneck(x, out: out, expansion: expansion, stride: stride) as first
  repeat depth - 1 as rest {
    y = bottleneck(y, out: out, expansion: expansion)
  }
  return y
}

/// Residual nets pretrained to name what a picture shows (arXiv:1512.03385). By default ResNet-50 on
/// ImageNet, of 25,557,032 parameters.
model ResNet(
  side: int = 224,
  classes: int = 1000,
  width: int = 64,
  expansion: int = 4,
  depths: list = [3, 4, 6, 3],
) {
  modality picture: Image(height: side, width: side)
  labels Thing(classes)

  part name = linear(out: Thing)

  encoder look(p: picture[N...]) -> float[N..., 8 * expansion * width] {
    let map = conv(p.pixels, out: width, size: 7, stride: 2, pad: 3, bias: false) as stem
        |> batch_norm() as stem_norm |> relu() |> max_pool(size: 3, stride: 2, pad: 1)
        |> level(out: width, expansion: expansion, depth: depths[0]) as level1
        |> level(out: 2 * width, expansion: expansion, depth: depths[1], stride: 2) as level2
        |> level(out: 4 * width, expansion: expansion, depth: depths[2], stride: 2) as level3
        |> level(out: 8 * width, expansion: expansion, depth: depths[3], stride: 2) as level4
    return mean(tokens(map), axis: -2)
  }

  objective naming(picture: picture[B], thing: index(Thing)[B]) {
    return cross_entropy(name(look(picture)), thing)
  }

  stage pretrain {
    minimize naming on imagenet.train batch 256 with picture: [crop(0.08..1), mirror()]
    train all
    optimizer sgd(rate: cosine(peak: 0.1, warmup: 5000), momentum: 0.9, decay: 1e-4)
    steps 450000
    measure accuracy(argmax(name(look(picture))), thing) on imagenet.validation every 5000
  }

  export classify(p: picture[B]) -> { thing: index(Thing)[B], score: simplex float[B, Thing] } {
    let scores = name(look(p))
    return { thing: argmax(scores), score: softmax(scores) }
  }
}

/// 11,689,512 parameters.
variant resnet18 = ResNet(expansion: 1, depths: [2, 2, 2, 2])

variant tiny = ResNet(side: 16, classes: 5, width: 4, expansion: 2, depths: [2, 1, 1, 1])
