// Attention that keeps no probabilities: per query the largest score and the sum of exponentials, from which the
// gradient makes them again block by block (arXiv:2205.14135, 2307.08691). Made of `attention` after differentiation,
// where nothing else reads its probabilities. Heads h·H/G … (h+1)·H/G − 1 share the keys and values h (arXiv:2305.13245).

import type { Dim } from '../../base/dim.ts';
import type { TensorType } from '../../ir/graph.ts';
import type { Dependence } from '../../ir/op.ts';
import { defineOp } from '../define.ts';
import {
  byGroup,
  byHead,
  dot,
  type Flash,
  flopsOf,
  head,
  keeps,
  ofScores,
  plain,
  rowsOf,
  scoresOf,
  shapesOf,
  shared,
} from './flash-scores.ts';
import { alongside, oneFloat } from './rules.ts';

/** Heads of one operand beside heads of another; where groups are shared, all heads of it. */
const besideHeads = (type: TensorType, heads: Dim): Dependence =>
  type.shape[1] === heads ? { kind: 'same', axis: 1 } : { kind: 'all' };

const padded = {
  type: { dtype: 'f32', shape: [2, 1, 1, 3] },
  values: [0, 0, -1e30, -1e30, -1e30, -1e30],
} as const;

export const flashAttention = defineOp<Flash>({
  name: 'flash_attention',
  kind: 'composite',
  doc: '(q[B, H, T, K], k[B, G, S, K], v[B, G, S, V], bias?) → (softmax(scale·q·kᵀ + bias)·v, max, sum): attention without its probabilities, for each query the largest score m and Σ exp(score − m).',
  shape: q => {
    const { out, rows } = shapesOf('flash_attention', q.dims, q.inputs, q.inputs[3]);
    return [out, rows, rows];
  },
  dtype: q => {
    const dtype = oneFloat('flash_attention', q.inputs);
    return [dtype, dtype, dtype];
  },
  keep: q => keeps(q, 'flash_attention'),
  dependence: q => {
    const [ofQ, ofK, , ofBias] = q.types;
    const isOut = q.output === 0;
    const bias = (axis: number): readonly Dependence[] =>
      ofBias === undefined ? [] : [alongside(ofBias, ofScores(ofQ!, ofK!), axis)];
    const values = (of: Dependence): Dependence => (isOut ? of : { kind: 'none' });
    switch (q.axis) {
      case 0:
        return [
          { kind: 'same', axis: 0 },
          { kind: 'same', axis: 0 },
          values({ kind: 'same', axis: 0 }),
          ...bias(0),
        ];
      case 1: {
        const keys = besideHeads(ofK!, ofQ!.shape[1]!);
        return [{ kind: 'same', axis: 1 }, keys, values(keys), ...bias(1)];
      }
      case 2: {
        const keys: Dependence = q.attrs.causal ? { kind: 'past', axis: 2 } : { kind: 'all' };
        return [{ kind: 'same', axis: 2 }, keys, values(keys), ...bias(2)];
      }
      default:
        return [
          { kind: 'all' },
          { kind: 'all' },
          { kind: 'same', axis: 3 },
          ...bias(0).map(() => ({ kind: 'all' }) as const),
        ];
    }
  },
  grad: { none: 'flash_attention is made after differentiation' },
  reference: q => {
    const [ofQ, ofK, ofV, bias] = q.inputs;
    const [out, max, sum] = q.outputs.map(q.allocate);
    const rows = rowsOf(ofQ!, ofK!, ofV!, bias, q.attrs);
    const { data: e } = q.allocate({ dtype: q.outputs[0]!.dtype, shape: [rows.keys] });
    rows.each((row, group, seen) => {
      rows.scores(row, group, seen, e);
      let most = Number.NEGATIVE_INFINITY;
      for (let s = 0; s < seen; s++) if (!(e[s]! <= most)) most = e[s]!;
      let total = 0;
      for (let s = 0; s < seen; s++) {
        e[s] = Math.exp(e[s]! - most);
        total += e[s]!;
      }
      for (let c = 0; c < rows.values; c++) {
        let dot = 0;
        for (let s = 0; s < seen; s++) dot += e[s]! * ofV!.data[(group * rows.keys + s) * rows.values + c]!;
        out!.data[row * rows.values + c] = dot / total;
      }
      max!.data[row] = most;
      sum!.data[row] = total;
    });
    return [out!, max!, sum!];
  },
  samples: () => [
    { name: 'plain', inputs: plain, attrs: { scale: 0.5, causal: false } },
    {
      name: 'causal, fewer queries than keys',
      inputs: [head(1, 2, 2, 4), head(1, 2, 5, 4), head(1, 2, 5, 3)],
      attrs: { scale: 0.3, causal: true },
    },
    {
      name: 'causal, more queries than keys',
      inputs: [head(1, 2, 5, 4), head(1, 2, 2, 4), head(1, 2, 2, 3)],
      attrs: { scale: 0.3, causal: true },
    },
    { name: 'grouped queries', inputs: shared, attrs: { scale: 0.3, causal: false } },
    { name: 'full bias', inputs: [...plain, head(2, 2, 3, 3)], attrs: { scale: 0.5, causal: true } },
    { name: 'bias of one row', inputs: [...shared, head(2, 5)], attrs: { scale: 0.5, causal: false } },
    { name: 'padded keys, one row wholly', inputs: [...plain, padded], attrs: { scale: 0.5, causal: false } },
  ],
  flops: q => flopsOf(q.types, 1, 1),
  decompose: ({ builder: b, inputs: [ofQ, ofK, ofV, bias], attrs }) => {
    const scores = scoresOf(b, ofQ!, ofK!, bias, attrs);
    const max = b.one('reduce_max', [scores], { axes: [3], keepdims: true });
    const e = b.one('exp', [b.one('sub', [scores, max])]);
    const sum = b.one('reduce_sum', [e], { axes: [3], keepdims: true });
    const p = byGroup(b, b.one('div', [e, sum]), b.shapeOf(ofK!)[1]!);
    const rows = { shape: b.shapeOf(scores).slice(0, 3) };
    return [
      byHead(b, dot(b, p, ofV!, [4], [2])),
      b.one('reshape', [max], rows),
      b.one('reshape', [sum], rows),
    ];
  },
});
