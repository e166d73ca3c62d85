// Hand-spelled softmax, logsumexp and log softmax.

import type { Builder } from '../../ir/builder.ts';
import { any, either, type Match, op, type Pattern } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { reshaped, sameShapes } from './shapes.ts';

/** A reduction over one axis. */
const reduction = (name: string, of: Pattern, as: string): Pattern =>
  op(name, [of], { as, attrs: a => (a.axes as readonly number[]).length === 1 });

const x = any('x');
const max = either(
  reduction('reduce_max', x, 'max'),
  op('stop_gradient', [reduction('reduce_max', x, 'max')]),
  reduction('reduce_max', op('stop_gradient', [x]), 'max'),
);
/** A shift by something else would be undone as well, but what it reads could no longer be trained. */
export const shifted = op('sub', [x, max], { as: 'shifted' });
/** exp(x − max x) or exp(x). */
const exponent = either(op('exp', [op('sub', [x, max])]), op('exp', [x]));

function axisOf(m: Match, name: string): number | undefined {
  const [axis] = m.node(name).attrs.axes as readonly number[];
  const { attrs } = m.node(name);
  if (m.has('max')) {
    const other = m.node('max').attrs;
    if ((other.axes as readonly number[])[0] !== axis || other.keepdims !== true) return undefined;
  }
  return name === 'sum' && attrs.keepdims !== true ? undefined : axis;
}

export const softmaxRules: readonly Rule[] = [
  {
    name: 'softmax',
    because: 'softmax(x) = exp(x − max)/Σ exp(x − max) = exp(x)/Σ exp(x)',
    pattern: either(
      op('div', [exponent, reduction('reduce_sum', exponent, 'sum')]),
      op('mul', [exponent, op('div', [any('one'), reduction('reduce_sum', exponent, 'sum')])]),
    ),
    replace: (m, b) => {
      const axis = axisOf(m, 'sum');
      if (axis === undefined || (m.has('one') && !isOne(m, b))) return undefined;
      return b.one('softmax', [m.value('x')], { axis });
    },
  },
  {
    name: 'logsumexp',
    because: 'log Σ exp(x − max) + max = log Σ exp(x)',
    pattern: either(
      op('add', [op('log', [reduction('reduce_sum', op('exp', [op('sub', [x, max])]), 'sum')]), max]),
      op('log', [reduction('reduce_sum', op('exp', [x]), 'plain')]),
    ),
    replace: (m, b) => {
      if (m.has('plain')) {
        const { axes, keepdims } = m.node('plain').attrs;
        return b.one('logsumexp', [m.value('x')], {
          axis: (axes as readonly number[])[0]!,
          keepdims: keepdims!,
        });
      }
      const axis = axisOf(m, 'sum');
      return axis === undefined ? undefined : b.one('logsumexp', [m.value('x')], { axis, keepdims: true });
    },
  },
  {
    name: 'log-softmax',
    because: 'log softmax(x) = x − logsumexp(x)',
    pattern: op('log', [op('softmax', [x], { as: 's', once: true })]),
    replace: (m, b) => {
      const axis = m.node('s').attrs.axis!;
      return b.one('sub', [m.value('x'), b.one('logsumexp', [m.value('x')], { axis, keepdims: true })]);
    },
  },
  {
    name: 'log-softmax-by-max',
    because: '(x − max) − log Σ exp(x − max) = x − logsumexp(x)',
    pattern: op('sub', [
      op('sub', [x, max]),
      op('log', [reduction('reduce_sum', op('exp', [op('sub', [x, max])]), 'sum')]),
    ]),
    replace: (m, b) => {
      const axis = axisOf(m, 'sum');
      if (axis === undefined) return undefined;
      return b.one('sub', [m.value('x'), b.one('logsumexp', [m.value('x')], { axis, keepdims: true })]);
    },
  },
  {
    name: 'shifted-logsumexp',
    because: 'logsumexp(x − m) + m = logsumexp(x)',
    pattern: op('add', [op('logsumexp', [op('sub', [x, max])], { as: 'lse' }), max]),
    replace: (m, b) => {
      const { keepdims } = m.node('lse').attrs;
      const axis = axisOf(m, 'max');
      if (axis === undefined || m.node('lse').attrs.axis !== axis || keepdims !== true) return undefined;
      return reshaped(b, b.one('logsumexp', [m.value('x')], { axis, keepdims: true }), b.shapeOf(m.root));
    },
  },
  {
    name: 'shifted-softmax',
    because: 'softmax(x − max) = softmax(x)',
    pattern: op('softmax', [shifted]),
    replace: (m, b) => {
      const axis = b.producer(m.root)!.attrs.axis as number;
      return isRow(b, m, axis) ? b.one('softmax', [m.value('x')], { axis }) : undefined;
    },
  },
];

/** Whether the maximum in `shifted` is one number for each row of x along the axis. */
export function isRow(b: Builder, m: Match, axis: number): boolean {
  const [shape, own] = [b.shapeOf(m.value('x')), b.shapeOf(m.value('max'))];
  const fromLast = shape.length - 1 - axis;
  const whole = sameShapes(shape, b.shapeOf(m.value('shifted')));
  return whole && shape[axis] !== 1 && (own.at(-1 - fromLast) ?? 1) === 1;
}

function isOne(m: Match, b: Builder): boolean {
  const node = b.producer(m.value('one'));
  return node?.op === 'constant' && node.attrs.value === 1;
}
