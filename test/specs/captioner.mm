/// Captions look at pictures: cross-attention by std and by hand, captions predicted token by token.
model Captioner {
  modality picture: Image(height: 8, width: 8)
  modality caption: Text(tokenizer: bpe(260), length: 5)
  part words = embedding(width: 16)
  encoder see(p: picture[N...]) -> float[N..., 16, 24] {
    return patches(p.pixels, size: 2) |> linear(out: 24) |> positions(max: 16)
  }
  block by_hand(x: float[N..., T, D], memory: float[N..., S, M], heads: int) -> float[N..., T, D] {
    let q = rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads)
    let kv = linear(memory, out: 2 * D) as kv
    let k = rearrange(kv[..., :D], "n s (h k) -> n h s k", h: heads)
    let v = rearrange(kv[..., D:], "n s (h k) -> n h s k", h: heads)
    let p = softmax(einsum("n h t k, n h s k -> n h t s", q, k) / sqrt(D / heads))
    return rearrange(einsum("n h t s, n h s k -> n h t k", p, v), "n h t k -> n t (h k)")
        |> linear(out: D) as out
  }
  encoder say(p: picture[N...], c: caption[N..., T]) -> float[N..., T, caption] {
    let memory = see(p)
    let x0 = words(c.ids) |> positions(max: 5)
    let x1 = x0 + attention(layer_norm(x0) as norm1, heads: 2, causal: true)
    let x2 = x1 + cross_attention(layer_norm(x1) as norm2, memory: memory, heads: 2)
    let x3 = x2 + by_hand(layer_norm(x2) as norm3, memory: memory, heads: 2)
    return layer_norm(x3) @ transpose(words.weight)
  }
  objective says(picture: picture[B], caption: caption[B, T]) {
    return cross_entropy(say(picture, caption)[:, :-1], caption.ids[:, 1:])
  }
  stage train_all {
    minimize says on coco.train batch 3
    train all
    optimizer adamw(rate: 2e-3, clip: 1)
    steps 30
  }
}
