// Sums over positions that share an index: rows of a table from what points into it.

import { emitOp, scalar } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { compareDims, complain } from '../trace.ts';
import type { TensorValue, Value } from '../values.ts';
import { errorValue, float, showType } from '../values.ts';
import { floatArg } from './elementwise.ts';
import { indexArg } from './indexing.ts';

const sumBy: Intrinsic = {
  name: 'sum_by',
  doc: 'Sums of the rows that share an index: x[N…, …], index(K)[N…] → [K, …]; 0 where nothing has it. Dropped rows count nowhere.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'index', kind: 'tensor' },
  ],
  apply: call => {
    const x = floatArg(call, 'x');
    const index = groupsArg(call);
    if (x === undefined || index === undefined) return errorValue;
    const { facts } = call.frame.trace;
    if (index.dims.every((d, i) => compareDims(facts, d, x.dims[i] ?? 0) === 'equal'))
      return summed(call, x, index);
    const expected = `floats with the first axes of ${showType(index)}`;
    const params = { where: 'x of sum_by', expected, got: showType(x) };
    complain(call.frame, 'wrong-kind', params, call.args.get('x')?.span ?? call.span);
    return errorValue;
  },
};

const countBy: Intrinsic = {
  name: 'count_by',
  doc: 'How many positions have each index: index(K)[N…] → float[K]. Dropped positions count nowhere.',
  params: [{ name: 'index', kind: 'tensor' }],
  apply: call => {
    const index = groupsArg(call);
    if (index === undefined) return errorValue;
    const { frame, span } = call;
    const one = scalar(frame, 1);
    if (index.dims.length === 0) return summed(call, one, index);
    const shape = { shape: index.dims };
    const ones = emitOp(frame, span, 'broadcast', [one], shape);
    return ones.kind === 'error' ? errorValue : summed(call, ones, index);
  },
};

/** An index into a dim, which says how many rows the sums have. */
function groupsArg(call: IntrinsicCall): TensorValue | undefined {
  const index = indexArg(call, 'index');
  if (index === undefined || index.element.kind === 'index') return index;
  const params = { where: `index of ${call.name}`, expected: 'an index into a dim', got: showType(index) };
  complain(call.frame, 'wrong-kind', params, call.args.get('index')?.span ?? call.span);
  return undefined;
}

function summed(call: IntrinsicCall, x: TensorValue, index: TensorValue): Value {
  const { frame, span } = call;
  const of = index.element.kind === 'index' ? index.element.of : 1;
  const plain = { ...x, quality: undefined };
  const rows = typeof of === 'number' ? of : 1;
  const sums = emitOp(frame, span, 'scatter_add', [index, plain], { rows }, { element: float });
  // While checking, the rows may be a dim: then the shape is all that counts.
  if (typeof of === 'number' || sums.kind === 'error') return sums;
  return emitOp(frame, span, 'broadcast', [sums], { shape: [of, ...sums.dims.slice(1)] });
}

export const grouping: readonly Intrinsic[] = [sumBy, countBy];
