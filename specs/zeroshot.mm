use "clip.mm" as Clip

/// Zero-shot classification with CLIP (arXiv:2103.00020, 3.1): classes are what their captions say, any number of
/// them, each in one wording or in several.
model ZeroShot(base: model = Clip.B32) extends base version "1.0.0" {
  /// Which of the labels fits each picture, and how sure that is.
  export classify(
    picture: picture[B],
    labels: caption[K],
  ) -> { best: index(K)[B], share: simplex float[B, K] } {
    let scores = 100 * similarity(look(picture), read(labels))
    return { best: argmax(scores), share: softmax(scores) }
  }

  /// Each label in up to eight wordings, of which the mean direction counts.
  export classify_prompts(picture: picture[B], labels: caption[K, 8, T]) -> index(K)[B] {
    return nearest(look(picture), unit(mean(read(labels), axis: -2)))
  }
}

variant tiny = ZeroShot(base: Clip.tiny)
