// Algebra of shapes: reshapes, transposes, broadcasts, casts and selects that cancel or join.

import { type Dim, dimEqual } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Node, ValueId } from '../../ir/graph.ts';
import { any, either, op } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';

export const sameShapes = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((d, i) => dimEqual(d, b[i]!) === 'equal');

const attr = <T>(value: unknown): T => value as T;

/** Emits a transpose where it moves something. */
export function transposed(b: Builder, x: ValueId, perm: readonly number[]): ValueId {
  return perm.every((axis, i) => axis === i) ? x : b.one('transpose', [x], { perm });
}

/** Emits a reshape where it changes something. */
export function reshaped(b: Builder, x: ValueId, shape: readonly Dim[]): ValueId {
  return sameShapes(b.shapeOf(x), shape) ? x : b.one('reshape', [x], { shape });
}

/** The axis of `to` that each axis of `from` becomes where a reshape only adds or drops axes of 1; else undefined. */
export function unitReshape(
  from: readonly Dim[],
  to: readonly Dim[],
): readonly (number | undefined)[] | undefined {
  const places: (number | undefined)[] = [];
  let at = 0;
  for (const dim of from) {
    if (dim === 1) {
      places.push(undefined);
      continue;
    }
    while (to[at] === 1) at++;
    if (to[at] === undefined || dimEqual(dim, to[at]!) !== 'equal') return undefined;
    places.push(at++);
  }
  return to.slice(at).every(d => d === 1) ? places : undefined;
}

const elementwise = [
  'neg',
  'abs',
  'exp',
  'log',
  'sqrt',
  'rsqrt',
  'tanh',
  'erf',
  'sigmoid',
  'cast',
  'stop_gradient',
  'not',
  'relu',
  'gelu',
  'quick_gelu',
  'silu',
];
const pairwise = ['add', 'sub', 'mul', 'div', 'pow', 'max', 'min', 'and', 'or'];

