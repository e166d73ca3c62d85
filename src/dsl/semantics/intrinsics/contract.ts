// Products of tensors: the matrix product, einsum, convolution.

import type { Dim } from '../../../base/dim.ts';
import type { Span } from '../../../base/span.ts';
import { complainDims, emitOp } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { tensorArg } from '../intrinsic.ts';
import type { Frame } from '../trace.ts';
import { compareDims, complain } from '../trace.ts';
import type { TensorValue, Value } from '../values.ts';
import { errorValue, showType } from '../values.ts';
import { floatArg } from './elementwise.ts';
import { namesOf, parseSide, splitArrow, twice } from './pattern.ts';

/** a @ b: [..., M, K] times [K, N], or times [..., K, N] with the same leading dims. */
export function matmul(frame: Frame, span: Span, a: TensorValue, b: TensorValue): Value {
  const { facts } = frame.trace;
  const bad = [a, b].find(v => v.element.kind !== 'float');
  if (bad !== undefined || a.dims.length < 1 || b.dims.length < 2) {
    complain(
      frame,
      'wrong-kind',
      {
        where: 'each side of @',
        expected: 'a float tensor with rows and columns',
        got: showType(bad ?? (a.dims.length < 1 ? a : b)),
      },
      span,
    );
    return errorValue;
  }
  const inner = a.dims[a.dims.length - 1];
  const outer = b.dims[b.dims.length - 2];
  if (inner === undefined || outer === undefined) return errorValue;
  if (compareDims(facts, inner, outer) !== 'equal') {
    complainDims(
      frame,
      span,
      '@ multiplies the last axis of the left with the last but one of the right',
      a,
      b,
      inner,
      outer,
    );
    return errorValue;
  }
  const lead = b.dims.length - 2;
  if (lead > 0 && lead !== a.dims.length - 2) {
    complain(
      frame,
      'op-refused',
      { op: '@', reason: `the leading dims differ in number: ${showType(a)} and ${showType(b)}` },
      span,
    );
    return errorValue;
  }
  for (let i = 0; i < lead; i++) {
    const l = a.dims[i];
    const r = b.dims[i];
    if (l !== undefined && r !== undefined && compareDims(facts, l, r) !== 'equal') {
      complainDims(frame, span, '@ multiplies matrices in pairs, along equal leading dims', a, b, l, r);
      return errorValue;
    }
  }
  const batch = Array.from({ length: lead }, (_, i) => i);
  return emitOp(frame, span, 'dot_general', [a, b], {
    lhsBatch: batch,
    rhsBatch: batch,
    lhsContract: [a.dims.length - 1],
    rhsContract: [b.dims.length - 2],
  });
}

const einsum: Intrinsic = {
  name: 'einsum',
  doc: 'A sum of products by axis names: einsum("n t d, n s d -> n t s", a, b).',
  params: [{ name: 'pattern', kind: 'static' }],
  more: 'positional',
  apply: call => {
    const given = call.args.get('pattern');
    if (given === undefined || given.value.kind === 'error') return errorValue;
    if (given.value.kind !== 'string') {
      complain(
        call.frame,
        'wrong-kind',
        { where: 'the pattern of einsum', expected: 'a string, first', got: showType(given.value) },
        given.span,
      );
      return errorValue;
    }
    const pattern = given.value.value;
    const refuse = (reason: string): Value => {
      complain(call.frame, 'pattern-wrong', { pattern, reason }, given.span, {
        notes: call.rest.map((r, i) => `operand ${i + 1} is ${showType(r.value)}`),
      });
      return errorValue;
    };
    const operands: TensorValue[] = [];
    for (const r of call.rest) {
      if (r.value.kind === 'error') return errorValue;
      if (r.value.kind !== 'tensor' || r.value.element.kind !== 'float')
        return refuse('its operands are float tensors');
      operands.push(r.value);
    }
    const sides = splitArrow(pattern);
    if (sides === undefined) return refuse('it has the form "a b, b c -> a c"');
    const out = parseSide(sides[1]);
    const ins = sides[0].split(',').map(parseSide);
    if ('wrong' in out) return refuse(out.wrong);
    const names: (readonly string[])[] = [];
    for (const [i, side] of ins.entries()) {
      if ('wrong' in side) return refuse(side.wrong);
      if (side.some(g => g.names.length !== 1)) return refuse('groups in parentheses are for rearrange');
      const own = namesOf(side);
      const doubled = twice(own);
      if (doubled !== undefined) return refuse(`${doubled} stands twice in one operand`);
      const operand = operands[i];
      if (operand !== undefined && operand.dims.length !== own.length) {
        return refuse(`operand ${i + 1} has ${operand.dims.length} axes, the pattern names ${own.length}`);
      }
      names.push(own);
    }
    if (names.length !== operands.length)
      return refuse(`it names ${names.length} operands, and there are ${operands.length}`);
    const wanted = namesOf(out);
    const doubled = twice(wanted);
    if (doubled !== undefined) return refuse(`${doubled} stands twice in the result`);
    const foreign = wanted.find(n => !names.some(own => own.includes(n)));
    if (foreign !== undefined) return refuse(`${foreign} stands in the result only`);
    return contractAll(call, operands, names, wanted, refuse);
  },
};

