// Norms over the last axis, without scale and shift (those are plain mul and add), and their gradients from the
// normalized values.

import type { Dim } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import { fault } from '../../ir/builder.ts';
import type { TensorType, ValueId } from '../../ir/graph.ts';
import type { OpDef } from '../../ir/op.ts';
import { defineOp } from '../define.ts';
import { distinctKeeps } from '../keep-rules.ts';
import {
  count,
  flattenedAt,
  lastOf,
  oneFloat,
  operand,
  rowDependence,
  sameShape,
  walk,
  wholeRows,
} from './rules.ts';

type Epsilon = { readonly epsilon: number };
type NoAttrs = Record<string, never>;

const lastAxis = (type: TensorType): number => type.shape.length - 1;
const rows = (type: TensorType): readonly Dim[] => flattenedAt(type.shape, lastAxis(type));

/** Σ over the last axis, kept as 1. */
function rowSum(b: Builder, x: ValueId): ValueId {
  return b.one('reduce_sum', [x], { axes: [b.shapeOf(x).length - 1], keepdims: true });
}

function rowMean(b: Builder, x: ValueId): ValueId {
  const length = b.shapeOf(x).at(-1);
  if (typeof length !== 'number') return fault('a norm is decomposed only where its last axis is known');
  return b.one('mul', [rowSum(b, x), b.constant(1 / length, b.typeOf(x).dtype)]);
}

interface Norm {
  readonly name: string;
  readonly doc: string;
  readonly centred: boolean;
}

/** x → (x̂, 1/σ), σ² = mean((x − μ)²) + ε with μ = mean(x) where centred, else 0. */
function norm({ name, doc, centred }: Norm): OpDef<Epsilon> {
  return defineOp<Epsilon>({
    name,
    kind: 'composite',
    doc,
    shape: q => {
      const x = operand(name, q.inputs, 0);
      lastOf(name, x);
      return [x.shape, rows(x)];
    },
    dtype: q => {
      const dtype = oneFloat(name, q.inputs);
      return [dtype, dtype];
    },
    keep: q => {
      wholeRows(name, q.inputs, lastAxis(q.types[0]!));
      return { fills: [], outputs: [q.inputs[0]!, q.inputs[0]!] };
    },
    dependence: q => rowDependence({ ...q, output: 0 }, lastAxis(q.types[0]!)),
    grad: q => {
      const [dy, dinverse] = q.grads;
      const { builder: b } = q;
      const [xhat, inverse] = q.outputs;
      const main = dy === undefined ? undefined : b.one(`${name}_grad`, [xhat!, inverse!, dy]);
      if (dinverse === undefined) return [main];
      // d(1/σ)/dx = −x̂ / (n·σ²)
      const length = b.shapeOf(xhat!).at(-1);
      if (typeof length !== 'number') return fault(`the gradient of ${name} needs a known last axis`);
      const scale = b.one('mul', [
        b.one('mul', [inverse!, inverse!]),
        b.constant(-1 / length, b.typeOf(xhat!).dtype),
      ]);
      const side = b.one('mul', [xhat!, b.one('mul', [dinverse, scale])]);
      return [main === undefined ? side : b.one('add', [main, side])];
    },
    reference: q => {
      const x = q.inputs[0]!;
      const xhat = q.allocate(q.outputs[0]!);
      const inverse = q.allocate(q.outputs[1]!);
      const { outer, length } = walk(x.shape, x.shape.length - 1);
      for (let row = 0; row < outer; row++) {
        const start = row * length;
        let mean = 0;
        if (centred) for (let k = 0; k < length; k++) mean += x.data[start + k]! / length;
        let variance = 0;
        for (let k = 0; k < length; k++) variance += (x.data[start + k]! - mean) ** 2 / length;
        const scale = 1 / Math.sqrt(variance + q.attrs.epsilon);
        inverse.data[row] = scale;
        for (let k = 0; k < length; k++) xhat.data[start + k] = (x.data[start + k]! - mean) * scale;
      }
      return [xhat, inverse];
    },
    samples: () => [
      {
        name: 'rows',
        inputs: [{ type: { dtype: 'f32', shape: [3, 6] }, low: -2, high: 3 }],
        attrs: { epsilon: 1e-5 },
      },
      { name: 'rank 3', inputs: [{ type: { dtype: 'f32', shape: [2, 2, 4] } }], attrs: { epsilon: 1e-3 } },
    ],
    flops: q => (centred ? 7 : 4) * count(q.outputs[0]!),
    decompose: ({ builder: b, inputs: [x], attrs: { epsilon } }) => {
      const centre = centred ? b.one('sub', [x!, rowMean(b, x!)]) : x!;
      const variance = rowMean(b, b.one('mul', [centre, centre]));
      const inverse = b.one('rsqrt', [b.one('add', [variance, b.constant(epsilon, b.typeOf(x!).dtype)])]);
      return [b.one('mul', [centre, inverse]), inverse];
    },
  });
}

