// Types and shapes: dims, elements, promises, axes, patterns.

import { block, inStamps, type Mistake } from './base.ts';

export const types: readonly Mistake[] = [
  {
    name: 'a width added to a batch',
    code: 'dims-differ',
    why: 'Shapes are compared as formulas, for all sizes at once, where a block is defined. Only a literal 1 and missing leading axes broadcast, so that two dims that happen to be equal today never meet by accident.',
    says: 'axes of size 1 at the end make [B] fit [B, D]',
    ...block(
      'block shifted(x: float[B, D], by: float[B]) -> float[B, D] {\n  return «x + by»\n}',
      'block shifted(x: float[B, D], by: float[B]) -> float[B, D] {\n  return x + by[:, new]\n}',
    ),
  },
  {
    name: 'a vector for each position meets one for each channel',
    code: 'dims-differ',
    says: 'they differ where T = 2 and D = 3',
    ...block(
      'block weighed(x: float[T, D]) -> float[D] {\n  let score = mean(x, axis: -1)\n  return sum(«score * mean(x, axis: 0)», axis: 0)\n}',
      'block weighed(x: float[T, D]) -> float[D] {\n  let score = mean(x, axis: -1)\n  return sum(score[:, new] * x, axis: 0)\n}',
    ),
  },
  {
    name: 'a matrix product the wrong way round',
    code: 'dims-differ',
    says: 'D and Out differ',
    ...block(
      'block out(x: float[N..., D], weight: float[Out, D]) -> float[N..., Out] {\n  return «x @ weight»\n}',
      'block out(x: float[N..., D], weight: float[Out, D]) -> float[N..., Out] {\n  return x @ transpose(weight)\n}',
    ),
  },
  {
    name: 'a skip around a layer that changes the width',
    code: 'dims-differ',
    says: '32 comes from out of linear',
    ...inStamps(
      'return words |> transformer(depth: 1, heads: 4)',
      'let wide = linear(words, out: 32)\n    return «(words + wide)» |> transformer(depth: 1, heads: 4)',
      'let wide = linear(words, out: width)\n    return (words + wide) |> transformer(depth: 1, heads: 4)',
    ),
  },
  {
    name: 'a slice behind the end of an axis',
    code: 'bad-setting',
    says: 'the slice 2·D:2·D holds nothing',
    ...block(
      'block third(x: float[N..., D]) -> float[N..., D] {\n  let all = linear(x, out: 2 * D)\n  return linear(all[..., «2 * D:»], out: D) as out\n}',
      'block third(x: float[N..., D]) -> float[N..., D] {\n  let all = linear(x, out: 3 * D)\n  return linear(all[..., 2 * D:], out: D) as out\n}',
    ),
  },
  {
    name: 'places that were not pooled',
    code: 'broken-promise',
    why: 'A block that says what it returns is held to it where it is defined: the number of axes, each dim, and what the numbers mean. A place in a space has length one, and only into(SPACE) or unit(x) give that.',
    says: 'the axis of size 16 is one too many: mean(axis: -2) takes it away',
    ...inStamps(
      'return patches(p.pixels, size: 4) |> linear(out: width) |> positions(max: 16) |> mean(axis: -2) |> into(shared)',
      'return «patches(p.pixels, size: 4) |> linear(out: width) |> positions(max: 16) |> into(shared)»',
    ),
  },
  {
    name: 'a sequence where a vector is wanted',
    code: 'argument-type',
    why: 'Each parameter of a block has a type, and the argument has to have it for all sizes: the axes, the dims that are shared with other arguments, the set that an index points into.',
    says: 'it has 1 axis and must have at least 2 axes',
    ...block(
      'block pooled(x: float[D]) -> float[D] {\n  return attention_pool(«x», heads: 1)\n}',
      'block pooled(x: float[T, D]) -> float[D] {\n  return attention_pool(x, heads: 1)\n}',
    ),
  },
  {
    name: 'words where pictures are wanted',
    code: 'argument-type',
    says: 'look wants p: picture[N...]',
    ...inStamps(
      'look(picture) <-> read(caption)',
      'look(«caption») <-> read(caption)',
      'look(picture) <-> read(caption)',
    ),
  },
  {
    name: 'a record where its tensor is wanted',
    code: 'argument-type',
    says: 'this is caption[N]',
    ...inStamps('embedding(c.ids,', 'embedding(«c»,', 'embedding(c.ids,'),
  },
  {
    name: 'an encoder that ends before its space',
    code: 'broken-promise',
    says: 'end with |> into(shared)',
    ...inStamps(
      'patches(p.pixels, size: 4) |> linear(out: width) |> positions(max: 16) |> mean(axis: -2) |> into(shared)',
      '«patches(p.pixels, size: 4) |> linear(out: width) |> positions(max: 16) |> mean(axis: -2)»',
    ),
  },
  {
    name: 'a block that returns another width',
    code: 'broken-promise',
    says: 'narrow promises float[N..., D // 2]',
    ...block(
      'block narrow(x: float[N..., D]) -> float[N..., D // 2] {\n  return «linear(x, out: D // 4)»\n}',
      'block narrow(x: float[N..., D]) -> float[N..., D // 2] {\n  return linear(x, out: D // 2)\n}',
    ),
  },
  {
    name: 'a vector of any length promised as unit',
    code: 'broken-promise',
    says: 'unit(x) makes vectors of length one',
    ...block(
      'block pointed(x: float[N..., D]) -> unit float[N..., D] {\n  return «layer_norm(x)»\n}',
      'block pointed(x: float[N..., D]) -> unit float[N..., D] {\n  return unit(layer_norm(x))\n}',
    ),
  },
  {
    name: 'a contrast of vectors that are not unit',
    code: 'not-unit',
    why: 'Losses of contrast compare directions. Over vectors of any length they would be minimized by making vectors longer, so the type must say that they have length one.',
    says: 'end the encoder with |> into(SPACE)',
    ...inStamps(
      'by infonce(scale: learned(1 / 0.07, max: 100))',
      'by infonce(scale: learned(1 / 0.07, max: 100))\n  align loose: «2 * look(picture)» <-> read(caption) by infonce(scale: learned(10))',
      'by infonce(scale: learned(1 / 0.07, max: 100))\n  align loose: unit(2 * look(picture)) <-> read(caption) by infonce(scale: learned(10))',
    ),
  },
  {
    name: 'scores over one set and targets into another',
    code: 'two-vocabularies',
    why: 'Scores over one set of classes and targets that point into another would train without a complaint when both have the same size. Dims with names never agree by size alone.',
    says: 'linear(x, out: Kind)',
    ...inStamps('out: Kind), kind)', 'out: caption), «kind»)', 'out: Kind), kind)'),
  },
  {
    name: 'an index of one vocabulary compared with one of another',
    code: 'wrong-kind',
    why: "An operation wants values of a kind: tensors and no texts, floats and no positions, a block and no number. A position on an axis is no number, and sets of different names don't mix.",
    says: 'indices into the same dim',
    ...block(
      'block same(a: index(V)[T], b: index(W)[T]) {\n  return to_float(«a == b»)\n}',
      'block same(a: index(V)[T], b: index(V)[T]) {\n  return to_float(a == b)\n}',
    ),
  },
  {
    name: 'an integer type misspelled',
    code: 'not-a-type',
    why: 'Behind a colon stands a type: an element type with dims in brackets, a static kind, or a modality or space of the model.',
    says: 'did you mean float?',
    ...block(
      'block half(x: «flaot»[N..., D]) {\n  return x / 2\n}',
      'block half(x: float[N..., D]) {\n  return x / 2\n}',
    ),
  },
  {
    name: 'a modality that the model has not',
    code: 'not-a-type',
    says: 'did you mean picture?',
    ...inStamps(
      'encoder look(p: picture[N...])',
      'encoder look(p: «pictures»[N...])',
      'encoder look(p: picture[N...])',
    ),
  },
  {
    name: 'an index into nothing',
    code: 'not-a-type',
    says: 'say what it points into',
    ...block(
      'block rows(table: float[V, D], at: «index[N...]») -> float[N..., D] {\n  return gather(table, at)\n}',
      'block rows(table: float[V, D], at: index(V)[N...]) -> float[N..., D] {\n  return gather(table, at)\n}',
    ),
  },
  {
    name: 'tensors of different rank joined',
    code: 'op-refused',
    why: "The operation itself can't do this with tensors of these shapes and element types.",
    says: 'concat',
    ...block(
      'block joined(x: float[T, D], y: float[D]) {\n  return «concat(x, y, axis: 0)»\n}',
      'block joined(x: float[T, D], y: float[D]) {\n  return concat(x, y[new, :], axis: 0)\n}',
    ),
  },
  {
    name: 'a reshape to another size',
    code: 'op-refused',
    says: 'reshape',
    ...block(
      'block split(x: float[T, D]) {\n  return reshape(x, «[T, 4, D]»)\n}',
      'block split(x: float[T, D]) {\n  require D % 4 == 0\n  return reshape(x, [T, 4, D / 4])\n}',
    ),
  },
  {
    name: 'a depth and a half',
    code: 'not-whole',
    why: 'Sizes, depths and numbers of steps are whole numbers, also where they are computed: 3 / 2 is no depth.',
    says: 'depth of transformer must be a whole number',
    ...inStamps('transformer(depth: 1,', 'transformer(«depth: 1.5»,', 'transformer(depth: 1,'),
  },
  {
    name: 'a width that is no whole number',
    code: 'not-whole',
    says: 'must be a whole number',
    ...block(
      'block narrow(x: float[N..., 6]) {\n  return linear(x, «out: 6 / 4»)\n}',
      'block narrow(x: float[N..., 6]) {\n  return linear(x, out: 6 / 3)\n}',
    ),
  },
  {
    name: 'half of a place',
    code: 'not-whole',
    says: 'the right side of * must be a whole number; this is 0.5',
    ...block(
      'block halfway(x: float[N..., T, D]) {\n  return places(x, axis: -2) * «0.5»\n}',
      'block halfway(x: float[N..., T, D]) {\n  return places(x, axis: -2) * 2\n}',
    ),
  },
  {
    name: 'positions as whole numbers',
    code: 'static-with-dims',
    why: 'int, number, bool and their like are settings, known before the model runs. A tensor of whole numbers says what it counts: index(D) is a position on D.',
    says: 'int is known before the model runs, so it has no dims',
    ...block(
      'block rows(x: float[V, D], which: «int[N...]») -> float[N..., D] {\n  return gather(x, which)\n}',
      'block rows(x: float[V, D], which: index(V)[N...]) -> float[N..., D] {\n  return gather(x, which)\n}',
    ),
  },
];
