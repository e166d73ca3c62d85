/// LLaMA-like: rms norms, gated feed-forward written by hand, no biases.
model Llama {
  modality text: Text(tokenizer: bpe(280), length: 8)

  block own_rms(x: float[N..., D]) -> float[N..., D] {
    param gain: float[D] = ones()
    let power = sum(x * x, axis: -1)[..., new] / D
    return gain * (x / sqrt(power + 1e-6))
  }
  block swiglu(x: float[N..., D], inner: int) -> float[N..., D] {
    let g = linear(x, out: inner, bias: false) as gate
    return ((g * sigmoid(g)) * linear(x, out: inner, bias: false) as up)
        |> linear(out: D, bias: false) as down
  }
  block heads_of(x: float[N..., T, D], heads: int) -> float[N..., heads, T, D / heads] {
    require D % heads == 0
    return rearrange(x, "n t (h k) -> n h t k", h: heads)
  }
  block causal_attention(x: float[N..., T, D], heads: int) -> float[N..., T, D] {
    let q = linear(x, out: D, bias: false) as q |> heads_of(heads: heads)
    let k = linear(x, out: D, bias: false) as k |> heads_of(heads: heads)
    let v = linear(x, out: D, bias: false) as v |> heads_of(heads: heads)
    let bias = where(iota(T)[:, new] < iota(T)[new, :], -1e9, 0)
    let scores = einsum("n h t k, n h s k -> n h t s", q, k) * (D / heads) ^ -0.5 + bias
    return linear(
      rearrange(einsum("n h t s, n h s k -> n h t k", softmax(scores), v), "n h t k -> n t (h k)"),
      out: D,
      bias: false,
    ) as o
  }
  encoder next(t: text[N..., T]) -> float[N..., T, text] {
    return embedding(t.ids, width: 16) |> trunk() |> linear(out: text, bias: false) as head
  }
  block trunk(x: float[N..., T, D]) -> float[N..., T, D] {
    repeat 2 as layers {
      x = x + causal_attention(own_rms(x) as norm1, heads: 2)
      x = x + swiglu(own_rms(x) as norm2, inner: 24)
    }
    return own_rms(x) as last
  }
  objective lm(text: text[B, T]) { return cross_entropy(next(text)[:, :-1], text.ids[:, 1:]) }
  stage pretrain {
    minimize lm on books.train batch 3
    train all
    optimizer adamw(rate: 5e-3, clip: 1)
    steps 50
  }
}
