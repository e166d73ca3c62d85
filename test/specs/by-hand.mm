/// Norms, activations, softmax and cross entropies written by hand, over text with padding.
model Hand {
  modality text: Text(tokenizer: bpe(260), length: 6)
  labels Kind(4)

  block norm1(x: float[N..., D]) -> float[N..., D] {
    param g: float[D] = ones()
    param b: float[D] = zeros()
    let m = mean(x, axis: -1)[..., new]
    let v = mean((x - m) ^ 2, axis: -1)[..., new]
    return g * (x - m) / sqrt(v + 1e-5) + b
  }
  block norm2(x: float[N..., D]) -> float[N..., D] {
    param g: float[D] = ones()
    let m = sum(x, axis: -1)[..., new] / D
    let v = sum(x * x, axis: -1)[..., new] / D - m * m
    return (x - m) * rsqrt(v + 1e-5) * g
  }
  block norm3(x: float[N..., D]) -> float[N..., D] {
    let d = x - mean(x, axis: -1)[..., new]
    return d / (mean(d * d, axis: -1)[..., new] + 1e-5) ^ 0.5
  }
  block norm4(x: float[N..., D]) -> float[N..., D] {
    param g: float[D] = ones()
    return x / sqrt(mean(x ^ 2, axis: -1)[..., new] + 1e-6) * g
  }
  block norm5(x: float[N..., D]) -> float[N..., D] {
    let r = (sum(square(x), axis: -1) / D + 1e-6) ^ -0.5
    return r[..., new] * x
  }
  block act(x: float[N..., D]) -> float[N..., D] {
    let g1 = 0.5 * x * (1 + erf(x / sqrt(2)))
    let g2 = x * (1 + erf(x / 1.4142135623730951)) / 2
    let g3 = 0.5 * x * (1 + tanh(sqrt(2 / 3.141592653589793) * (x + 0.044715 * x ^ 3)))
    let s1 = x * sigmoid(x)
    let s2 = x / (1 + exp(-x))
    let r1 = max(x, 0)
    let r2 = where(x > 0, x, 0)
    let q1 = x * sigmoid(1.702 * x)
    return g1 + g2 + g3 + s1 + s2 + r1 + r2 + q1
  }
  block xent1(s: float[N..., D], y: index(D)[N...]) -> float {
    return -mean(log(take(softmax(s), y)))
  }
  block xent2(s: float[N..., D], y: index(D)[N...]) -> float {
    let z = s - max(s, axis: -1)[..., new]
    return mean(log(sum(exp(z), axis: -1)) - take(z, y))
  }
  block xent3(s: float[N..., D], y: index(D)[N...]) -> float {
    let hot = to_float(y[:, new] == iota(D)[new, :])
    return -mean(sum(hot * log(softmax(s)), axis: -1))
  }
  block xent4(s: float[N..., D], y: index(D)[N...]) -> float {
    let e = exp(s - max(s, axis: -1)[..., new])
    return mean(-log(take(e / sum(e, axis: -1)[..., new], y)))
  }
  block xent5(s: float[N..., D], y: index(D)[N...]) -> float {
    return -mean(take(s - logsumexp(s)[..., new], y))
  }

  part table = embedding(width: 16)
  part head = linear(out: Kind)
  encoder read(t: text[N..., T]) -> float[N..., T, 16] {
    let a = norm1(table(t.ids))
    return a + norm2(act(a)) + norm3(a) + norm4(a * 2) + norm5(a + 1)
  }
  encoder kinds(t: text[N..., T]) -> float[N..., T, Kind] { return head(read(t)) }
  encoder words(t: text[N..., T]) -> float[N..., T, text] {
    return linear(read(t), out: text, bias: false)
  }
  objective first_kind(text: text[B, T], kind: index(Kind)[B]) {
    let s = kinds(text)[:, 0, :]
    return xent1(s, kind) + xent3(s, kind)
  }
  objective ids(text: text[B, T]) {
    let s = words(text)
    return xent2(s, text.ids) + xent4(s, text.ids) + xent5(s, text.ids)
  }
  stage fit {
    minimize first_kind + 0.5 * ids on pairs.train batch 4
    train all
    optimizer adamw(rate: 3e-3)
    steps 30
  }
}
