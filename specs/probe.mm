use "resnet.mm" as ResNet

/// A linear probe (arXiv:1610.01644): how well a frozen encoder's pictures can be told apart by one
/// linear layer, here the 102 flowers. The encoder is in no batch's statistics: frozen, its batch
/// norms use the ones that it was trained with.
model Probe(base: model = ResNet, kinds: int = 102) version "1.0.0" {
  modality picture = base.picture
  part look = base.look
  labels Flower(kinds)

  encoder tell(p: picture[N...]) -> float[N..., Flower] { return look(p) |> linear(out: Flower) }

  objective flowers(picture: picture[B], flower: index(Flower)[B]) {
    return cross_entropy(tell(picture), flower)
  }

  stage probe from base.pretrain(look) {
    minimize flowers on flowers.train batch 64 with picture: [mirror()]
    freeze look
    train rest
    optimizer adamw(rate: cosine(peak: 1e-3, warmup: 50))
    steps 1600
    measure accuracy(argmax(tell(picture)), flower) on flowers.validation every 200
    measure accuracy(argmax(tell(picture)), flower) on flowers.test
  }

  export name(p: picture[B]) -> index(Flower)[B] { return argmax(tell(p)) }
}

variant tiny = Probe(base: ResNet.tiny, kinds: 6)
