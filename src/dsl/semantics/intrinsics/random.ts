// Draws. Each has its own identity, the path of the part that draws, so that two draws never share bits.

import type { Dim } from '../../../base/dim.ts';
import { emitOp, scalar } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { tensorArg } from '../intrinsic.ts';
import { complain, type Frame } from '../trace.ts';
import { asDim } from '../types.ts';
import type { ErrorValue, TensorValue } from '../values.ts';
import { errorValue, showType } from '../values.ts';

/** FNV-1a on 32 bits, as a signed integer. */
export function identityOf(path: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) h = Math.imul(h ^ path.charCodeAt(i), 0x01000193);
  return h | 0;
}

/** 32 random bits for each position of `like`, of the identity that the next draw of its kind has in this part. */
function drawBits(call: IntrinsicCall, like: TensorValue): TensorValue | ErrorValue {
  const { frame, span } = call;
  const { steps } = frame.trace;
  const base = `${frame.path}.${call.name}${steps.map(at => `@${at}`).join('')}`;
  let path = base;
  for (let n = 2; frame.trace.draws.has(path); n++) path = `${base}${n}`;
  frame.trace.draws.add(path);
  const shape = like.dims as readonly Dim[];
  return emitOp(frame, span, 'random_bits', drawInputs(frame), { shape, identity: identityOf(path) });
}

const uniform: Intrinsic = {
  name: 'uniform',
  doc: 'Numbers from 0 up to 1, one for each position of `like`, drawn anew in every step. Measures draw as in a step 0, the same each time.',
  params: [{ name: 'like', kind: 'tensor' }],
  apply: call => {
    const like = tensorArg(call, 'like');
    if (like.kind === 'error') return errorValue;
    const { frame, span } = call;
    const bits = drawBits(call, like);
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

const anyIndex: Intrinsic = {
  name: 'any_index',
  doc: 'An index into a dim for each position of `like`, each as likely as any other, drawn as `uniform` draws.',
  params: [
    { name: 'of', kind: 'any' },
    { name: 'like', kind: 'tensor' },
  ],
  apply: call => {
    const like = tensorArg(call, 'like');
    const given = call.args.get('of');
    if (like.kind === 'error' || given === undefined) return errorValue;
    const of = asDim(given.value);
    const { frame, span } = call;
    if (of === undefined) {
      const where = `what ${call.name} points into`;
      complain(frame, 'wrong-kind', { where, expected: 'a dim', got: showType(given.value) }, given.span);
      return errorValue;
    }
    const bits = drawBits(call, like);
    if (bits.kind === 'error') return errorValue;
    // The upper 31 bits modulo the size: of a vocabulary of a million no index is 0.05 % likelier than another.
    const high = emitOp(frame, span, 'shift_right', [bits], { by: 1 });
    if (high.kind === 'error') return errorValue;
    const size = scalar(frame, typeof of === 'number' ? of : undefined, { kind: 'int' });
    const element = { kind: 'index', of } as const;
    return emitOp(frame, span, 'rem', [high, size], {}, { element, keeps: like.keeps });
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

export const draws: readonly Intrinsic[] = [uniform, anyIndex];
