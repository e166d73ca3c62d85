// More slips in bodies, of codes of which the gallery shows five.

import { block, inStamps, type Mistake } from '../../../../src/dsl/gallery/base.ts';

export const bodies: readonly Mistake[] = [
  {
    name: 'an argument that a function has not',
    code: 'unknown-argument',
    says: 'sum has no parameter axes',
    ...block(
      'block total(x: float[T, D]) {\n  return sum(x, «axes: [0, 1]»)\n}',
      'block total(x: float[T, D]) {\n  return sum(x, axis: [0, 1])\n}',
    ),
  },
  {
    name: 'a part of a function that owns nothing',
    code: 'wrong-kind',
    says: 'this is the function gelu',
    ...block(
      'block act(x: float[N..., D]) {\n  part f = «gelu»()\n  return f(x)\n}',
      'block act(x: float[N..., D]) {\n  return gelu(x)\n}',
    ),
  },
  {
    name: 'a bound of a weight that is no number',
    code: 'wrong-kind',
    says: 'a bound of a weight must be a number',
    ...block(
      'block biased(x: float[N..., D]) {\n  param b: float[D] = zeros() at most «x»\n  return x + b\n}',
      'block biased(x: float[N..., D]) {\n  param b: float[D] = zeros() at most 1\n  return x + b\n}',
    ),
  },
  {
    name: 'a weight with a pack',
    code: 'wrong-kind',
    says: 'a tensor of fixed size',
    ...block(
      'block biased(x: float[N..., D]) {\n  param b: «float[N..., D]» = zeros()\n  return x + b\n}',
      'block biased(x: float[N..., D]) {\n  param b: float[D] = zeros()\n  return x + b\n}',
    ),
  },
  {
    name: 'a weight of no size',
    code: 'bad-setting',
    says: 'must be at least 1',
    ...inStamps('linear(out: width)', 'linear(«out: width - 16»)', 'linear(out: width)'),
  },
  {
    name: 'a name that a used file has not',
    code: 'unknown-field',
    says: 'did you mean half?',
    wrong:
      'use "parts.mm" as Parts\n\nblock quarter(x: float[N...]) {\n  return Parts.«hlaf»(Parts.half(x))\n}\n',
    mended:
      'use "parts.mm" as Parts\n\nblock quarter(x: float[N...]) {\n  return Parts.half(Parts.half(x))\n}\n',
    files: { 'parts.mm': 'block half(x: float[N...]) {\n  return x / 2\n}\n' },
  },
  {
    name: 'a name from another language',
    code: 'unknown-name',
    says: 'no block or function named Conv2DTranspose',
    ...inStamps('linear(out: width)', '«Conv2DTranspose»(out: width)'),
  },
  {
    name: 'an objective misspelled in a stage',
    code: 'unknown-name',
    says: 'did you mean sort?',
    ...inStamps('0.5 * sort', '0.5 * «srot»'),
  },
  {
    name: 'a tokenizer that there is not',
    code: 'unknown-name',
    says: 'no tokenizer named unigram',
    ...inStamps('bpe(300)', '«unigram»(300)'),
  },
  {
    name: 'an optimizer that there is not',
    code: 'unknown-name',
    says: 'no optimizer named adagrad',
    ...inStamps('adamw(rate: cosine(peak: 1e-3, warmup: 10), decay: 0.1)', '«adagrad»(rate: 0.1)'),
  },
  {
    name: 'a schedule that there is not',
    code: 'unknown-name',
    says: 'did you mean cosine?',
    ...inStamps('cosine(peak: 1e-3, warmup: 10)', '«cosin»(peak: 1e-3, warmup: 10)'),
  },
  {
    name: 'augmentation of something that is no modality',
    code: 'unknown-name',
    says: 'did you mean picture?',
    ...inStamps(
      'on stamps.train batch 8',
      'on stamps.train with «pictures»: [shift(2)] batch 8',
      'on stamps.train with picture: [shift(2)] batch 8',
    ),
  },
  {
    name: 'two blocks of one name',
    code: 'defined-twice',
    says: 'give one of them another name',
    wrong:
      'block twice(x: float[N...]) {\n  return x + x\n}\n\nblock «twice»(x: float[N...]) {\n  return 2 * x\n}\n',
    mended:
      'block twice(x: float[N...]) {\n  return x + x\n}\n\nblock double(x: float[N...]) {\n  return 2 * x\n}\n',
  },
  {
    name: 'a block where a number is wanted',
    code: 'wrong-kind',
    says: 'out of linear must be a whole number',
    ...inStamps('linear(out: width)', 'linear(«out: look»)', 'linear(out: width)'),
  },
  {
    name: 'a position past the end',
    code: 'bad-setting',
    says: 'it has 4 positions',
    ...block(
      'block final(x: float[T, 4]) {\n  return x[:, «4»]\n}',
      'block final(x: float[T, 4]) {\n  return x[:, -1]\n}',
    ),
  },
  {
    name: 'a division by zero',
    code: 'bad-setting',
    says: 'the divisor is 0',
    ...block(
      'block none(x: float[N..., D]) {\n  return x * (1 / «0»)\n}',
      'block none(x: float[N..., D]) {\n  return x * (1 / 2)\n}',
    ),
  },
  {
    name: 'a requirement of a block of one’s own',
    code: 'requirement-failed',
    says: 'D is 6',
    ...block(
      'block quarters(x: float[N..., D]) {\n  require D % 4 == 0\n  return rearrange(x, "n (q d) -> n q d", q: 4)\n}\n\nblock six(x: float[N..., 6]) {\n  return «quarters(x)»\n}',
      'block quarters(x: float[N..., D]) {\n  require D % 4 == 0\n  return rearrange(x, "n (q d) -> n q d", q: 4)\n}\n\nblock eight(x: float[N..., 8]) {\n  return quarters(x)\n}',
    ),
  },
  {
    name: 'a requirement with parentheses',
    code: 'requirement-failed',
    says: "require (D + 2) % 4 == 0 doesn't hold: D is 5",
    ...block(
      'block odd(x: float[T, D]) {\n  require (D + 2) % 4 == 0\n  return x\n}\n\nblock five(x: float[T, 5]) {\n  return «odd(x)»\n}',
      'block odd(x: float[T, D]) {\n  require (D + 2) % 4 == 0\n  return x\n}\n\nblock six(x: float[T, 6]) {\n  return odd(x)\n}',
    ),
  },
  {
    name: 'pictures as tokens',
    code: 'argument-type',
    says: 'ids: index(V)[N...]',
    ...inStamps(
      'patches(p.pixels, size: 4) |> linear(out: width)',
      'embedding(«p.pixels», width: width)',
      'patches(p.pixels, size: 4) |> linear(out: width)',
    ),
  },
  {
    name: 'leading dims that differ',
    code: 'argument-type',
    says: 'N... is [B, T] in an earlier argument and [B] here',
    ...block(
      'block word_loss(scores: float[B, T, V], target: index(V)[B]) -> float {\n  return cross_entropy(scores, «target»)\n}',
      'block word_loss(scores: float[B, T, V], target: index(V)[B, T]) -> float {\n  return cross_entropy(scores, target)\n}',
    ),
  },
  {
    name: 'a field missing from a record',
    code: 'argument-type',
    says: 'it has no field high',
    ...block(
      'block span_of(ends: { low: float[N...], high: float[N...] }) -> float[N...] {\n  return ends.high - ends.low\n}\n\nblock width_of(x: float[N..., D]) {\n  return span_of(«{ low: min(x, axis: -1) }»)\n}',
      'block span_of(ends: { low: float[N...], high: float[N...] }) -> float[N...] {\n  return ends.high - ends.low\n}\n\nblock width_of(x: float[N..., D]) {\n  return span_of({ low: min(x, axis: -1), high: max(x, axis: -1) })\n}',
    ),
  },
  {
    name: 'a table read at indices of another size',
    code: 'wrong-kind',
    says: 'the index of gather must be an index(V); this is index(W)',
    ...block(
      'block rows(table: float[V, D], at: index(W)[N...]) -> float[N..., D] {\n  return gather(table, «at»)\n}',
      'block rows(table: float[V, D], at: index(V)[N...]) -> float[N..., D] {\n  return gather(table, at)\n}',
    ),
  },
  {
    name: 'arithmetic on an index',
    code: 'wrong-kind',
    says: 'to_float(x) makes it one',
    ...inStamps(
      'embedding(c.ids, width: width)',
      '(embedding(c.ids, width: width) * «c.ids[..., new]»)',
      '(embedding(c.ids, width: width) * to_float(c.ids)[..., new])',
    ),
  },
  {
    name: 'a comparison used as a number',
    code: 'wrong-kind',
    says: 'to_float(x) makes 0 and 1 of it',
    ...block(
      'block positive(x: float[N..., D]) -> float[N..., D] {\n  return x * «(x > 0)»\n}',
      'block positive(x: float[N..., D]) -> float[N..., D] {\n  return x * to_float(x > 0)\n}',
    ),
  },
  {
    name: 'a minus before a word',
    code: 'wrong-kind',
    says: 'a number or a float tensor',
    ...block(
      'block negative(x: float[N..., D]) -> float[N..., D] {\n  return x * -«"1"»\n}',
      'block negative(x: float[N..., D]) -> float[N..., D] {\n  return x * -1\n}',
    ),
  },
  {
    name: 'two arguments that share a dim',
    code: 'dims-differ',
    says: 'query and key share the dim D',
    ...block(
      'block seek(x: float[N..., T, D], memory: float[N..., S, M]) -> float[N..., T, D] {\n  return attend(x, «memory», x, heads: 1)\n}',
      'block seek(x: float[N..., T, D], memory: float[N..., S, D]) -> float[N..., T, D] {\n  return attend(x, memory, memory, heads: 1)\n}',
    ),
  },
  {
    name: 'an einsum whose axis has two sizes',
    code: 'dims-differ',
    says: 'the axis d has two sizes',
    ...block(
      'block scores(x: float[T, D], y: float[S, M]) -> float[T, S] {\n  return «einsum("t d, s d -> t s", x, y)»\n}',
      'block scores(x: float[T, D], y: float[S, D]) -> float[T, S] {\n  return einsum("t d, s d -> t s", x, y)\n}',
    ),
  },
  {
    name: 'an index into another dim',
    code: 'broken-promise',
    says: 'it points into T, not into D',
    ...block(
      'block loudest(x: float[T, D]) -> index(D)[T] {\n  return «argmax(x, axis: 0)»\n}',
      'block loudest(x: float[T, D]) -> index(D)[T] {\n  return argmax(x, axis: -1)\n}',
    ),
  },
  {
    name: 'a promised field that is missing',
    code: 'broken-promise',
    says: 'the field high is missing',
    ...block(
      'block ends(x: float[N..., D]) -> { low: float[N...], high: float[N...] } {\n  return «{ low: min(x, axis: -1) }»\n}',
      'block ends(x: float[N..., D]) -> { low: float[N...], high: float[N...] } {\n  return { low: min(x, axis: -1), high: max(x, axis: -1) }\n}',
    ),
  },
];
