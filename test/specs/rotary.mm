/// Rotary positions by hand (arXiv:2104.09864), grouped queries, a causal window, normed queries and keys.
model Rope(heads: int = 4, groups: int = 2) {
  modality text: Text(tokenizer: bpe(260), length: 8)
  block turned(x: float[N..., H, T, K]) -> float[N..., H, T, K] {
    require K % 2 == 0
    let half = x[..., :K / 2]
    let rest = x[..., K / 2:]
    let rate = 10000 ^ (-2 * to_float(iota(K / 2)) / K)
    let angle = to_float(iota(T))[:, new] * rate[new, :]
    return concat(
      half * cos(angle) - rest * sin(angle), half * sin(angle) + rest * cos(angle), axis: -1
    )
  }
  block grouped_attention(x: float[N..., T, D]) -> float[N..., T, D] {
    let q = rearrange(linear(x, out: D, bias: false) as q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(
      linear(x, out: groups * D / heads, bias: false) as k, "n t (g k) -> n g t k", g: groups
    )
    let v = rearrange(
      linear(x, out: groups * D / heads, bias: false) as v, "n t (g k) -> n g t k", g: groups
    )
    let rq = rearrange(turned(q), "n (g r) t k -> n g r t k", g: groups)
    let rk = turned(k)
    let s = einsum("n g r t k, n g s k -> n g r t s", rq, rk) / sqrt(D / heads)
    let p = softmax(where(iota(T)[:, new] >= iota(T)[new, :], s, -1e9))
    return rearrange(einsum("n g r t s, n g s k -> n g r t k", p, v), "n g r t k -> n t (g r k)")
        |> linear(out: D, bias: false) as out
  }
  encoder next(t: text[N..., T]) -> float[N..., T, text] {
    return embedding(t.ids, width: 16) |> layers() |> linear(out: text, bias: false) as head
  }
  block layers(x: float[N..., T, D]) -> float[N..., T, D] {
    repeat 2 as layers {
      x = x + rms_norm(grouped_attention(rms_norm(x) as before)) as after
      x = x + feed_forward(rms_norm(x) as between, expansion: 1, activation: silu)
    }
    return rms_norm(x)
  }
  objective lm(text: text[B, T]) { return cross_entropy(next(text)[:, :-1, :], text.ids[:, 1:]) }
  stage pretrain {
    minimize lm on books.train batch 3
    train all
    optimizer adamw(rate: 3e-3)
    steps 20
  }
}
