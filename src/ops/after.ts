// An order between values that isn't an order of data: what recomputation keeps engines from undoing.

import { defineOp } from './define.ts';
import { f32, i32 } from './sample-inputs.ts';
import { takes } from './shape-rules.ts';

type NoAttrs = Readonly<Record<string, never>>;

/** As `optimization_barrier` of StableHLO: without it an engine may merge what is to be computed twice. */
export const after = defineOp<NoAttrs>({
  name: 'after',
  kind: 'core',
  doc: 'y = x, there only once the second input is; an engine takes y for another value than x',
  shape: q => [takes('after', q, 2)[0]!.shape],
  dtype: q => [q.inputs[0]!.dtype],
  keep: q => ({ fills: [], outputs: [q.inputs[0]!] }),
  dependence: q => [{ kind: 'same', axis: q.axis }, { kind: 'none' }],
  grad: q => [q.grads[0], undefined],
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    out.data.set(q.inputs[0]!.data);
    return [out];
  },
  samples: () => [
    { name: 'a matrix after a vector', inputs: [f32([2, 3]), f32([4])], attrs: {} },
    { name: 'a scalar after a matrix', inputs: [i32([], { high: 9 }), f32([2, 2])], attrs: {} },
    { name: 'after a scalar', inputs: [f32([3, 1, 2]), i32([])], attrs: {} },
    { name: 'nothing after something', inputs: [f32([0, 2]), f32([3])], attrs: {} },
  ],
  flops: () => 0,
});
