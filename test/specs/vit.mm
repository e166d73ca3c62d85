/// An image classifier with a class token.
model Vit(width: int = 16, depth: int = 2, patch: int = 4) version "0.1.0" {
  modality picture: Image(height: 8, width: 8)
  labels Digit(10)

  encoder look(p: picture[N...]) -> float[N..., Digit] {
    param class: float[width] = normal(0.02)
    let x = patches(p.pixels, size: patch) |> linear(out: width)
    let lead = where(x[:, :1, :] == x[:, :1, :], class, class)
    return concat(lead, x, axis: -2) |> positions(max: 5) |> transformer(depth: depth, heads: 2)
        |> first() |> linear(out: Digit) as head
  }
  objective classify(picture: picture[B], digit: index(Digit)[B]) {
    return cross_entropy(look(picture), digit)
  }
  stage pretrain {
    minimize classify on mnist.train batch 4
    train all
    optimizer adamw(rate: cosine(peak: 3e-3, warmup: 5), decay: 0.05, clip: 1)
    steps 100
    measure accuracy(argmax(look(picture)), digit) on mnist.test every 50
  }
  export classify_pictures(p: picture[B]) -> {
    digit: index(Digit)[B],
    probability: simplex float[B, Digit],
  } {
    let s = look(p)
    return { digit: argmax(s), probability: softmax(s) }
  }
}