export const shapeRules: readonly Rule[] = [
  {
    name: 'reshape-nothing',
    because: 'a reshape to the same shape is the value itself',
    pattern: either(op('reshape', [any('x')]), op('broadcast', [any('x')])),
    replace: (m, b) => (sameShapes(b.shapeOf(m.value('x')), b.shapeOf(m.root)) ? m.value('x') : undefined),
  },
  {
    name: 'reshape-reshape',
    because: 'elements keep their order: the last shape counts',
    pattern: op('reshape', [op('reshape', [any('x')])]),
    replace: (m, b) => b.one('reshape', [m.value('x')], { shape: b.shapeOf(m.root) }),
  },
  {
    name: 'reshape-outward',
    because: 'an elementwise op computes the same under another shape: reshapes move on until they meet',
    pattern: either(
      ...elementwise.map(name => op(name, [op('reshape', [any('x')], { as: 'reshape' })])),
      ...pairwise.map(name => op(name, [any('x'), any('y')], { among: new Set(['reshape']) })),
      op('select', [any('c'), any('x'), any('y')], { among: new Set(['reshape']) }),
    ),
    replace: (m, b) => {
      const node = b.producer(m.root)!;
      const inner = node.inputs.map(id => {
        const maker = b.producer(id);
        return maker?.op === 'reshape' ? maker.inputs[0]! : undefined;
      });
      const first = inner.find(id => id !== undefined);
      if (first === undefined) return undefined;
      const from = b.shapeOf(first);
      const inputs = node.inputs.map((id, i) => {
        if (b.shapeOf(id).length === 0) return id;
        const before = inner[i];
        // [N, T] as [N, T, 1] beside [N, T] as [N, 1, T] broadcast: they meet under no shape of theirs.
        const isWhole = sameShapes(b.shapeOf(id), b.shapeOf(m.root));
        return before !== undefined && isWhole && sameShapes(b.shapeOf(before), from) ? before : undefined;
      });
      const scalars = from.length === 0 || b.shapeOf(m.root).length === 0;
      if (scalars || !inputs.every(id => id !== undefined)) return undefined;
      return reshaped(b, b.one(node.op, inputs, node.attrs), b.shapeOf(m.root));
    },
  },
  {
    name: 'transpose-nothing',
    because: 'the identity permutation moves nothing',
    pattern: op('transpose', [any('x')], {
      attrs: a => attr<number[]>(a.perm).every((axis, i) => axis === i),
    }),
    replace: m => m.value('x'),
  },
  {
    name: 'transpose-transpose',
    because: 'axis i of the result is axis first[second[i]]',
    pattern: op('transpose', [op('transpose', [any('x')], { as: 'first' })]),
    replace: (m, b) => {
      const first = attr<number[]>(m.node('first').attrs.perm);
      const second = attr<number[]>(b.producer(m.root)!.attrs.perm);
      return transposed(
        b,
        m.value('x'),
        second.map(axis => first[axis]!),
      );
    },
  },
  {
    name: 'transpose-of-units',
    because: 'a transpose that moves only axes of 1 is a reshape',
    pattern: op('transpose', [any('x')]),
    replace: (m, b) => {
      const from = b.shapeOf(m.value('x'));
      const moved = attr<number[]>(b.producer(m.root)!.attrs.perm).filter(axis => from[axis] !== 1);
      if (!moved.every((axis, i) => i === 0 || moved[i - 1]! < axis)) return undefined;
      return b.one('reshape', [m.value('x')], { shape: b.shapeOf(m.root) });
    },
  },
  {
    name: 'broadcast-broadcast',
    because: 'stretching twice is stretching to the last shape',
    pattern: op('broadcast', [op('broadcast', [any('x')])]),
    replace: (m, b) => b.one('broadcast', [m.value('x')], { shape: b.shapeOf(m.root) }),
  },
  {
    name: 'reshape-of-number',
    because: 'a filled tensor is filled in every shape',
    pattern: op('reshape', [op('constant', [], { as: 'c' })]),
    replace: (m, b) => b.one('constant', [], { ...m.node('c').attrs, shape: b.shapeOf(m.root) }),
  },
  {
    name: 'broadcast-of-number',
    because: 'a filled tensor is filled in every shape',
    pattern: op('broadcast', [op('constant', [], { as: 'c' })]),
    replace: (m, b) => b.one('constant', [], { ...m.node('c').attrs, shape: b.shapeOf(m.root) }),
  },
  {
    name: 'sum-of-nothing',
    because: 'a sum over no axis, or over axes of 1, is a reshape',
    pattern: either(op('reduce_sum', [any('x')]), op('reduce_max', [any('x')])),
    replace: (m, b) => {
      const from = b.shapeOf(m.value('x'));
      const axes = attr<number[]>(b.producer(m.root)!.attrs.axes);
      return axes.every(axis => from[axis] === 1) ? reshaped(b, m.value('x'), b.shapeOf(m.root)) : undefined;
    },
  },
  {
    name: 'cast-cast',
    because: 'a cast to its own type changes nothing; from bool or back and forth nothing is lost',
    pattern: op('cast', [any('x')]),
    replace: (m, b) => {
      const [x, to] = [m.value('x'), b.typeOf(m.root).dtype];
      if (b.typeOf(x).dtype === to) return x;
      const inner = b.producer(x);
      if (inner?.op !== 'cast') return undefined;
      const from = b.typeOf(inner.inputs[0]!).dtype;
      return from === 'bool' ? b.one('cast', [inner.inputs[0]!], { to }) : undefined;
    },
  },
  {
    name: 'select-select',
    because: 'where c holds, the inner choice by c is its first branch; else its second',
    pattern: either(
      op('select', [any('c'), op('select', [any('c'), any('a'), any('x')]), any('b')]),
      op('select', [any('c'), any('a'), op('select', [any('c'), any('x'), any('b')])]),
    ),
    replace: (m, b) => {
      const made = b.one('select', [m.value('c'), m.value('a'), m.value('b')]);
      return sameShapes(b.shapeOf(made), b.shapeOf(m.root)) ? made : undefined;
    },
  },
  {
    name: 'select-same',
    because: 'both branches are the same value',
    pattern: op('select', [any('c'), any('x'), any('x')]),
    replace: (m, b) => (sameShapes(b.shapeOf(m.value('x')), b.shapeOf(m.root)) ? m.value('x') : undefined),
  },
  {
    name: 'not-not',
    because: '¬¬c = c',
    pattern: op('not', [op('not', [any('c')])]),
    replace: m => m.value('c'),
  },
  {
    name: 'select-not',
    because: 'choosing by ¬c is choosing the other way by c',
    pattern: op('select', [op('not', [any('c')]), any('a'), any('b')]),
    replace: (m, b) => b.one('select', [m.value('c'), m.value('b'), m.value('a')]),
  },
  {
    name: 'gather-in-order',
    because: 'rows 0, 1, 2, … of a table are the table, or its beginning',
    pattern: op('gather', [any('table'), op('iota', [], { as: 'rows' })]),
    replace: (m, b) => {
      const shape = b.shapeOf(m.value('table'));
      const [count, more] = b.shapeOf(m.value('rows'));
      const [rows] = shape;
      if (typeof count !== 'number' || typeof rows !== 'number' || more !== undefined || count > rows)
        return undefined;
      if (count === rows) return m.value('table');
      const limits = [count, ...shape.slice(1)];
      return b.one('slice', [m.value('table')], {
        starts: shape.map(() => 0),
        limits,
        strides: shape.map(() => 1),
      });
    },
  },
  {
    name: 'pad-nothing',
    because: 'no padding, or the whole slice, is the value itself',
    pattern: either(op('pad', [any('x')]), op('slice', [any('x')])),
    replace: (m, b) => {
      if (!sameShapes(b.shapeOf(m.value('x')), b.shapeOf(m.root))) return undefined;
      const { attrs, op: name } = b.producer(m.root)!;
      const still = name === 'pad' ? true : attr<number[]>(attrs.strides).every(s => s === 1);
      return still ? m.value('x') : undefined;
    },
  },
];

