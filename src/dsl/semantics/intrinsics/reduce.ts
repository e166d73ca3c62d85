// Functions that take an axis away, or normalize along it. Dropped positions never count.

import type { Dim } from '../../../base/dim.ts';
import { dimUpperBound } from '../../../base/dim.ts';
import type { ValueId } from '../../../ir/graph.ts';
import { alignMask, emitOp, emitOps, scalar } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { axesArg, numberArg, tensorArg } from '../intrinsic.ts';
import type { Frame } from '../trace.ts';
import { complain } from '../trace.ts';
import type { TensorValue, Value } from '../values.ts';
import { errorValue, float, showType } from '../values.ts';
import { floatArg } from './elementwise.ts';

const everyAxis = (v: TensorValue): number[] => v.dims.map((_, i) => i);
const axisParam = { name: 'axis', kind: 'static', optional: true } as const;

/** `axis: all` is every axis, as is leaving it out. */
function axesOrAll(call: IntrinsicCall, v: TensorValue): readonly number[] | undefined {
  const given = call.args.get('axis');
  if (given?.value.kind === 'string' && given.value.value === 'all') return everyAxis(v);
  return axesArg(call, v, everyAxis(v));
}

function lastAxis(call: IntrinsicCall, v: TensorValue): number | undefined {
  if (v.dims.length === 0) {
    complain(call.frame, 'axis-out-of-range', { axis: -1, type: showType(v) }, call.span);
    return undefined;
  }
  const axes = axesArg(call, v, [v.dims.length - 1]);
  return axes?.[0];
}

const sum: Intrinsic = {
  name: 'sum',
  doc: 'The sum along an axis or several; of everything where none is named.',
  params: [{ name: 'x', kind: 'tensor' }, axisParam],
  apply: call => {
    const x = tensorArg(call, 'x');
    if (x.kind === 'error') return errorValue;
    const axes = axesOrAll(call, x);
    if (axes === undefined) return errorValue;
    const numbers =
      x.element.kind === 'bool'
        ? emitOp(call.frame, call.span, 'cast', [x], { to: 'f32' }, { element: float })
        : x;
    return numbers.kind === 'error' || axes.length === 0
      ? numbers
      : emitOp(call.frame, call.span, 'reduce_sum', [numbers], { axes, keepdims: false });
  },
};

const count: Intrinsic = {
  name: 'count',
  doc: 'How many positions along an axis (or several) are real; at least 1, so that a mean over nothing is 0.',
  params: [{ name: 'x', kind: 'tensor' }, axisParam],
  apply: call => {
    const x = tensorArg(call, 'x');
    if (x.kind === 'error') return errorValue;
    const axes = axesOrAll(call, x);
    return axes === undefined ? errorValue : countKept(call.frame, x, axes);
  },
};

function countKept(frame: Frame, x: TensorValue, axes: readonly number[]): Value {
  const covering = x.keeps.filter(k => k.axes.some(a => axes.includes(a)));
  const whole = axes.reduce<number | undefined>((n, a) => {
    const dim = sizeOf(x.dims[a]);
    return n === undefined || dim === undefined ? undefined : n * dim;
  }, 1);
  if (covering.length === 0) return scalar(frame, whole);
  const { builder } = frame.trace;
  const rank = x.dims.length;
  // Aligned to the full rank on the left too, so that masks of different axes meet in one shape.
  const aligned = covering.map(k => {
    const mask = alignMask(frame, k, rank);
    const dims = builder.shapeOf(mask);
    const full: Dim[] = [...Array<Dim>(rank - dims.length).fill(1), ...dims];
    return full.length === dims.length ? mask : builder.one('reshape', [mask], { shape: full });
  });
  const together = aligned
    .slice(1)
    .reduce<ValueId>((a, b) => builder.one('and', [a, b]), aligned[0] as ValueId);
  const covered = builder.shapeOf(together);
  const uncounted = axes.filter(a => covered[a] === 1).reduce((n, a) => n * (sizeOf(x.dims[a]) ?? 1), 1);
  const kept = builder.one('reduce_sum', [builder.one('cast', [together], { to: 'f32' })], {
    axes,
    keepdims: false,
  });
  const scaled = uncounted === 1 ? kept : builder.one('mul', [kept, builder.constant(uncounted)]);
  const id = builder.one('max', [scaled, builder.constant(1)]);
  return {
    kind: 'tensor',
    id,
    element: float,
    dims: builder.shapeOf(id),
    quality: undefined,
    keeps: [],
    origins: new Map(),
  };
}

function sizeOf(dim: Dim | undefined): number | undefined {
  return typeof dim === 'number' ? dim : undefined;
}

const softmax: Intrinsic = {
  name: 'softmax',
  doc: 'eˣ / Σ eˣ along the last axis, or the one named; dropped positions get 0.',
  params: [{ name: 'x', kind: 'tensor' }, axisParam],
  apply: call => {
    const x = floatArg(call, 'x');
    if (x === undefined) return errorValue;
    const axis = lastAxis(call, x);
    if (axis === undefined) return errorValue;
    return emitOp(
      call.frame,
      call.span,
      'softmax',
      [x],
      { axis },
      { quality: axis === x.dims.length - 1 ? 'simplex' : undefined },
    );
  },
};

