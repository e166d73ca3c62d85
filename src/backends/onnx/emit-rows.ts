// Composites along one axis: softmax, logsumexp, norms, cross entropy, with their gradients.

import { flagAttr, input, inputType, numberAttr } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { reshaped } from './emit.ts';
import { castTo } from './emit-elementwise.ts';
import type { Writer } from './writer.ts';

const softmax: Emit = q => [q.w.one('Softmax', [input(q, 0)], { axis: numberAttr(q, 'axis') })];

/** y·(dy − Σ y·dy). */
export function softmaxGradient(w: Writer, y: string, dy: string, axis: number): string {
  const sum = w.one('ReduceSum', [w.one('Mul', [y, dy]), w.ints([axis])], { keepdims: 1 });
  return w.one('Mul', [y, w.one('Sub', [dy, sum])]);
}

const softmaxGrad: Emit = q => [softmaxGradient(q.w, input(q, 0), input(q, 1), numberAttr(q, 'axis'))];

const logsumexp: Emit = q => [
  q.w.one('ReduceLogSumExp', [input(q, 0), q.w.ints([numberAttr(q, 'axis')])], {
    keepdims: flagAttr(q, 'keepdims') ? 1 : 0,
  }),
];

const ones = (w: Writer, count: number): string => w.tensor('f32', [count], new Array<number>(count).fill(1));

const lastDim = (q: EmitQuery): number => inputType(q, 0).shape.at(-1) ?? 1;

const layerNorm: Emit = q => {
  const [xhat, , inverse] = q.w.node(
    'LayerNormalization',
    [input(q, 0), ones(q.w, lastDim(q))],
    { axis: -1, epsilon: { float: numberAttr(q, 'epsilon') } },
    { outputs: [true, false, q.used[1] ?? true] },
  );
  return [xhat!, inverse!];
};

/** ONNX Runtime's own op of the ai.onnx domain: LayerNormalization without the mean. */
const rmsNorm: Emit = q => {
  const [xhat, inverse] = q.w.node(
    'SimplifiedLayerNormalization',
    [input(q, 0), ones(q.w, lastDim(q))],
    { axis: -1, epsilon: { float: numberAttr(q, 'epsilon') } },
    { outputs: [true, q.used[1] ?? true] },
  );
  return [xhat!, inverse!];
};

/** The mean of each row: three times faster than a product with a column of 1/D. */
const rowMean = (w: Writer, x: string): string => w.one('ReduceMean', [x, w.ints([-1])], { keepdims: 1 });

/** inverse·(dy − [mean(dy)] − x̂·mean(dy·x̂)). */
const normGrad =
  (centred: boolean): Emit =>
  q => {
    const { w } = q;
    const [xhat, inverse, dy] = [input(q, 0), input(q, 1), input(q, 2)];
    const along = w.one('Mul', [xhat, rowMean(w, w.one('Mul', [dy, xhat]))]);
    const centre = centred ? w.one('Sub', [dy, rowMean(w, dy)]) : dy;
    return [w.one('Mul', [w.one('Sub', [centre, along]), inverse])];
  };

/** loss = −log softmax(logits)[label]; the probabilities only where something reads them. */
const crossEntropy: Emit = q => {
  const { w } = q;
  const { shape } = inputType(q, 0);
  const rows = shape.slice(0, -1);
  const axis = rows.length;
  const logs = w.one('LogSoftmax', [input(q, 0)], { axis });
  const index = reshaped(w, clampedLabels(q), rows, [...rows, 1]);
  const picked = w.one('Neg', [w.one('GatherElements', [logs, index], { axis })]);
  const loss = reshaped(w, picked, [...rows, 1], rows);
  return [loss, q.used[1] === false ? '' : w.one('Exp', [logs])];
};

/** Labels outside 0 … D − 1 count as the nearest class, as in gather. */
function clampedLabels(q: EmitQuery): string {
  const { w } = q;
  return w.one('Clip', [input(q, 1), w.scalar(0, 'i32'), w.scalar(Math.max(lastDim(q) - 1, 0), 'i32')]);
}

/** (probabilities − onehot(labels))·dloss. */
const crossEntropyGrad: Emit = q => {
  const { w } = q;
  const { shape } = inputType(q, 0);
  const rows = shape.slice(0, -1);
  const classes = w.tensor(
    'i32',
    [lastDim(q)],
    Array.from({ length: lastDim(q) }, (_, i) => i),
  );
  const labels = reshaped(w, clampedLabels(q), rows, [...rows, 1]);
  const hit = castTo(w, w.one('Equal', [labels, classes]), 'f32');
  const centred = w.one('Sub', [input(q, 0), hit]);
  return [w.one('Mul', [centred, reshaped(w, input(q, 2), rows, [...rows, 1])])];
};

export const rowOps = {
  softmax,
  softmax_grad: softmaxGrad,
  logsumexp,
  layer_norm: layerNorm,
  layer_norm_grad: normGrad(true),
  rms_norm: rmsNorm,
  rms_norm_grad: normGrad(false),
  softmax_cross_entropy: crossEntropy,
  softmax_cross_entropy_grad: crossEntropyGrad,
} as const satisfies Readonly<Record<string, Emit>>;
