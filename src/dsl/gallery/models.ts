// Models: modalities, spaces, objectives, exports, variants.

import { inStamps, type Mistake, stamps } from './base.ts';

export const models: readonly Mistake[] = [
  {
    name: 'a kind of modality that there is not',
    code: 'unknown-modality-kind',
    why: 'The kind of a modality says how files become tensors, so there are only those that a loader knows.',
    says: 'Audio(rate:, length:, features:) and Video(frames:, height:, width:, rate:) are',
    ...inStamps('Image(height: 16, width: 16)', '«Points»(most: 1024)', 'Image(height: 16, width: 16)'),
  },
  {
    name: 'a kind of modality misspelled',
    code: 'unknown-modality-kind',
    says: 'did you mean Image?',
    ...inStamps(
      'Image(height: 16, width: 16)',
      '«Imge»(height: 16, width: 16)',
      'Image(height: 16, width: 16)',
    ),
  },
  {
    name: 'a picture without a width',
    code: 'missing-argument',
    says: 'Image needs width',
    ...inStamps('Image(height: 16, width: 16)', '«Image(height: 16)»', 'Image(height: 16, width: 16)'),
  },
  {
    name: 'a picture of a setting that it has not',
    code: 'unknown-argument',
    says: 'Image has no parameter channels',
    ...inStamps(
      'Image(height: 16, width: 16)',
      'Image(height: 16, width: 16, «channels»: 3)',
      'Image(height: 16, width: 16)',
    ),
  },
  {
    name: 'a picture of no height',
    code: 'bad-setting',
    says: 'height of Image must be at least 1',
    ...inStamps(
      'Image(height: 16, width: 16)',
      'Image(height: «0», width: 16)',
      'Image(height: 16, width: 16)',
    ),
  },
  {
    name: 'a space as large as a word',
    code: 'wrong-kind',
    says: 'the size of shared must be a whole number',
    ...inStamps('space shared(12)', 'space shared(«"wide"»)', 'space shared(12)'),
  },
  {
    name: 'a field of the data that is a matrix',
    code: 'field-type',
    why: 'The parameters of an objective are fields of the data, so each has a type that a manifest can give.',
    says: 'fields are modalities (picture[B])',
    ...inStamps('kind: index(Kind)[B]', 'kind: «float[B, 3]»', 'kind: index(Kind)[B]'),
  },
  {
    name: 'a field that points into a vocabulary',
    code: 'field-type',
    says: 'labels (index(Thing)[B])',
    ...inStamps('kind: index(Kind)[B]', 'kind: «index(caption)[B]»', 'kind: index(Kind)[B]'),
  },
  {
    name: 'fields of different rows',
    code: 'fields-of-other-rows',
    why: 'An objective reads rows, and all its fields are columns of the same rows. Two names for their first dim would let a picture meet the caption of another.',
    says: 'write B for both',
    ...inStamps('kind: index(Kind)[B]', 'kind: «index(Kind)[K]»', 'kind: index(Kind)[B]'),
  },
  {
    name: 'a loss for each row',
    code: 'not-a-loss',
    why: 'An optimizer follows the gradient of one number. A loss for each row has to be reduced, and how is for the spec to say.',
    says: 'sort must give one number to minimize; it gives float[B]',
    ...inStamps(
      'objective sort(picture: picture[B], kind: index(Kind)[B]) {\n    return cross_entropy(linear(look(picture), out: Kind), kind)',
      'objective «sort»(picture: picture[B], kind: index(Kind)[B]) {\n    let scores = linear(look(picture), out: Kind)\n    return logsumexp(scores) - take(scores, kind)',
    ),
  },
  {
    name: 'an align by something that gives no loss',
    code: 'not-a-loss',
    says: 'it gives float[B, B]',
    ...inStamps(
      'by infonce(scale: learned(1 / 0.07, max: 100))',
      'by «similarity()»',
      'by infonce(scale: learned(1 / 0.07, max: 100))',
    ),
  },
  {
    name: 'an objective without data',
    code: 'no-fields',
    why: 'An objective that reads no field of the data gives the same number in every step.',
    says: 'still reads no data',
    ...inStamps(
      '  stage align',
      '  objective «still»() {\n    return 0.5 * 1\n  }\n  stage align',
      '  objective still(picture: picture[B]) {\n    return mean(square(look(picture) - 1))\n  }\n  stage align',
    ),
  },
  {
    name: 'a loss that no weight moves',
    code: 'dead-objective',
    why: 'The value of this objective is the same whatever the weights are, so minimizing it would do nothing.',
    says: 'bright depends on no weight',
    ...inStamps(
      '  stage align',
      '  objective «bright»(picture: picture[B]) {\n    return mean(picture.pixels)\n  }\n  stage align',
      '  objective bright(picture: picture[B]) {\n    return mean(look(picture))\n  }\n  stage align',
    ),
  },
  {
    name: 'a loss behind a stop',
    code: 'dead-objective',
    says: 'bright depends on no weight',
    ...inStamps(
      '  stage align',
      '  objective «bright»(picture: picture[B]) {\n    return mean(stop(look(picture)))\n  }\n  stage align',
      '  objective bright(picture: picture[B]) {\n    return mean(look(picture))\n  }\n  stage align',
    ),
  },
  {
    name: 'an encoder that no objective reaches',
    code: 'unreached-weights',
    why: 'These weights stay as they start: no gradient of any stage comes to them. The part may have been forgotten in an objective.',
    says: 'no objective of any stage reaches sum_up',
    ...inStamps(
      '  align seen',
      '  encoder «sum_up»(c: caption[N..., T]) -> shared[N...] {\n    return embedding(c.ids, width: 4) |> mean(axis: -2) |> into(shared)\n  }\n  align seen',
    ),
  },
  {
    name: 'a layer whose result is not used',
    code: 'unreached-weights',
    says: 'reaches read.extra.bias, read.extra.weight',
    ...inStamps(
      'return words |> transformer(depth: 1, heads: 4)',
      'let more = «linear(words, out: 4)» as extra\n    return words |> transformer(depth: 1, heads: 4)',
      'let more = linear(words, out: width) as extra\n    return (words + more) |> transformer(depth: 1, heads: 4)',
    ),
  },
  {
    name: 'an export without a type',
    code: 'export-type-missing',
    why: 'Programs rely on what an export returns, so it is said in the spec, where a change of it shows.',
    says: 'callers rely on it',
    ...inStamps(
      'export name(p: picture[B], among: caption[K]) -> index(K)[B] {',
      'export «name»(p: picture[B], among: caption[K]) {',
      'export name(p: picture[B], among: caption[K]) -> index(K)[B] {',
    ),
  },
  {
    name: 'a variant of another model',
    code: 'variant-of-nothing',
    why: 'A variant is a model of the same file with its parameters given.',
    says: 'did you mean Stamps?',
    wrong: `${stamps}\nvariant Small = «Stamp»(width: 8)\n`,
    mended: `${stamps}\nvariant Small = Stamps(width: 8)\n`,
  },
  {
    name: 'a variant that does not fit',
    code: 'requirement-failed',
    says: 'D is 10, heads is 4',
    wrong: `${stamps.replace('transformer(depth: 1, heads: 4)', '«transformer(depth: 1, heads: 4)»')}\nvariant Small = Stamps(width: 10)\n`,
    mended: `${stamps}\nvariant Small = Stamps(width: 8)\n`,
  },
  {
    name: 'a model that leaves a setting open',
    code: 'config-needed',
    why: 'A model whose parameters have no defaults says nothing until they are given.',
    says: 'variant Small = Stamps(width: …)',
    ...inStamps(
      'model Stamps(width: int = 16)',
      'model «Stamps»(width: int)',
      'model Stamps(width: int = 16)',
    ),
  },
  {
    name: 'a variant that leaves a setting open',
    code: 'config-needed',
    says: 'leaves open: width',
    wrong: `${stamps.replace('width: int = 16', 'width: int')}\n«variant Small = Stamps()»\n`,
    mended: `${stamps.replace('width: int = 16', 'width: int')}\nvariant Small = Stamps(width: 8)\n`,
  },
  {
    name: 'a layer that fits on no machine',
    code: 'too-large',
    why: 'No machine holds this. Limits are set so that checking ends soon, and that a mistake in a size shows here and not as a process that was killed.',
    says: '48 × 1000000000 is more than',
    ...inStamps('linear(out: width)', '«linear(out: 1000000000)»', 'linear(out: width)'),
  },
  {
    name: 'repeats in repeats',
    code: 'too-large',
    says: 'it makes 100000000 layers',
    wrong:
      'block deep(x: float[N..., D]) {\n  repeat 10000 as outer {\n    repeat «10000» as inner {\n      x = feed_forward(x)\n    }\n  }\n  return x\n}\n',
    mended:
      'block deep(x: float[N..., D]) {\n  repeat 10 as outer {\n    repeat 10 as inner {\n      x = feed_forward(x)\n    }\n  }\n  return x\n}\n',
  },
  {
    name: 'an export of a matrix that no caller has',
    code: 'export-parameter',
    why: 'Who calls an export gives it pictures, texts, labels or numbers, as files or as values. Tensors inside of the model have no such form.',
    says: 'callers give modalities (picture[B])',
    ...inStamps(
      '  export name(p: picture[B],',
      '  export name(p: picture[B], weights: «float[B, 3]»,',
      '  export name(p: picture[B], weights: float[B],',
    ),
  },
  {
    name: 'an export of a setting without a default',
    code: 'export-parameter',
    says: "k can't be given by who calls an export: int",
    ...inStamps(
      '  export name(p: picture[B],',
      '  export name(p: picture[B], k: «int»,',
      '  export name(p: picture[B], k: int = 5,',
    ),
  },
  {
    name: 'an export of one picture without a batch',
    code: 'export-parameter',
    says: "p can't be given by who calls an export: picture",
    ...inStamps(
      'export name(p: picture[B], among: caption[K]) -> index(K)[B] {\n    return nearest(look(p), read(among))',
      'export name(p: «picture», among: caption[K]) -> float[K, K] {\n    return similarity(read(among), read(among))',
      'export name(p: picture[B], among: caption[K]) -> float[K, K] {\n    return similarity(read(among), read(among))',
    ),
  },
  {
    name: 'an export of a number',
    code: 'export-result',
    why: 'An export answers with tensors that the model computes. A number that stands in the spec needs no model.',
    says: 'export size must give tensors; this is int',
    ...inStamps(
      '  export name',
      '  export size(p: picture[B]) -> «int» {\n    return shared + 0\n  }\n  export name',
      '  export size(p: picture[B]) -> shared[B] {\n    return look(p)\n  }\n  export name',
    ),
  },
  {
    name: 'a part that nothing calls',
    code: 'unused-part',
    why: 'A part that is never called owns no weights and does nothing. The call may have been forgotten.',
    says: 'part head is never called',
    ...inStamps(
      '  space shared(12)',
      '  part «head» = linear(out: 3)\n  space shared(12)',
      '  space shared(12)',
    ),
  },
];
