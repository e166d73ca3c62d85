// Elementwise kernels on host memory: whole arithmetic in 32 bits, bits, and what TensorFlow.js has without
// broadcasting, for few axes only, or with other words on NaN.

import { power, remainder } from '../../ops/elementwise-binary.ts';
import { broadcastStrides } from '../../ops/host-index.ts';
import { toWhole } from '../../ops/select-cast.ts';
import { input, inputType, numberAttr, outputType, sameShape } from '../node-query.ts';
import { type HostKernel, type HostQuery, result } from './host-kernel.ts';
import { type Walk, walk } from './walk.ts';

/** The inputs read at the output's positions. */
function broadcastWalk(q: HostQuery): Walk {
  const { shape } = outputType(q);
  return walk(
    shape,
    q.types.map(t => broadcastStrides(t.shape, shape)),
  );
}

const binary =
  (f: (a: number, b: number) => number): HostKernel =>
  q => {
    const [a, b, y] = [input(q, 0), input(q, 1), result(q)];
    if (sameShape(inputType(q, 0).shape, inputType(q, 1).shape)) {
      for (let i = 0; i < y.length; i++) y[i] = f(a[i]!, b[i]!);
      return;
    }
    const { rows, length, starts, steps } = broadcastWalk(q);
    let at = 0;
    for (let r = 0; r < rows; r++) {
      let [ia, ib] = [starts[0]![r]!, starts[1]![r]!];
      for (let k = 0; k < length; k++, ia += steps[0]!, ib += steps[1]!) y[at++] = f(a[ia]!, b[ib]!);
    }
  };

/** Rounded down; 0 where b is 0. */
const wholeQuotient = (a: number, b: number): number => (b === 0 ? 0 : Math.floor(a / b) | 0);

const shiftRight: HostKernel = q => {
  const [x, y, by] = [input(q, 0), result(q), numberAttr(q, 'by')];
  for (let i = 0; i < y.length; i++) y[i] = (x[i]! >>> by) | 0;
};

/** a where the condition is true, else b. */
const select: HostKernel = q => {
  const [c, a, b, y] = [input(q, 0), input(q, 1), input(q, 2), result(q)];
  const { rows, length, starts, steps } = broadcastWalk(q);
  const [sc = 0, sa = 0, sb = 0] = steps;
  let at = 0;
  for (let r = 0; r < rows; r++) {
    let [ic, ia, ib] = [starts[0]![r]!, starts[1]![r]!, starts[2]![r]!];
    for (let k = 0; k < length; k++, ic += sc, ia += sa, ib += sb) y[at++] = c[ic] === 0 ? b[ib]! : a[ia]!;
  }
};

/** Numbers to bool by x ≠ 0, floats to the nearest i32 towards 0. */
const cast: HostKernel = q => {
  const [x, y] = [input(q, 0), result(q)];
  const { dtype } = outputType(q);
  if (dtype === 'bool') for (let i = 0; i < y.length; i++) y[i] = x[i] === 0 ? 0 : 1;
  else if (dtype === 'i32' && inputType(q, 0).dtype === 'f32')
    for (let i = 0; i < y.length; i++) y[i] = toWhole(x[i]!);
  else y.set(x);
};

/** −1, 0 or 1, and NaN of NaN. */
const sign: HostKernel = q => {
  const [x, y] = [input(q, 0), result(q)];
  for (let i = 0; i < y.length; i++) y[i] = Math.sign(x[i]!);
};

export const hostElementwise = {
  sign,
  whole_mul: binary(Math.imul),
  whole_div: binary(wholeQuotient),
  whole_rem: binary((a, b) => (b === 0 ? 0 : (a - b * Math.floor(a / b)) | 0)),
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  rem: binary(remainder),
  pow: binary(power),
  max: binary(Math.max),
  min: binary(Math.min),
  bit_xor: binary((a, b) => a ^ b),
  bit_and: binary((a, b) => a & b),
  shift_right: shiftRight,
  select,
  cast,
} as const satisfies Readonly<Record<string, HostKernel>>;
