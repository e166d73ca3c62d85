// Types and shapes: dims, elements, promises, axes, patterns.

import { block, inStamps, type Mistake } from './base.ts';

export const types: readonly Mistake[] = [
  {
    name: 'a width added to a batch',
    code: 'dims-differ',
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
    name: 'two arguments that share a dim',
    code: 'dims-differ',
    says: 'query and key share the dim D',
    ...block(
      'block seek(x: float[N..., T, D], memory: float[N..., S, M]) -> float[N..., T, D] {\n  return attend(x, «memory», x, heads: 1)\n}',
      'block seek(x: float[N..., T, D], memory: float[N..., S, D]) -> float[N..., T, D] {\n  return attend(x, memory, memory, heads: 1)\n}',
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
    says: 'the axis of size 16 is one too many: mean(axis: -2) takes it away',
    ...inStamps(
      'return patches(p.pixels, size: 4) |> linear(out: width) |> positions(max: 16) |> mean(axis: -2) |> into(shared)',
      'return «patches(p.pixels, size: 4) |> linear(out: width) |> positions(max: 16) |> into(shared)»',
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
    name: 'a sequence where a vector is wanted',
    code: 'argument-type',
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
  {
    name: 'a contrast of vectors that are not unit',
    code: 'not-unit',
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
    says: 'linear(x, out: Kind)',
    ...inStamps('out: Kind), kind)', 'out: caption), «kind»)', 'out: Kind), kind)'),
  },
  {
    name: 'an index of one vocabulary compared with one of another',
    code: 'wrong-kind',
    says: 'indices into the same dim',
    ...block(
      'block same(a: index(V)[T], b: index(W)[T]) {\n  return to_float(«a == b»)\n}',
      'block same(a: index(V)[T], b: index(V)[T]) {\n  return to_float(a == b)\n}',
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
    name: 'an integer type misspelled',
    code: 'not-a-type',
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
    name: 'an axis too many',
    code: 'axis-out-of-range',
    says: 'there is no axis 2 in float[T, D]',
    ...block(
      'block pooled(x: float[T, D]) {\n  return «mean(x, axis: 2)»\n}',
      'block pooled(x: float[T, D]) {\n  return mean(x, axis: 1)\n}',
    ),
  },
  {
    name: 'more positions than axes',
    code: 'axis-out-of-range',
    says: 'float[T, D]',
    ...block(
      'block corner(x: float[T, D]) {\n  return «x[0, 0, 0]»\n}',
      'block corner(x: float[T, D]) {\n  return x[0, 0]\n}',
    ),
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
    name: 'an axis lost in a pattern',
    code: 'pattern-wrong',
    says: 'c is lost: it stands on the left only',
    ...block(
      'block flat(x: float[B, H, W, C]) {\n  return rearrange(x, «"b h w c -> b (h w)"»)\n}',
      'block flat(x: float[B, H, W, C]) {\n  return rearrange(x, "b h w c -> b (h w) c")\n}',
    ),
  },
  {
    name: 'a pattern for another rank',
    code: 'pattern-wrong',
    says: 'its left side has 2 axes, the tensor 3',
    ...block(
      'block turned(x: float[B, T, D]) {\n  return rearrange(x, «"t d -> d t"»)\n}',
      'block turned(x: float[B, T, D]) {\n  return rearrange(x, "b t d -> b d t")\n}',
    ),
  },
  {
    name: 'an axis split without saying how',
    code: 'pattern-wrong',
    says: 'say the size of h',
    ...block(
      'block heads_of(x: float[B, T, D]) {\n  return rearrange(x, «"b t (h k) -> b h t k"»)\n}',
      'block heads_of(x: float[B, T, D]) {\n  require D % 4 == 0\n  return rearrange(x, "b t (h k) -> b h t k", h: 4)\n}',
    ),
  },
  {
    name: 'an einsum of more operands than it is given',
    code: 'pattern-wrong',
    says: 'it names 2 operands, and there are 1',
    ...block(
      'block squares(x: float[T, D]) {\n  return einsum(«"t d, s d -> t s"», x)\n}',
      'block squares(x: float[T, D]) {\n  return einsum("t d, s d -> t s", x, x)\n}',
    ),
  },
  {
    name: 'a pack behind another dim',
    code: 'pack-misplaced',
    says: 'it comes first and only once in a type',
    ...block(
      'block same(x: float[D, «N...»]) {\n  return x\n}',
      'block same(x: float[N..., D]) {\n  return x\n}',
    ),
  },
  {
    name: 'a dim that stands nowhere alone',
    code: 'unbound-dim',
    says: 'nothing says how large it is',
    ...block(
      'block halves(x: float[N..., 2 * «D»]) {\n  return x\n}',
      'block halves(x: float[N..., D]) {\n  require D % 2 == 0\n  return x\n}',
    ),
  },
  {
    name: 'a promise with a dim of no parameter',
    code: 'unbound-dim',
    says: 'the dim Out stands nowhere on its own',
    ...block(
      'block narrow(x: float[N..., D]) -> float[N..., «Out»] {\n  return linear(x, out: 8)\n}',
      'block narrow(x: float[N..., D]) -> float[N..., 8] {\n  return linear(x, out: 8)\n}',
    ),
  },
  {
    name: 'more words than positions',
    code: 'requirement-failed',
    says: 'require T <= max',
    ...inStamps('positions(max: 8)', '«positions(max: 4)»', 'positions(max: 8)'),
  },
  {
    name: 'heads that do not divide the width',
    code: 'requirement-failed',
    says: 'D is 16, heads is 3',
    ...inStamps(
      '|> transformer(depth: 1, heads: 4)',
      '|> «transformer(depth: 1, heads: 3)»',
      '|> transformer(depth: 1, heads: 4)',
    ),
  },
  {
    name: 'patches that do not divide the picture',
    code: 'requirement-failed',
    says: 'H is 16, size is 5',
    ...inStamps('patches(p.pixels, size: 4)', '«patches(p.pixels, size: 5)»', 'patches(p.pixels, size: 4)'),
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
    name: 'branches of different types',
    code: 'branches-differ',
    says: 'one gives float[N], the other float[N, D]',
    ...block(
      'block maybe(x: float[N..., D], pool: bool) {\n  «if pool {\n    return mean(x, axis: -1)\n  }»\n  return x\n}',
      'block maybe(x: float[N..., D], pool: bool) {\n  if pool {\n    return x - mean(x, axis: -1)[..., new]\n  }\n  return x\n}',
    ),
  },
  {
    name: 'when and else of different types',
    code: 'branches-differ',
    says: 'float[N, D]',
    ...block(
      'block noisy(x: float[N..., D]) {\n  return «mean(x, axis: -1) when learning else x»\n}',
      'block noisy(x: float[N..., D]) {\n  return x + uniform(like: x) when learning else x\n}',
    ),
  },
  {
    name: 'a number chosen against an index',
    code: 'branches-differ',
    says: 'index(D)',
    ...block(
      'block best(x: float[N..., D], m: mask[N...]) {\n  return «where(m, argmax(x), max(x, axis: -1))»\n}',
      'block best(x: float[N..., D], m: mask[N...]) {\n  return where(m, max(x, axis: -1), min(x, axis: -1))\n}',
    ),
  },
  {
    name: 'a carry that changes its width',
    code: 'carry-changes',
    says: 'it was float[N, D] and becomes float[N, 2·D]',
    ...block(
      'block widening(x: float[N..., D]) {\n  repeat 3 as layers {\n    «x» = linear(x, out: 2 * D)\n  }\n  return x\n}',
      'block widening(x: float[N..., D]) {\n  repeat 3 as layers {\n    x = linear(x, out: D)\n  }\n  return x\n}',
    ),
  },
  {
    name: 'a tensor as a condition',
    code: 'not-static',
    says: 'where(condition, a, b) chooses position by position',
    ...block(
      'block rectified(x: float[N..., D]) {\n  if «x > 0» {\n    return x\n  }\n  return 0 * x\n}',
      'block rectified(x: float[N..., D]) {\n  return where(x > 0, x, 0)\n}',
    ),
  },
  {
    name: 'a tensor as a setting',
    code: 'not-static',
    says: 'rate of dropout must be known before the model runs',
    ...block(
      'block dropped(x: float[N..., D]) {\n  return dropout(x, «rate: mean(x)»)\n}',
      'block dropped(x: float[N..., D]) {\n  return dropout(x, rate: 0.1)\n}',
    ),
  },
  {
    name: 'a requirement about values',
    code: 'not-static',
    says: 'what require asks',
    ...block(
      'block positive(x: float[N..., D]) {\n  require «x > 0»\n  return log(x)\n}',
      'block positive(x: float[N..., D]) {\n  require D > 0\n  return log(max(x, 1e-6))\n}',
    ),
  },
  {
    name: 'a word where a number of layers is wanted',
    code: 'wrong-kind',
    says: 'a whole number',
    ...block(
      'block deep(x: float[N..., D]) {\n  repeat «"three"» as layers {\n    x = feed_forward(x)\n  }\n  return x\n}',
      'block deep(x: float[N..., D]) {\n  repeat 3 as layers {\n    x = feed_forward(x)\n  }\n  return x\n}',
    ),
  },
  {
    name: 'a unit of another kind',
    code: 'unknown-unit',
    says: 'units are s, ms, Hz, kHz and fps',
    ...block(
      'block late(x: float[N..., D], by: number = «3min») {\n  return x * by\n}',
      'block late(x: float[N..., D], by: number = 180s) {\n  return x * by\n}',
    ),
  },
  {
    name: 'a block where a number is wanted',
    code: 'wrong-kind',
    says: 'out of linear must be a whole number',
    ...inStamps('linear(out: width)', 'linear(«out: look»)', 'linear(out: width)'),
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
    name: 'a tensor promised as a number',
    code: 'broken-promise',
    says: 'size_of promises int and returns something else',
    ...block(
      'block size_of(x: float[T, D]) -> int {\n  return «sum(x)»\n}',
      'block size_of(x: float[T, D]) -> int {\n  return T * D\n}',
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
];
