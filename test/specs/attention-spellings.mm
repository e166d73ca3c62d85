/// Many spellings of attention, one after another.
model Spell(heads: int = 2) {
  modality text: Text(tokenizer: bpe(260), length: 6)
  labels Yes { no, yes }

  block qkv(x: float[N..., T, D]) -> {
    q: float[N..., T, D],
    k: float[N..., T, D],
    v: float[N..., T, D],
  } {
    return { q: linear(x, out: D) as q, k: linear(x, out: D) as k, v: linear(x, out: D) as v }
  }
  // Scale on q, after the split.
  block a1(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    let q = rearrange(r.q, "n t (h k) -> n h t k", h: heads) * (1 / sqrt(D / heads))
    let k = rearrange(r.k, "n t (h k) -> n h k t", h: heads)
    let v = rearrange(r.v, "n t (h k) -> n h t k", h: heads)
    return rearrange(softmax(q @ k) @ v, "n h t k -> n t (h k)")
  }
  // Scale on k, before the split.
  block a2(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    let q = rearrange(r.q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(r.k * sqrt(heads) / sqrt(D), "n t (h k) -> n h t k", h: heads)
    let v = rearrange(r.v, "n t (h k) -> n h t k", h: heads)
    return rearrange(softmax(q @ transpose(k)) @ v, "n h t k -> n t (h k)")
  }
  // Half the scale on either side.
  block a3(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    let s = (D / heads) ^ -0.25
    let q = rearrange(r.q, "n t (h k) -> n h t k", h: heads) * s
    let k = rearrange(r.k, "n t (h k) -> n h t k", h: heads) * s
    let v = rearrange(r.v, "n t (h k) -> n h t k", h: heads)
    return rearrange(softmax(q @ transpose(k)) @ v, "n h t k -> n t (h k)")
  }
  // Reshape and einsum with the heads in the middle.
  block a4(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    let q = reshape(r.q, [N, T, heads, D / heads])
    let k = reshape(r.k, [N, T, heads, D / heads])
    let v = reshape(r.v, [N, T, heads, D / heads])
    let p = softmax(einsum("n t h k, n s h k -> n h t s", q, k) / sqrt(D / heads))
    return reshape(einsum("n h t s, n s h k -> n t h k", p, v), [N, T, D])
  }
  // Softmax by hand, with the maximum taken off.
  block a5(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    let q = rearrange(r.q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(r.k, "n t (h k) -> n h t k", h: heads)
    let v = rearrange(r.v, "n t (h k) -> n h t k", h: heads)
    let s = q @ transpose(k) / sqrt(D / heads)
    let e = exp(s - max(s, axis: -1)[..., new])
    return rearrange((e / sum(e, axis: -1)[..., new]) @ v, "n h t k -> n t (h k)")
  }
  // The division after the product with the values.
  block a6(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    let q = rearrange(r.q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(r.k, "n t (h k) -> n h t k", h: heads)
    let v = rearrange(r.v, "n t (h k) -> n h t k", h: heads)
    let s = q @ transpose(k) / sqrt(D / heads)
    let e = exp(s - stop(max(s, axis: -1)[..., new]))
    return rearrange((e @ v) / sum(e, axis: -1)[..., new], "n h t k -> n t (h k)")
  }
  // Keys first, softmax over the axis before the last.
  block a7(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    let q = rearrange(r.q, "n t (h k) -> n h t k", h: heads)
    let k = rearrange(r.k, "n t (h k) -> n h t k", h: heads)
    let v = rearrange(r.v, "n t (h k) -> n h t k", h: heads)
    let p = softmax(k @ transpose(q) / sqrt(D / heads), axis: -2)
    return rearrange(transpose(p) @ v, "n h t k -> n t (h k)")
  }
  // One head, no split.
  block a8(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    return softmax(r.q @ transpose(r.k) / sqrt(D)) @ r.v
  }
  // Heads folded into the batch.
  block a9(x: float[N..., T, D]) -> float[N..., T, D] {
    let r = qkv(x)
    let q = rearrange(r.q, "n t (h k) -> (n h) t k", h: heads)
    let k = rearrange(r.k, "n t (h k) -> (n h) t k", h: heads)
    let v = rearrange(r.v, "n t (h k) -> (n h) t k", h: heads)
    return rearrange(
      softmax(q @ transpose(k) / sqrt(D / heads)) @ v, "(n h) t k -> n t (h k)", h: heads
    )
  }
  encoder score(t: text[N..., T]) -> float[N..., Yes] {
    let x0 = embedding(t.ids, width: 16) |> positions(max: 6)
    let x1 = x0 + a1(x0)
    let x2 = x1 + a2(x1)
    let x3 = x2 + a3(x2)
    let x4 = x3 + a4(x3)
    let x5 = x4 + a5(x4)
    let x6 = x5 + a6(x5)
    let x7 = x6 + a7(x6)
    let x8 = x7 + a8(x7)
    let x9 = x8 + a9(x8)
    return mean(x9, axis: -2) |> linear(out: Yes)
  }
  objective right(text: text[B, T], truth: index(Yes)[B]) {
    return cross_entropy(score(text), truth)
  }
  stage fit {
    minimize right on pairs.train batch 4
    train all
    optimizer adamw(rate: 3e-3)
    steps 30
  }
}
