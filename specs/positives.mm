/// What counts as a match when the world doesn't come in pairs: several captions of one picture, pictures of one
/// kind, captions that are equal, and captions that were chosen because they almost fit.
model Positives(
  side: int = 224,
  patch: int = 16,
  width: int = 768,
  depth: int = 12,
  heads: int = 12,
  words: int = 32000,
) version "1.0.0" {
  modality picture: Image(height: side, width: side)
  modality caption: Text(tokenizer: bpe(words), length: 32)
  labels Kind(80)
  space shared(width)

  part scale = learned(start: 1 / 0.07, max: 100)

  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: patch) |> linear(out: width)
        |> positions(max: (side / patch) * (side / patch))
        |> transformer(depth: depth, heads: heads)
        |> mean(axis: -2) |> into(shared)
  }

  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: width) |> positions(max: 32)
        |> transformer(depth: depth, heads: heads) |> mean(axis: -2) |> into(shared)
  }

  /// Up to five captions of a picture: it need only be near some of them (MIL-NCE).
  objective several(picture: picture[B], captions: caption[B, 5, T]) {
    return mil_nce(look(picture), read(captions), scale())
  }

  /// Pictures of one kind belong together (SupCon).
  objective kinds(picture: picture[B], kind: index(Kind)[B]) {
    return supervised_contrast(look(picture), kind[:, new] == kind[new, :], scale())
  }

  /// A caption that stands twice in the batch is no negative of its twin's picture.
  objective apart(picture: picture[B], caption: caption[B, T]) {
    return infonce_apart(look(picture), read(caption), scale(), same_rows(caption.ids))
  }

  /// Three captions for each picture that almost fit.
  objective almost(picture: picture[B], caption: caption[B, T], wrong: caption[B, 3, S]) {
    return infonce_hard(look(picture), read(caption), read(wrong), scale())
  }

  stage align {
    minimize several + kinds on coco.train batch 256 + apart + almost on web.train batch 256
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 2000), decay: 0.1, clip: 1)
    steps 50000
    measure several on coco.validation every 1000
  }
}

variant tiny = Positives(side: 8, patch: 4, width: 24, depth: 1, heads: 2, words: 300)
