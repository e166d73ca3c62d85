// Hand-spelled softmax, logsumexp and log softmax.

import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, either, type Match, number, numberOf, op, type Pattern } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { lateQuotient } from './late-quotient.ts';
import { maybeFilled } from './poles.ts';
import { dotDims } from './products.ts';
import { reshaped, sameShapes } from './shapes.ts';
import { isZeroedBy } from './zeroed.ts';

/** A reduction over one axis. */
const reduction = (name: string, of: Pattern, as: string): Pattern =>
  op(name, [of], { as, attrs: a => (a.axes as readonly number[]).length === 1 });

const x = any('x');
const maxOf = (of: Pattern): Pattern =>
  either(
    reduction('reduce_max', of, 'max'),
    op('stop_gradient', [reduction('reduce_max', of, 'max')]),
    reduction('reduce_max', op('stop_gradient', [of]), 'max'),
  );
const max = maxOf(x);
/** A shift by something else would be undone as well, but what it reads could no longer be trained. */
export const shifted = op('sub', [x, max], { as: 'shifted' });
/** exp(x − max x) or exp(x): above and below a fraction the same one. */
const exponents = [op('exp', [maybeFilled(op('sub', [x, max]))]), op('exp', [maybeFilled(x)])];
/** The same over what a mask keeps; the maximum is over that as well, or over all. */
const keptMax = maxOf(either(op('select', [any('keep'), x, any('low')]), x));
const keptExponents = [op('exp', [maybeFilled(op('sub', [x, keptMax]))]), op('exp', [maybeFilled(x)])];
const zeroed = (exponent: Pattern): Pattern => op('select', [any('keep'), exponent, number(0)]);
const sumOf = (of: Pattern): Pattern => maybeFilled(reduction('reduce_sum', of, 'sum'));
const keptWeights = either(...keptExponents.map(e => op('div', [e, sumOf(zeroed(e))], { as: 'w' })));
const hidden = -1e30;

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
      ...exponents.flatMap(e => [
        op('div', [e, sumOf(e)]),
        op('mul', [e, op('div', [any('one'), sumOf(e)])]),
      ]),
    ),
    replace: (m, b) => {
      const axis = axisOf(m, 'sum');
      if (axis === undefined || (m.has('one') && !isOne(m, b))) return undefined;
      return b.one('softmax', [m.value('x')], { axis });
    },
  },
  lateQuotient,
  {
    name: 'softmax-of-kept',
    because: 'what is hidden by −10³⁰ has an exponential of 0, so that it is in no sum, and a weight of 0',
    pattern: either(
      ...keptExponents.map(e => op('div', [zeroed(e), sumOf(zeroed(e))])),
      op('select', [any('keep'), keptWeights, number(0)]),
    ),
    replace: (m, b) => {
      const axis = axisOf(m, 'sum');
      const [x, keep] = [m.value('x'), m.value('keep')];
      const low = m.has('low') ? numberOf(b, m.value('low')) : hidden;
      if (axis === undefined || low === undefined || low > hidden) return undefined;
      const { dtype, shape } = b.typeOf(m.root);
      const filled = b.one('select', [keep, x, b.constant(hidden, dtype)]);
      if (!sameShapes(b.shapeOf(filled), shape)) return undefined;
      return b.one('select', [keep, b.one('softmax', [filled], { axis }), b.constant(0, dtype)]);
    },
  },
  {
    name: 'softmax-of-kept-values',
    because: 'values of 0 at what is hidden take the part of weights of 0',
    pattern: either(
      op('dot_general', [keptWeights, any('v')], { as: 'dot' }),
      op('dot_general', [any('v'), keptWeights], { as: 'dot' }),
    ),
    replace: (m, b) => {
      const axis = axisOf(m, 'sum');
      const [x, keep, w, v] = ['x', 'keep', 'w', 'v'].map(m.value) as [ValueId, ValueId, ValueId, ValueId];
      const low = m.has('low') ? numberOf(b, m.value('low')) : hidden;
      if (axis === undefined || low === undefined || low > hidden) return undefined;
      const dot = m.node('dot');
      const dims = dotDims(dot);
      const left = dot.inputs[0] === w;
      const own = left ? [...dims.lhsBatch, ...dims.lhsContract] : [...dims.rhsBatch, ...dims.rhsContract];
      const other = left ? [...dims.rhsBatch, ...dims.rhsContract] : [...dims.lhsBatch, ...dims.lhsContract];
      const { dtype, shape } = b.typeOf(w);
      const place = (at: number): number => other[own.indexOf(at)] ?? -1;
      if (dims.lhsContract.length !== 1 || place(axis) < 0) return undefined;
      if (!isZeroedBy(b, v, keep, shape.length, place)) return undefined;
      const filled = b.one('select', [keep, x, b.constant(hidden, dtype)]);
      if (!sameShapes(b.shapeOf(filled), shape)) return undefined;
      const weights = b.one('select', [keep, b.one('softmax', [filled], { axis }), b.constant(0, dtype)]);
      return b.one('dot_general', left ? [weights, v] : [v, weights], dot.attrs);
    },
  },
  {
    name: 'logsumexp',
    because: 'log Σ exp(x − max) + max = log Σ exp(x)',
    pattern: either(
      op('add', [
        op('log', [maybeFilled(reduction('reduce_sum', op('exp', [op('sub', [x, max])]), 'sum'))]),
        max,
      ]),
      op('log', [maybeFilled(reduction('reduce_sum', op('exp', [x]), 'plain'))]),
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
    pattern: op('log', [maybeFilled(op('softmax', [x], { as: 's' }))]),
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
      op('log', [maybeFilled(reduction('reduce_sum', op('exp', [op('sub', [x, max])]), 'sum'))]),
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
