// Softmax cross entropy of integer labels, which keeps the probabilities for its gradient: the logits are read once.

import { fault } from '../../ir/builder.ts';
import type { TensorType } from '../../ir/graph.ts';
import type { DimCheck } from '../../ir/op.ts';
import { defineOp } from '../define.ts';
import { distinctKeeps } from '../keep-rules.ts';
import { showType } from '../shape-rules.ts';
import {
  count,
  fillsAlong,
  keepsWithout,
  lastOf,
  masked,
  oneFloat,
  operand,
  sameShape,
  walk,
  wholeRows,
} from './rules.ts';

type NoAttrs = Record<string, never>;

function labelsFit(op: string, dims: DimCheck, logits: TensorType, labels: TensorType): void {
  lastOf(op, logits);
  if (labels.dtype !== 'i32') fault(`${op} takes labels of i32; these are ${showType(labels)}`);
  sameShape(op, dims, { dtype: 'i32', shape: logits.shape.slice(0, -1) }, labels);
}

const classes = (logits: TensorType): number => logits.shape.length - 1;

export const softmaxCrossEntropy = defineOp<NoAttrs>({
  name: 'softmax_cross_entropy',
  kind: 'composite',
  doc: '(logits[…, D], labels[…]) → (logsumexp(logits) − logits[label], softmax(logits)).',
  shape: q => {
    const logits = operand('softmax_cross_entropy', q.inputs, 0);
    const labels = operand('softmax_cross_entropy', q.inputs, 1);
    labelsFit('softmax_cross_entropy', q.dims, logits, labels);
    return [labels.shape, logits.shape];
  },
  dtype: q => {
    const dtype = oneFloat('softmax_cross_entropy', q.inputs.slice(0, 1));
    return [dtype, dtype];
  },
  keep: q => {
    const axis = classes(q.types[0]!);
    const rows = distinctKeeps([...keepsWithout(q.inputs[0]!, axis, false), ...q.inputs[1]!]);
    return {
      fills: [
        ...fillsAlong(0, q.inputs[0]!, axis, masked),
        ...q.inputs[1]!.map(keep => ({ input: 1, keep, value: 0 })),
      ],
      outputs: [rows, distinctKeeps([...q.inputs[0]!, ...q.inputs[1]!])],
    };
  },
  dependence: q => {
    const mixed = q.axis === classes(q.types[0]!);
    const depends = mixed ? ({ kind: 'all' } as const) : ({ kind: 'same', axis: q.axis } as const);
    return [depends, q.output === 0 ? depends : { kind: 'none' }];
  },
  grad: q => {
    const [dloss, dprobabilities] = q.grads;
    const { builder: b } = q;
    const probabilities = q.outputs[1]!;
    const main =
      dloss === undefined
        ? undefined
        : b.one('softmax_cross_entropy_grad', [probabilities, q.inputs[1]!, dloss]);
    if (dprobabilities === undefined) return [main, undefined];
    const side = b.one('softmax_grad', [probabilities, dprobabilities], {
      axis: b.shapeOf(probabilities).length - 1,
    });
    return [main === undefined ? side : b.one('add', [main, side]), undefined];
  },
  reference: q => {
    const [logits, labels] = q.inputs;
    const loss = q.allocate(q.outputs[0]!);
    const probabilities = q.allocate(q.outputs[1]!);
    const { outer, length } = walk(logits!.shape, logits!.shape.length - 1);
    for (let row = 0; row < outer; row++) {
      const start = row * length;
      const label = labels!.data[row]!;
      if (!(label >= 0 && label < length)) fault(`label ${label} is not one of ${length} classes`);
      let max = Number.NEGATIVE_INFINITY;
      for (let k = start; k < start + length; k++) if (!(logits!.data[k]! <= max)) max = logits!.data[k]!;
      let sum = 0;
      for (let k = start; k < start + length; k++) sum += Math.exp(logits!.data[k]! - max);
      for (let k = start; k < start + length; k++)
        probabilities.data[k] = Math.exp(logits!.data[k]! - max) / sum;
      loss.data[row] = max + Math.log(sum) - logits!.data[start + label]!;
    }
    return [loss, probabilities];
  },
  samples: () => [
    {
      name: 'rows',
      inputs: [
        { type: { dtype: 'f32', shape: [4, 5] }, low: -3, high: 3 },
        { type: { dtype: 'i32', shape: [4] }, values: [0, 4, 2, 2] },
      ],
      attrs: {},
    },
    {
      name: 'sequence',
      inputs: [
        { type: { dtype: 'f32', shape: [2, 3, 4] } },
        { type: { dtype: 'i32', shape: [2, 3] }, high: 4 },
      ],
      attrs: {},
    },
  ],
  flops: q => 6 * count(q.types[0]!),
  decompose: ({ builder: b, inputs: [logits, labels] }) => {
    const shape = b.shapeOf(logits!);
    const axis = shape.length - 1;
    const max = b.one('reduce_max', [logits!], { axes: [axis], keepdims: true });
    const shifted = b.one('sub', [logits!, max]);
    const e = b.one('exp', [shifted]);
    const sum = b.one('reduce_sum', [e], { axes: [axis], keepdims: true });
    const index = b.one('reshape', [labels!], { shape: [...shape.slice(0, -1), 1] });
    const picked = b.one('take_along', [shifted, index], { axis });
    const loss = b.one('reshape', [b.one('sub', [b.one('log', [sum]), picked])], {
      shape: shape.slice(0, -1),
    });
    return [loss, b.one('div', [e, sum])];
  },
});