interface Named {
  readonly value: TensorValue;
  readonly names: readonly string[];
}

function contractAll(
  call: IntrinsicCall,
  operands: readonly TensorValue[],
  names: readonly (readonly string[])[],
  wanted: readonly string[],
  refuse: (reason: string) => Value,
): Value {
  const [first, ...rest] = operands.map((value, i): Named => ({ value, names: names[i] ?? [] }));
  if (first === undefined) return refuse('there are no operands');
  let at: Named = first;
  for (const [i, next] of rest.entries()) {
    const later = new Set([...wanted, ...rest.slice(i + 1).flatMap(r => r.names)]);
    const left = sumAlone(call, at, new Set([...later, ...next.names]));
    const right = sumAlone(call, next, new Set([...later, ...at.names]));
    if (left === undefined || right === undefined) return errorValue;
    const shared = left.names.filter(n => right.names.includes(n));
    for (const n of shared) {
      const l = left.value.dims[left.names.indexOf(n)];
      const r = right.value.dims[right.names.indexOf(n)];
      if (l !== undefined && r !== undefined && compareDims(call.frame.trace.facts, l, r) !== 'equal') {
        complainDims(
          call.frame,
          call.span,
          `einsum: the axis ${n} has two sizes`,
          left.value,
          right.value,
          l,
          r,
        );
        return errorValue;
      }
    }
    const batch = shared.filter(n => later.has(n));
    const contract = shared.filter(n => !later.has(n));
    const value = emitOp(call.frame, call.span, 'dot_general', [left.value, right.value], {
      lhsBatch: batch.map(n => left.names.indexOf(n)),
      rhsBatch: batch.map(n => right.names.indexOf(n)),
      lhsContract: contract.map(n => left.names.indexOf(n)),
      rhsContract: contract.map(n => right.names.indexOf(n)),
    });
    if (value.kind === 'error') return errorValue;
    const free = (n: string): boolean => !shared.includes(n);
    at = { value, names: [...batch, ...left.names.filter(free), ...right.names.filter(free)] };
  }
  const summed = sumAlone(call, at, new Set(wanted));
  if (summed === undefined) return errorValue;
  const perm = wanted.map(n => summed.names.indexOf(n));
  return perm.every((p, i) => p === i)
    ? summed.value
    : emitOp(call.frame, call.span, 'transpose', [summed.value], { perm });
}

/** Sums the axes that nothing else reads. */
function sumAlone(call: IntrinsicCall, v: Named, read: ReadonlySet<string>): Named | undefined {
  const axes = v.names.flatMap((n, i) => (read.has(n) ? [] : [i]));
  if (axes.length === 0) return v;
  const value = emitOp(call.frame, call.span, 'reduce_sum', [v.value], { axes, keepdims: false });
  return value.kind === 'error' ? undefined : { value, names: v.names.filter(n => read.has(n)) };
}

const conv2d: Intrinsic = {
  name: 'conv2d',
  doc: 'Convolution of x[N, H, W, C] with weight[kh, kw, C, O]: float[N, (H + 2·pad - kh) // stride + 1, …, O]. stride: [2, 1] is one for the height and one for the width.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'weight', kind: 'tensor' },
    { name: 'stride', kind: 'static', optional: true },
    { name: 'pad', kind: 'static', optional: true },
  ],
  apply: call => {
    const x = floatArg(call, 'x');
    const weight = tensorArg(call, 'weight');
    if (x === undefined || weight.kind === 'error') return errorValue;
    const strides = bothSides(call, 'stride', 1);
    const pads = bothSides(call, 'pad', 0);
    if (strides === undefined || pads === undefined) return errorValue;
    return emitOp(call.frame, call.span, 'conv2d', [x, weight], { strides, low: pads, high: pads });
  },
};

/** A whole number for height and width, or a list of one for each. */
function bothSides(call: IntrinsicCall, name: string, fallback: number): readonly Dim[] | undefined {
  const given = call.args.get(name);
  if (given === undefined) return [fallback, fallback];
  const { value } = given;
  const items = value.kind === 'list' && value.items.length === 2 ? value.items : [value, value];
  const dims = items.flatMap(v => (v.kind === 'int' ? [v.dim] : []));
  if (dims.length === 2) return dims;
  const wrong = items.find(v => v.kind !== 'int');
  if (wrong !== undefined && wrong.kind !== 'error') {
    const where = `${name} of ${call.name}`;
    const expected = 'a whole number, or a list of two: of the height and of the width';
    complain(call.frame, 'wrong-kind', { where, expected, got: showType(wrong) }, given.span);
  }
  return undefined;
}

export const contractions: readonly Intrinsic[] = [einsum, conv2d];
