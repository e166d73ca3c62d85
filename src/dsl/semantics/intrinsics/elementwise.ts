// Functions applied position by position.

import { broadcastDims, emitOp } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { axesArg, tensorArg } from '../intrinsic.ts';
import { complain } from '../trace.ts';
import type { NumberValue, TensorValue, Value } from '../values.ts';
import { errorValue, showType } from '../values.ts';

/** Float tensors only: an index or a bool has no exponential. */
export function floatArg(call: IntrinsicCall, name: string): TensorValue | undefined {
  const v = tensorArg(call, name);
  if (v.kind === 'error') return undefined;
  if (v.element.kind === 'float') return v;
  complain(
    call.frame,
    'wrong-kind',
    { where: `${name} of ${call.name}`, expected: 'a float tensor', got: showType(v) },
    call.args.get(name)?.span ?? call.span,
  );
  return undefined;
}

function unary(name: string, op: string, doc: string, number?: (x: number) => number): Intrinsic {
  return {
    name,
    doc,
    params: [{ name: 'x', kind: 'any' }],
    apply: call => {
      const given = call.args.get('x')?.value;
      if (number !== undefined && given?.kind === 'number')
        return { kind: 'number', value: given.value === undefined ? undefined : number(given.value) };
      if (number !== undefined && given?.kind === 'int') {
        return { kind: 'number', value: typeof given.dim === 'number' ? number(given.dim) : undefined };
      }
      const x = floatArg(call, 'x');
      return x === undefined ? errorValue : emitOp(call.frame, call.span, op, [x]);
    },
  };
}

function extreme(name: 'min' | 'max'): Intrinsic {
  return {
    name,
    doc:
      name === 'max'
        ? 'The larger of two, or the largest along an axis: max(x, axis: -1).'
        : 'The smaller of two, or the smallest along an axis.',
    params: [
      { name: 'x', kind: 'any' },
      { name: 'y', kind: 'any', optional: true },
      { name: 'axis', kind: 'static', optional: true },
    ],
    apply: call => {
      const x = call.args.get('x')?.value;
      const y = call.args.get('y')?.value;
      if (y === undefined) return reduceExtreme(call, name);
      const both = [x, y].map(staticNumber);
      if (both.every(v => v !== undefined)) {
        const [a, b] = both.map(v => v?.value);
        return { kind: 'number', value: a === undefined || b === undefined ? undefined : Math[name](a, b) };
      }
      const left = floatArg(call, 'x');
      const right = floatArg(call, 'y');
      if (
        left === undefined ||
        right === undefined ||
        !broadcastDims(call.frame, call.span, name, left, right)
      )
        return errorValue;
      return emitOp(call.frame, call.span, name, [left, right]);
    },
  };
}

function staticNumber(v: Value | undefined): NumberValue | undefined {
  if (v?.kind === 'number') return v;
  if (v?.kind === 'int') return { kind: 'number', value: typeof v.dim === 'number' ? v.dim : undefined };
  return undefined;
}

function reduceExtreme(call: IntrinsicCall, name: 'min' | 'max'): Value {
  const x = floatArg(call, 'x');
  if (x === undefined) return errorValue;
  const axes = axesArg(
    call,
    x,
    x.dims.map((_, i) => i),
  );
  if (axes === undefined) return errorValue;
  if (name === 'max') return emitOp(call.frame, call.span, 'reduce_max', [x], { axes, keepdims: false });
  // min x = −max −x
  const negative = emitOp(call.frame, call.span, 'neg', [x]);
  if (negative.kind === 'error') return errorValue;
  const most = emitOp(call.frame, call.span, 'reduce_max', [negative], { axes, keepdims: false });
  return most.kind === 'error' ? errorValue : emitOp(call.frame, call.span, 'neg', [most]);
}