export const softmaxCrossEntropyGrad = defineOp<NoAttrs>({
  name: 'softmax_cross_entropy_grad',
  kind: 'composite',
  doc: '(probabilities, labels, dloss) → (probabilities − onehot(labels))·dloss.',
  shape: q => {
    const name = 'softmax_cross_entropy_grad';
    const probabilities = operand(name, q.inputs, 0);
    const labels = operand(name, q.inputs, 1);
    labelsFit(name, q.dims, probabilities, labels);
    sameShape(name, q.dims, labels, operand(name, q.inputs, 2));
    return [probabilities.shape];
  },
  dtype: q => [oneFloat('softmax_cross_entropy_grad', [q.inputs[0]!, q.inputs[2] ?? q.inputs[0]!])],
  keep: q => {
    wholeRows('softmax_cross_entropy_grad', q.inputs.slice(0, 1), classes(q.types[0]!));
    return { fills: [], outputs: [distinctKeeps(q.inputs.flat())] };
  },
  dependence: q => {
    if (q.axis !== classes(q.types[0]!)) return q.types.map(() => ({ kind: 'same', axis: q.axis }));
    return [{ kind: 'same', axis: q.axis }, { kind: 'all' }, { kind: 'all' }];
  },
  grad: { none: 'second derivatives of cross entropy are not defined' },
  reference: q => {
    const [probabilities, labels, dloss] = q.inputs;
    const dx = q.allocate(q.outputs[0]!);
    const { outer, length } = walk(probabilities!.shape, probabilities!.shape.length - 1);
    for (let row = 0; row < outer; row++) {
      for (let k = 0; k < length; k++) {
        const at = row * length + k;
        dx.data[at] = (probabilities!.data[at]! - (k === labels!.data[row] ? 1 : 0)) * dloss!.data[row]!;
      }
    }
    return [dx];
  },
  samples: () => [
    {
      name: 'rows',
      inputs: [
        { type: { dtype: 'f32', shape: [3, 4] }, low: 0, high: 0.5 },
        { type: { dtype: 'i32', shape: [3] }, values: [3, 0, 1] },
        { type: { dtype: 'f32', shape: [3] } },
      ],
      attrs: {},
    },
  ],
  flops: q => 2 * count(q.outputs[0]!),
  decompose: ({ builder: b, inputs: [probabilities, labels, dloss] }) => {
    const shape = b.shapeOf(probabilities!);
    const { dtype } = b.typeOf(probabilities!);
    const rows = [...shape.slice(0, -1), 1];
    const line = [...shape.slice(0, -1).map(() => 1), shape.at(-1)!];
    const positions = b.one('iota', [], { dtype: 'i32', shape: line, axis: shape.length - 1 });
    const hit = b.one('equal', [positions, b.one('reshape', [labels!], { shape: rows })]);
    const centred = b.one('sub', [probabilities!, b.one('cast', [hit], { to: dtype })]);
    return [b.one('mul', [centred, b.one('reshape', [dloss!], { shape: rows })])];
  },
});