const logsumexp: Intrinsic = {
  name: 'logsumexp',
  doc: 'log Σ eˣ along the last axis, or the one named.',
  params: [{ name: 'x', kind: 'tensor' }, axisParam],
  apply: call => {
    const x = floatArg(call, 'x');
    if (x === undefined) return errorValue;
    const axis = lastAxis(call, x);
    return axis === undefined
      ? errorValue
      : emitOp(call.frame, call.span, 'logsumexp', [x], { axis, keepdims: false });
  },
};

/** Where something stands along an axis: the largest of x, or of what is made of it. */
const place = (name: string, of: 'largest' | 'smallest'): Intrinsic => ({
  name,
  doc: `Where the ${of} value stands: an index on that axis; the first of equals.`,
  params: [{ name: 'x', kind: 'tensor' }, axisParam],
  apply: call => {
    const x = floatArg(call, 'x');
    if (x === undefined) return errorValue;
    const axis = lastAxis(call, x);
    const dim = axis === undefined ? undefined : x.dims[axis];
    if (axis === undefined || dim === undefined) return errorValue;
    // The smallest of x is the largest of −x.
    const sought = of === 'largest' ? x : emitOp(call.frame, call.span, 'neg', [x]);
    if (sought.kind === 'error') return errorValue;
    const element = { kind: 'index', of: dim } as const;
    return emitOp(call.frame, call.span, 'argmax', [sought], { axis }, { element });
  },
});

const argmax = place('argmax', 'largest');
const argmin = place('argmin', 'smallest');

const kth: Intrinsic = {
  name: 'kth',
  doc: 'The k-th largest value along the last axis: x[N…, D] → [N…].',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'k', kind: 'static' },
  ],
  apply: call => {
    const x = floatArg(call, 'x');
    const wanted = numberArg(call, 'k', 1);
    if (x === undefined || wanted === undefined) return errorValue;
    const { frame, span } = call;
    const k = wanted === 'unknown' ? 1 : wanted;
    const size = x.dims[x.dims.length - 1];
    const most = size === undefined ? 0 : dimUpperBound(size);
    if (size === undefined || !Number.isInteger(k) || k < 1 || (most !== undefined && k > most)) {
      const reason = `must be from 1 to the size of the last axis of ${showType(x)}; it is ${k}`;
      complain(frame, 'bad-setting', { setting: 'k of kth', reason }, call.args.get('k')?.span ?? span);
      return errorValue;
    }
    const outputs = emitOps(frame, span, 'top_k', [x], { k });
    const [values] = outputs ?? [];
    if (values === undefined) return errorValue;
    const last = x.dims.length - 1;
    const one = emitOp(frame, span, 'slice', [values], {
      starts: values.dims.map((_, i) => (i === last ? k - 1 : 0)),
      limits: values.dims,
      strides: values.dims.map(() => 1),
    });
    return one.kind === 'error' ? one : emitOp(frame, span, 'reshape', [one], { shape: x.dims.slice(0, -1) });
  },
};

const unit: Intrinsic = {
  name: 'unit',
  doc: 'x / |x| along the last axis: vectors of length one.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'epsilon', kind: 'static', optional: true },
  ],
  apply: call => {
    const x = floatArg(call, 'x');
    const epsilon = numberArg(call, 'epsilon', 1e-12);
    if (x === undefined || epsilon === undefined) return errorValue;
    const axis = lastAxis(call, x);
    if (axis === undefined) return errorValue;
    const { frame, span } = call;
    const squares = emitOp(frame, span, 'mul', [x, x]);
    if (squares.kind === 'error') return errorValue;
    const length = emitOp(frame, span, 'reduce_sum', [squares], { axes: [axis], keepdims: true });
    if (length.kind === 'error') return errorValue;
    const safe = emitOp(frame, span, 'add', [
      length,
      scalar(frame, epsilon === 'unknown' ? undefined : epsilon),
    ]);
    if (safe.kind === 'error') return errorValue;
    const inverse = emitOp(frame, span, 'rsqrt', [safe]);
    return inverse.kind === 'error'
      ? errorValue
      : emitOp(frame, span, 'mul', [x, inverse], {}, { quality: 'unit' });
  },
};

const simplex: Intrinsic = {
  name: 'simplex',
  doc: 'x / Σ x along the last axis: numbers that are not negative (others count as 0) as a distribution.',
  params: [{ name: 'x', kind: 'tensor' }],
  apply: call => {
    const x = floatArg(call, 'x');
    if (x === undefined) return errorValue;
    const axis = lastAxis(call, x);
    if (axis === undefined) return errorValue;
    const { frame, span } = call;
    const positive = emitOp(frame, span, 'max', [x, scalar(frame, 0)]);
    if (positive.kind === 'error') return errorValue;
    const total = emitOp(frame, span, 'reduce_sum', [positive], { axes: [axis], keepdims: true });
    if (total.kind === 'error') return errorValue;
    // Where all are 0 there is no distribution; the quotient stays finite.
    const safe = emitOp(frame, span, 'max', [total, scalar(frame, 1e-30)]);
    return safe.kind === 'error'
      ? errorValue
      : emitOp(frame, span, 'div', [positive, safe], {}, { quality: 'simplex' });
  },
};

export const reductions: readonly Intrinsic[] = [
  sum,
  count,
  softmax,
  logsumexp,
  argmax,
  argmin,
  kth,
  unit,
  simplex,
];
