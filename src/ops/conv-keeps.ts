// Keeps through conv2d: the window zero-fills, and a strided output position is kept where the centre of its window is.

import type { Dim } from '../base/dim.ts';
import { dimAdd, dimMul, dimSub } from '../base/dim.ts';
import type { ValueId } from '../ir/graph.ts';
import type { Fill, Keep, KeepFlow, KeepQuery } from '../ir/op.ts';
import type { WindowAttrs } from './conv-window.ts';
import { consumeKeeps, distinctKeeps } from './keep-rules.ts';

export function convKeep(q: KeepQuery<WindowAttrs>): KeepFlow {
  const w = consumeKeeps(q.builder, 1, q.inputs[1]!, [0, 1, 2], 0, () => 3);
  const fills: Fill[] = [];
  const outputs: Keep[] = [];
  for (const keep of q.inputs[0]!) {
    const channels = keep.axes.includes(3);
    const spatial = keep.axes.filter(axis => axis === 1 || axis === 2);
    if (channels || spatial.some(axis => q.types[1]!.shape[axis - 1] !== 1))
      fills.push({ input: 0, keep, value: 0 });
    if (!channels) outputs.push({ mask: atCentres(q, keep), axes: keep.axes });
  }
  return { fills: [...fills, ...w.fills], outputs: [distinctKeeps([...outputs, ...w.kept])] };
}

/**
 * The mask at t·stride + (window − 1) // 2 − low for each output position t. Where padding puts a centre outside x
 * the mask is false.
 */
function atCentres(q: KeepQuery<WindowAttrs>, keep: Keep): ValueId {
  const b = q.builder;
  const low: number[] = [];
  const high: number[] = [];
  const starts: number[] = [];
  const limits: Dim[] = [];
  const strides: number[] = [];
  for (const axis of keep.axes) {
    const i = axis - 1;
    const size = q.types[0]!.shape[axis]!;
    const window = q.types[1]!.shape[i];
    const inside = axis === 1 || axis === 2 ? q.attrs : undefined;
    const half = typeof window === 'number' ? window - 1 : 0;
    const centre = inside === undefined ? 0 : Math.floor(half / 2) - inside.low[i]!;
    const beyond = inside === undefined ? 0 : inside.high[i]! - Math.ceil(half / 2);
    const stride = inside?.strides[i] ?? 1;
    const start = Math.max(0, centre);
    low.push(Math.max(0, -centre));
    high.push(Math.max(0, beyond));
    starts.push(start);
    strides.push(stride);
    const count = inside === undefined ? size : q.outputs[0]!.shape[axis]!;
    limits.push(dimAdd(dimMul(dimSub(count, 1), stride), start + 1));
  }
  const padded = [...low, ...high].some(n => n > 0)
    ? b.one('pad', [keep.mask], { low, high, value: 0 })
    : keep.mask;
  const whole = b
    .shapeOf(padded)
    .every((dim, k) => starts[k] === 0 && strides[k] === 1 && dimSub(dim, limits[k]!) === 0);
  return whole ? padded : b.one('slice', [padded], { starts, limits, strides });
}