const reductions = ['reduce_sum', 'reduce_max', 'logsumexp'];

const keptShape = (b: Builder, node: Node): readonly Dim[] => {
  const { axes, axis } = node.attrs;
  const gone = axes === undefined ? [attr<number>(axis)] : attr<number[]>(axes);
  return b.shapeOf(node.inputs[0]!).map((d, i) => (gone.includes(i) ? 1 : d));
};

/** One form for recognition: reductions keep their axes. */
export const keepDimsRules: readonly Rule[] = reductions.map(name => ({
  name: `${name}-keeps`,
  because: 'a reduction is the reduction that keeps its axes as 1, reshaped',
  pattern: op(name, [any('x')], { attrs: a => a.keepdims === false }),
  replace: (m, b) => {
    const { attrs } = b.producer(m.root)!;
    const kept = b.one(name, [m.value('x')], { ...attrs, keepdims: true });
    return reshaped(b, kept, b.shapeOf(m.root));
  },
}));

/** One form for engines: no reshape where the reduction can drop its axes, or keep them. */
export const dropDimsRules: readonly Rule[] = reductions.map(name => ({
  name: `${name}-drops`,
  because: 'a reduction that keeps its axes as 1 is the reduction, reshaped',
  pattern: op('reshape', [op(name, [any('x')], { as: 'r', once: true })]),
  replace: (m, b) => {
    const reduction = m.node('r');
    const kept = keptShape(b, reduction);
    const dropped = b.shapeOf(m.root);
    const emit = (keepdims: boolean) => b.one(name, [m.value('x')], { ...reduction.attrs, keepdims });
    if (reduction.attrs.keepdims === false) return sameShapes(kept, dropped) ? emit(true) : undefined;
    const gone = attr<number[] | undefined>(reduction.attrs.axes) ?? [attr<number>(reduction.attrs.axis)];
    const rest = kept.filter((_, i) => !gone.includes(i));
    return sameShapes(rest, dropped) ? emit(false) : undefined;
  },
}));
