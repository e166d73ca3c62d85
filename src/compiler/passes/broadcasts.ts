// Elementwise ops broadcast by themselves: a broadcast in front of one moves behind it, or goes.

import type { Dim } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, type Match, numberOf, op } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { sameShapes } from './shapes.ts';

const binary = [
  'add',
  'sub',
  'mul',
  'div',
  'max',
  'min',
  'pow',
  'rem',
  'equal',
  'less',
  'less_equal',
  'and',
  'or',
  'bit_xor',
  'bit_and',
];
const unary = [
  'neg',
  'abs',
  'sign',
  'exp',
  'log',
  'sqrt',
  'rsqrt',
  'tanh',
  'erf',
  'sin',
  'cos',
  'floor',
  'sigmoid',
  'not',
  'cast',
  'relu',
  'gelu',
  'quick_gelu',
  'silu',
];

/** The value before a broadcast; a filled constant becomes a scalar. */
function unstretched(b: Builder, id: ValueId): ValueId {
  const node = b.producer(id);
  if (node?.op === 'broadcast') return unstretched(b, node.inputs[0]!);
  if (node?.op === 'constant' && b.shapeOf(id).length > 0) {
    const { value } = node.attrs;
    return typeof value === 'number' ? b.constant(value, b.typeOf(id).dtype) : id;
  }
  return id;
}

function withoutBroadcasts(m: Match, b: Builder): ValueId | undefined {
  const node = b.producer(m.root)!;
  const inputs = node.inputs.map(id => unstretched(b, id));
  if (inputs.every((id, i) => id === node.inputs[i])) return undefined;
  if (inputs.every(id => numberOf(b, id) !== undefined)) return undefined;
  const made = b.one(node.op, inputs, node.attrs);
  const shape: readonly Dim[] = b.shapeOf(m.root);
  return sameShapes(b.shapeOf(made), shape) ? made : b.one('broadcast', [made], { shape });
}

const stretching: ReadonlySet<string> = new Set(['broadcast', 'constant']);

const rule = (name: string, arity: number): Rule => ({
  name: `${name}-of-broadcast`,
  because: 'f(stretched x, y) = f(x, y), stretched where that is still smaller',
  pattern: op(
    name,
    Array.from({ length: arity }, (_, i) => any(`x${i}`)),
    { among: stretching },
  ),
  replace: withoutBroadcasts,
});

export const broadcastRules: readonly Rule[] = [
  ...binary.map(name => rule(name, 2)),
  ...unary.map(name => rule(name, 1)),
  rule('select', 3),
];
