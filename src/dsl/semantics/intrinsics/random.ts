// Draws. Each has its own identity, the path of the part that draws, so that two draws never share bits.

import type { Dim } from '../../../base/dim.ts';
import { emitOp, scalar } from '../emit.ts';
import type { Intrinsic } from '../intrinsic.ts';
import { tensorArg } from '../intrinsic.ts';
import type { Frame } from '../trace.ts';
import type { TensorValue } from '../values.ts';
import { errorValue } from '../values.ts';

/** FNV-1a on 32 bits, as a signed integer. */
export function identityOf(path: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) h = Math.imul(h ^ path.charCodeAt(i), 0x01000193);
  return h | 0;
}

const uniform: Intrinsic = {
  name: 'uniform',
  doc: 'Numbers from 0 up to 1, one for each position of `like`, drawn anew in every step.',
  params: [{ name: 'like', kind: 'tensor' }],
  apply: call => {
    const like = tensorArg(call, 'like');
    if (like.kind === 'error') return errorValue;
    const { frame, span } = call;
    const { steps } = frame.trace;
    const base = `${frame.path}.uniform${steps.map(at => `@${at}`).join('')}`;
    let path = base;
    for (let n = 2; frame.trace.draws.has(path); n++) path = `${base}${n}`;
    frame.trace.draws.add(path);
    const bits = emitOp(frame, span, 'random_bits', drawInputs(frame), {
      shape: like.dims as readonly Dim[],
      identity: identityOf(path),
    });
    if (bits.kind === 'error') return errorValue;
    // The upper 24 bits as a float are exact: u = (bits >>> 8) · 2⁻²⁴.
    const high = emitOp(frame, span, 'shift_right', [bits], { by: 8 });
    if (high.kind === 'error') return errorValue;
    const floats = emitOp(frame, span, 'cast', [high], { to: 'f32' }, { element: { kind: 'float' } });
    return floats.kind === 'error'
      ? errorValue
      : emitOp(frame, span, 'mul', [floats, scalar(frame, 2 ** -24)], {}, { keeps: like.keeps });
  },
};

function drawInputs(frame: Frame): readonly TensorValue[] {
  const { randomness, builder } = frame.trace;
  randomness.seed ??= builder.input('seed', 'scalar', { dtype: 'i32', shape: [] });
  randomness.step ??= builder.input('step', 'scalar', { dtype: 'i32', shape: [] });
  return [randomness.seed, randomness.step].map(id => ({
    kind: 'tensor',
    id,
    element: { kind: 'int' },
    dims: [],
    quality: undefined,
    keeps: [],
    origins: new Map(),
  }));
}

export const draws: readonly Intrinsic[] = [uniform];