const where: Intrinsic = {
  name: 'where',
  doc: 'a where the condition is true, b elsewhere.',
  params: [
    { name: 'condition', kind: 'tensor' },
    { name: 'a', kind: 'any' },
    { name: 'b', kind: 'any' },
  ],
  apply: call => {
    const condition = tensorArg(call, 'condition');
    const a = tensorArg(call, 'a');
    const b = tensorArg(call, 'b');
    if (condition.kind === 'error' || a.kind === 'error' || b.kind === 'error') return errorValue;
    if (condition.element.kind !== 'bool') {
      complain(
        call.frame,
        'wrong-kind',
        { where: 'the condition of where', expected: 'a bool tensor', got: showType(condition) },
        call.args.get('condition')?.span ?? call.span,
      );
      return errorValue;
    }
    if (a.element.kind !== b.element.kind) {
      complain(call.frame, 'branches-differ', { a: showType(a), b: showType(b) }, call.span);
      return errorValue;
    }
    for (const [l, r] of [
      [a, b],
      [condition, a],
      [condition, b],
    ] as const) {
      if (!broadcastDims(call.frame, call.span, 'where', l, r)) return errorValue;
    }
    return emitOp(call.frame, call.span, 'select', [condition, a, b], {}, { element: a.element });
  },
};

const square: Intrinsic = {
  name: 'square',
  doc: 'x · x.',
  params: [{ name: 'x', kind: 'tensor' }],
  apply: call => {
    const x = floatArg(call, 'x');
    return x === undefined ? errorValue : emitOp(call.frame, call.span, 'mul', [x, x]);
  },
};

const gelu: Intrinsic = {
  name: 'gelu',
  doc: 'x · Φ(x) (arXiv:1606.08415); approximate: true is the tanh form.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'approximate', kind: 'static', optional: true },
  ],
  apply: call => {
    const x = floatArg(call, 'x');
    const approximate = call.args.get('approximate')?.value;
    if (x === undefined) return errorValue;
    return emitOp(call.frame, call.span, 'gelu', [x], {
      approximate: approximate?.kind === 'bool' && approximate.value === true,
    });
  },
};

const toFloat: Intrinsic = {
  name: 'to_float',
  doc: 'The numbers 0 and 1 of a bool tensor, or an index as a number.',
  params: [{ name: 'x', kind: 'tensor' }],
  apply: call => {
    const x = tensorArg(call, 'x');
    return x.kind === 'error'
      ? errorValue
      : emitOp(call.frame, call.span, 'cast', [x], { to: 'f32' }, { element: { kind: 'float' } });
  },
};

const stop: Intrinsic = {
  name: 'stop',
  doc: 'The value itself, through which no gradient flows.',
  params: [{ name: 'x', kind: 'tensor' }],
  apply: call => {
    const x = tensorArg(call, 'x');
    return x.kind === 'error'
      ? errorValue
      : emitOp(
          call.frame,
          call.span,
          'stop_gradient',
          [x],
          {},
          { element: x.element, quality: x.quality, keeps: x.keeps },
        );
  },
};

export const elementwise: readonly Intrinsic[] = [
  unary('exp', 'exp', 'eˣ.', Math.exp),
  unary('log', 'log', 'The natural logarithm.', Math.log),
  unary('sqrt', 'sqrt', '√x.', Math.sqrt),
  unary('rsqrt', 'rsqrt', '1 / √x.', x => 1 / Math.sqrt(x)),
  unary('abs', 'abs', '|x|.', Math.abs),
  unary('sign', 'sign', '−1, 0 or 1.', Math.sign),
  unary('floor', 'floor', 'The largest whole number at most x.', Math.floor),
  unary('tanh', 'tanh', 'The hyperbolic tangent.'),
  unary('erf', 'erf', 'The error function.'),
  unary('sin', 'sin', 'The sine; x in radians.', Math.sin),
  unary('cos', 'cos', 'The cosine; x in radians.', Math.cos),
  unary('sigmoid', 'sigmoid', '1 / (1 + e⁻ˣ).'),
  unary('relu', 'relu', 'max(x, 0).'),
  unary('quick_gelu', 'quick_gelu', 'x · σ(1.702 x), as in CLIP.'),
  unary('silu', 'silu', 'x · σ(x).'),
  gelu,
  extreme('min'),
  extreme('max'),
  where,
  square,
  toFloat,
  stop,
];
