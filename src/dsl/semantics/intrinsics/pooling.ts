// The largest value in each window of a map.

import type { Dim } from '../../../base/dim.ts';
import { dimAdd, dimMul, dimSub } from '../../../base/dim.ts';
import type { Keep, OpDef } from '../../../ir/op.ts';
import { emitOp, fillDropped } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { complain } from '../trace.ts';
import type { TensorValue, Value } from '../values.ts';
import { errorValue, showType } from '../values.ts';
import { floatArg } from './elementwise.ts';

const maxPool: Intrinsic = {
  name: 'max_pool',
  doc: 'The largest value in each window of size × size of x[N, H, W, C]: float[N, (H + 2·pad - size) // stride + 1, …, C]. What pads the map is never the largest.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'size', kind: 'static' },
    { name: 'stride', kind: 'static', optional: true },
    { name: 'pad', kind: 'static', optional: true },
  ],
  apply: call => {
    const x = floatArg(call, 'x');
    const size = wholeArg(call, 'size', 1);
    const stride = wholeArg(call, 'stride', size ?? 1);
    const pad = wholeArg(call, 'pad', 0);
    if (x === undefined || size === undefined || stride === undefined || pad === undefined) return errorValue;
    const typed = asConvolution(call, x, size, stride, pad);
    if (
      typed === undefined ||
      typeof size !== 'number' ||
      typeof stride !== 'number' ||
      typeof pad !== 'number'
    )
      return typed ?? errorValue;
    if (2 * pad <= size) return largest(call, x, typed, { size, stride, pad });
    const reason = `may be at most half of the window, ${size}; it is ${pad}`;
    complain(call.frame, 'bad-setting', { setting: 'pad of max_pool', reason }, call.span);
    return errorValue;
  },
};

function wholeArg(call: IntrinsicCall, name: string, fallback: Dim): Dim | undefined {
  const given = call.args.get(name);
  if (given === undefined) return fallback;
  if (given.value.kind === 'int') return given.value.dim;
  if (given.value.kind !== 'error') {
    const where = `${name} of max_pool`;
    complain(
      call.frame,
      'wrong-kind',
      { where, expected: 'a whole number', got: showType(given.value) },
      given.span,
    );
  }
  return undefined;
}

/** What a convolution with such a window gives: the same dims, and the same positions kept. */
function asConvolution(
  call: IntrinsicCall,
  x: TensorValue,
  size: Dim,
  stride: Dim,
  pad: Dim,
): TensorValue | undefined {
  const { frame, span } = call;
  const { builder } = frame.trace;
  const channels = x.dims[x.dims.length - 1] ?? 1;
  const id = builder.constant(0, 'f32', [size, size, channels, channels]);
  const window: TensorValue = {
    ...x,
    id,
    dims: builder.shapeOf(id),
    keeps: [],
    quality: undefined,
  };
  const attrs = { strides: [stride, stride], low: [pad, pad], high: [pad, pad] };
  const out = emitOp(frame, span, 'conv2d', [{ ...x, keeps: [] }, window], attrs);
  if (out.kind === 'error') return undefined;
  const concrete = [size, stride, pad].every(n => typeof n === 'number');
  const { keep } = builder.registry.get('conv2d') as unknown as OpDef;
  const types = [x, window].map(v => builder.typeOf(v.id));
  const query = { inputs: [x.keeps, []], types, outputs: [builder.typeOf(out.id)], attrs, builder };
  const keeps: readonly Keep[] = concrete && x.keeps.length > 0 ? (keep(query).outputs[0] ?? []) : [];
  return { ...out, keeps };
}

const lowest = -3.4028234663852886e38;

/** The maximum over the window's places of the map moved by each: x[i·stride + a, j·stride + b]. */
function largest(
  call: IntrinsicCall,
  x: TensorValue,
  typed: TensorValue,
  { size, stride, pad }: { readonly size: number; readonly stride: number; readonly pad: number },
): Value {
  const { frame, span } = call;
  const spatial = (keep: Keep): boolean => keep.axes.some(axis => axis === 1 || axis === 2);
  const id = x.keeps.filter(spatial).reduce((v, keep) => fillDropped(frame, v, keep, lowest), x.id);
  const whole: TensorValue = { ...x, id, keeps: [] };
  const edge = [0, pad, pad, 0];
  const padded =
    pad === 0 ? whole : emitOp(frame, span, 'pad', [whole], { low: edge, high: edge, value: lowest });
  if (padded.kind === 'error') return errorValue;
  const reach = (i: number): Dim => dimAdd(dimMul(dimSub(typed.dims[i] ?? 1, 1), stride), 1);
  let best: TensorValue | undefined;
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++) {
      const at = emitOp(frame, span, 'slice', [padded], {
        starts: [0, a, b, 0],
        limits: [padded.dims[0] ?? 1, dimAdd(reach(1), a), dimAdd(reach(2), b), padded.dims[3] ?? 1],
        strides: [1, stride, stride, 1],
      });
      if (at.kind === 'error') return errorValue;
      const next = best === undefined ? at : emitOp(frame, span, 'max', [best, at]);
      if (next.kind === 'error') return errorValue;
      best = next;
    }
  return best === undefined ? errorValue : { ...best, keeps: typed.keeps };
}

export const pooling: readonly Intrinsic[] = [maxPool];