/** (x̂, 1/σ, dy) → (dy − [mean(dy)] − x̂·mean(dy·x̂)) / σ, the bracket where centred. */
function normGrad({ name, doc, centred }: Norm): OpDef<NoAttrs> {
  return defineOp<NoAttrs>({
    name,
    kind: 'composite',
    doc,
    shape: q => {
      const [xhat, inverse, dy] = [0, 1, 2].map(i => operand(name, q.inputs, i)) as [
        TensorType,
        TensorType,
        TensorType,
      ];
      sameShape(name, q.dims, xhat, dy);
      sameShape(name, q.dims, { ...xhat, shape: rows(xhat) }, inverse);
      return [xhat.shape];
    },
    dtype: q => [oneFloat(name, q.inputs)],
    keep: q => {
      wholeRows(name, q.inputs, lastAxis(q.types[0]!));
      return { fills: [], outputs: [distinctKeeps(q.inputs.flat())] };
    },
    dependence: q => rowDependence(q, lastAxis(q.types[0]!)),
    grad: { none: 'second derivatives of norms are not defined' },
    reference: q => {
      const [xhat, inverse, dy] = q.inputs;
      const dx = q.allocate(q.outputs[0]!);
      const { outer, length } = walk(xhat!.shape, xhat!.shape.length - 1);
      for (let row = 0; row < outer; row++) {
        const start = row * length;
        let mean = 0;
        let along = 0;
        for (let k = start; k < start + length; k++) {
          if (centred) mean += dy!.data[k]! / length;
          along += (dy!.data[k]! * xhat!.data[k]!) / length;
        }
        for (let k = start; k < start + length; k++)
          dx.data[k] = (dy!.data[k]! - mean - xhat!.data[k]! * along) * inverse!.data[row]!;
      }
      return [dx];
    },
    samples: () => [
      {
        name: 'rows',
        inputs: [
          { type: { dtype: 'f32', shape: [3, 6] } },
          { type: { dtype: 'f32', shape: [3, 1] }, low: 0.5, high: 2 },
          { type: { dtype: 'f32', shape: [3, 6] } },
        ],
        attrs: {},
      },
    ],
    flops: q => (centred ? 8 : 6) * count(q.outputs[0]!),
    decompose: ({ builder: b, inputs: [xhat, inverse, dy] }) => {
      const along = b.one('mul', [xhat!, rowMean(b, b.one('mul', [dy!, xhat!]))]);
      const centre = centred ? b.one('sub', [dy!, rowMean(b, dy!)]) : dy!;
      return [b.one('mul', [b.one('sub', [centre, along]), inverse!])];
    },
  });
}

export const layerNorm = norm({
  name: 'layer_norm',
  doc: 'x → ((x − mean)/σ, 1/σ), σ = √(variance + ε) over the last axis (arXiv:1607.06450, without scale and shift).',
  centred: true,
});
export const layerNormGrad = normGrad({
  name: 'layer_norm_grad',
  doc: '(x̂, 1/σ, dy) → (dy − mean(dy) − x̂·mean(dy·x̂))/σ.',
  centred: true,
});
export const rmsNorm = norm({
  name: 'rms_norm',
  doc: 'x → (x/r, 1/r), r = √(mean(x²) + ε) over the last axis (arXiv:1910.07467, without scale).',
  centred: false,
});
export const rmsNormGrad = normGrad({
  name: 'rms_norm_grad',
  doc: '(x/r, 1/r, dy) → (dy − (x/r)·mean(dy·x/r))/r.',
  centred: false,
});
