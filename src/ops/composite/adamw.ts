// The AdamW step of one weight (arXiv:1711.05101, algorithm 2), with the learning rate and the bias corrections as
// scalars of the step.

import { fault } from '../../ir/builder.ts';
import { defineOp } from '../define.ts';
import { showType } from '../shape-rules.ts';
import { count, elementwiseDependence, elementwiseKeep, oneFloat, operand, sameShape } from './rules.ts';

type AdamW = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decay: number;
};

export const adamwUpdate = defineOp<AdamW>({
  name: 'adamw_update',
  kind: 'composite',
  doc: "(w, g, m, v, rate, correction1, correction2) → (w', m', v'): m' = β1·m + (1 − β1)·g, v' = β2·v + (1 − β2)·g², w' = w − rate·((m'/correction1)/(√(v'/correction2) + ε) + decay·w); correction_i = 1 − β_i^step.",
  shape: q => {
    const w = operand('adamw_update', q.inputs, 0);
    for (let i = 1; i < 4; i++) sameShape('adamw_update', q.dims, w, operand('adamw_update', q.inputs, i));
    for (let i = 4; i < 7; i++) {
      const scalar = operand('adamw_update', q.inputs, i);
      if (scalar.shape.length > 0)
        fault(`adamw_update takes a scalar as input ${i}; this is ${showType(scalar)}`);
    }
    return [w.shape, w.shape, w.shape];
  },
  dtype: q => {
    const dtype = oneFloat('adamw_update', q.inputs);
    return [dtype, dtype, dtype];
  },
  keep: elementwiseKeep,
  dependence: elementwiseDependence,
  grad: { none: 'an update is not differentiated' },
  reference: q => {
    const [w, g, m, v, rate, correction1, correction2] = q.inputs.map(t => t.data);
    const [nextW, nextM, nextV] = q.outputs.map(q.allocate);
    const { beta1, beta2, epsilon, decay } = q.attrs;
    for (let i = 0; i < w!.length; i++) {
      const mi = beta1 * m![i]! + (1 - beta1) * g![i]!;
      const vi = beta2 * v![i]! + (1 - beta2) * g![i]! * g![i]!;
      const step = mi / correction1![0]! / (Math.sqrt(vi / correction2![0]!) + epsilon);
      nextM!.data[i] = mi;
      nextV!.data[i] = vi;
      nextW!.data[i] = w![i]! - rate![0]! * (step + decay * w![i]!);
    }
    return [nextW!, nextM!, nextV!];
  },
  samples: () => {
    const tensor = { type: { dtype: 'f32', shape: [2, 3] } } as const;
    const scalar = (value: number) => ({ type: { dtype: 'f32', shape: [] }, values: [value] }) as const;
    const inputs = [
      tensor,
      tensor,
      tensor,
      { ...tensor, low: 0, high: 1 },
      scalar(0.01),
      scalar(0.19),
      scalar(0.002),
    ];
    const attrs = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    return [
      { name: 'with decay', inputs, attrs: { ...attrs, decay: 0.1 } },
      { name: 'without decay', inputs, attrs: { ...attrs, decay: 0 } },
    ];
  },
  flops: q => 14 * count(q.outputs[0]!),
  decompose: ({ builder: b, inputs, attrs: { beta1, beta2, epsilon, decay } }) => {
    const [w, g, m, v, rate, correction1, correction2] = inputs;
    const { dtype } = b.typeOf(w!);
    const mul = (x: number, y: number) => b.one('mul', [x, y]);
    const scaled = (x: number, by: number) => mul(x, b.constant(by, dtype));
    const nextM = b.one('add', [scaled(m!, beta1), scaled(g!, 1 - beta1)]);
    const nextV = b.one('add', [scaled(v!, beta2), scaled(mul(g!, g!), 1 - beta2)]);
    const root = b.one('sqrt', [b.one('div', [nextV, correction2!])]);
    const size = b.one('div', [rate!, correction1!]);
    const step = b.one('div', [mul(nextM, size), b.one('add', [root, b.constant(epsilon, dtype)])]);
    // w − rate·decay·w = w·(1 − rate·decay): one pass over w.
    const shrunk = decay === 0 ? w! : mul(w!, b.one('sub', [b.constant(1, dtype), scaled(rate!, decay)]));
    return [b.one('sub', [shrunk, step]), nextM, nextV];
  },
});
