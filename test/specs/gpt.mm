/// Decoder-only language model with tied embeddings, packed qkv by slicing, written by hand.
model Gpt(width: int = 32, depth: int = 2, heads: int = 4) {
  modality text: Text(tokenizer: bpe(300), length: 12)

  block self_attention(x: float[N..., T, D]) -> float[N..., T, D] {
    let qkv = linear(x, out: 3 * D) as qkv
    let q = rearrange(qkv[..., :D], "n t (h k) -> n h t k", h: heads)
    let k = rearrange(qkv[..., D:2 * D], "n t (h k) -> n h t k", h: heads)
    let v = rearrange(qkv[..., 2 * D:], "n t (h k) -> n h t k", h: heads)
    let scores = (q / sqrt(D / heads)) @ transpose(k)
    let hidden = iota(T)[new, :] > iota(T)[:, new]
    let p = softmax(where(hidden, -1e9, scores))
    return rearrange(p @ v, "n h t k -> n t (h k)") |> linear(out: D) as out
  }
  part table = embedding(width: width)
  encoder write(t: text[N..., T]) -> { hidden: float[N..., T, width], next: float[N..., T, text] } {
    let x0 = table(t.ids) |> positions(max: text.max)
    let y = layers(x0)
    return { hidden: y, next: y @ transpose(table.weight) }
  }
  block layers(x: float[N..., T, D]) -> float[N..., T, D] {
    repeat depth as layer {
      x = x + self_attention(layer_norm(x) as norm1)
      x = x + feed_forward(layer_norm(x) as norm2, expansion: 1)
    }
    return layer_norm(x) as last
  }
  objective next_token(text: text[B, T]) {
    return cross_entropy(write(text).next[:, :-1, :], text.ids[:, 1:])
  }
  stage pretrain {
    minimize next_token on books.train batch 4
    train all
    optimizer adamw(rate: cosine(peak: 6e-3, warmup: 4, floor: 1e-4), decay: 0.1, clip: 1.0)
    steps 100
    measure next_token on books.val every 20
  }
}
