// Axes and patterns, requirements, branches, what must be known before the model runs.

import { block, inStamps, type Mistake } from './base.ts';

export const requirements: readonly Mistake[] = [
  {
    name: 'an axis too many',
    code: 'axis-out-of-range',
    why: 'Axes are counted from 0, or from the end with negative numbers. Inside of a block the pack is one axis.',
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
    name: 'an axis lost in a pattern',
    code: 'pattern-wrong',
    why: 'The patterns of rearrange and einsum name axes. Every axis of a side has to come from the other, and a group in parentheses needs the size of all but one of its axes.',
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
    why: 'N... stands for any number of leading axes. A call folds them into one axis and unfolds the result, which works for one pack that comes first.',
    says: 'it comes first and only once in a type',
    ...block(
      'block same(x: float[D, «N...»]) {\n  return x\n}',
      'block same(x: float[N..., D]) {\n  return x\n}',
    ),
  },
  {
    name: 'a dim that stands nowhere alone',
    code: 'unbound-dim',
    why: 'Dims are matched and not solved: each has to stand alone in the type of some parameter, where it takes its size from the argument. In T - 1 alone nothing says what T is.',
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
    why: 'require states what callers must meet. It is decided when the spec is checked, from the sizes that are written in it, and not when the model runs.',
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
    name: 'branches of different types',
    code: 'branches-differ',
    why: 'Both branches of an if, and both sides of when … else, lead to the same code behind them, so they must give the same type.',
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
    why: 'repeat runs its body many times over what it carries, so that must have the same type behind the body as before it.',
    says: 'it was float[N, D] and becomes float[N, 2·D]',
    ...block(
      'block widening(x: float[N..., D]) {\n  repeat 3 as layers {\n    «x» = linear(x, out: 2 * D)\n  }\n  return x\n}',
      'block widening(x: float[N..., D]) {\n  repeat 3 as layers {\n    x = linear(x, out: D)\n  }\n  return x\n}',
    ),
  },
  {
    name: 'a tensor as a condition',
    code: 'not-static',
    why: 'if, repeat, sizes and settings decide how the model is built, before any number flows through it. What depends on tensors is chosen position by position: where(condition, a, b).',
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
    why: 'Units make seconds or hertz of a number, and cancel exactly where they are multiplied.',
    says: 'units are s, ms, Hz, kHz and fps',
    ...block(
      'block late(x: float[N..., D], by: time = «3min») {\n  return x * (by * 1Hz)\n}',
      'block late(x: float[N..., D], by: time = 180s) {\n  return x * (by * 1Hz)\n}',
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
];
