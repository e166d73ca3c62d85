// The gradient of flash attention: probabilities are made again from scores, their maximum and their sum.

import type { ValueId } from '../../ir/graph.ts';
import type { SampleInput } from '../../ir/op.ts';
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
import { alongside, oneFloat, operand, sameShape } from './rules.ts';

export const flashAttentionGrad = defineOp<Flash>({
  name: 'flash_attention_grad',
  kind: 'composite',
  doc: '(q, k, v, out, max, sum, dout, bias?) → (dq, dk, dv): p = exp(scale·q·kᵀ + bias − max)/sum, ds = p·(dout·vᵀ − Σ dout·out), dq = scale·ds·k, dk = scale·dsᵀ·q, dv = pᵀ·dout; dk and dv summed over the heads that share them.',
  shape: q => {
    const name = 'flash_attention_grad';
    const [ofQ, ofK, ofV, out, max, sum, dout] = [0, 1, 2, 3, 4, 5, 6].map(i => operand(name, q.inputs, i));
    const shapes = shapesOf(name, q.dims, q.inputs, q.inputs[7]);
    for (const type of [out!, dout!]) sameShape(name, q.dims, { ...type, shape: shapes.out }, type);
    for (const type of [max!, sum!]) sameShape(name, q.dims, { ...type, shape: shapes.rows }, type);
    return [ofQ!.shape, ofK!.shape, ofV!.shape];
  },
  dtype: q => {
    const dtype = oneFloat('flash_attention_grad', q.inputs);
    return [dtype, dtype, dtype];
  },
  keep: q => keeps(q, 'flash_attention_grad'),
  dependence: q => {
    const [ofQ, ofK] = q.types;
    const isWhole = q.axis > 1 || (q.axis === 1 && ofQ!.shape[1] !== ofK!.shape[1]);
    return q.types.map((type, i) => {
      if (isWhole) return { kind: 'all' };
      return i === 7 ? alongside(type, ofScores(ofQ!, ofK!), q.axis) : { kind: 'same', axis: q.axis };
    });
  },
  grad: { none: 'second derivatives of attention are not defined' },
  reference: q => {
    const [ofQ, ofK, ofV, out, max, sum, dout, bias] = q.inputs;
    const [dq, dk, dv] = q.outputs.map(q.allocate);
    const rows = rowsOf(ofQ!, ofK!, ofV!, bias, q.attrs);
    const { keys, width, values } = rows;
    const { data: p } = q.allocate({ dtype: q.outputs[0]!.dtype, shape: [keys] });
    rows.each((row, group, seen) => {
      rows.scores(row, group, seen, p);
      let along = 0;
      for (let c = 0; c < values; c++) along += dout!.data[row * values + c]! * out!.data[row * values + c]!;
      for (let s = 0; s < seen; s++) {
        const at = group * keys + s;
        const weight = Math.exp(p[s]! - max!.data[row]!) / sum!.data[row]!;
        let dp = 0;
        for (let c = 0; c < values; c++) {
          const dy = dout!.data[row * values + c]!;
          dp += dy * ofV!.data[at * values + c]!;
          dv!.data[at * values + c]! += weight * dy;
        }
        const ds = q.attrs.scale * weight * (dp - along);
        for (let c = 0; c < width; c++) {
          dq!.data[row * width + c]! += ds * ofK!.data[at * width + c]!;
          dk!.data[at * width + c]! += ds * ofQ!.data[row * width + c]!;
        }
      }
    });
    return [dq!, dk!, dv!];
  },
  samples: () => {
    const more = (rows: readonly number[], values: number): readonly SampleInput[] => [
      head(...rows, values),
      { ...head(...rows), low: 0, high: 1 },
      { ...head(...rows), low: 1, high: 3 },
      head(...rows, values),
    ];
    return [
      { name: 'plain', inputs: [...plain, ...more([2, 2, 3], 4)], attrs: { scale: 0.5, causal: false } },
      {
        name: 'grouped queries',
        inputs: [...shared, ...more([1, 4, 2], 4)],
        attrs: { scale: 0.5, causal: true },
      },
      {
        name: 'bias of one row',
        inputs: [...shared, ...more([1, 4, 2], 4), head(2, 5)],
        attrs: { scale: 0.3, causal: false },
      },
    ];
  },
  flops: q => flopsOf(q.types, 3, 2),
  decompose: ({ builder: b, inputs: [ofQ, ofK, ofV, out, max, sum, dout, bias], attrs }) => {
    const groups = b.shapeOf(ofK!)[1]!;
    const column = (id: ValueId): ValueId => b.one('reshape', [id], { shape: [...b.shapeOf(id), 1] });
    const e = b.one('exp', [b.one('sub', [scoresOf(b, ofQ!, ofK!, bias, attrs), column(max!)])]);
    const p = b.one('div', [e, column(sum!)]);
    const along = b.one('reduce_sum', [b.one('mul', [dout!, out!])], { axes: [3], keepdims: true });
    const dp = byHead(b, dot(b, byGroup(b, dout!, groups), ofV!, [4], [3]));
    const dscores = b.one('mul', [p, b.one('sub', [dp, along])]);
    const ds = byGroup(b, b.one('mul', [dscores, b.constant(attrs.scale, b.typeOf(ofQ!).dtype)]), groups);
    return [
      byHead(b, dot(b, ds, ofK!, [4], [2])),
      dot(b, ds, byGroup(b, ofQ!, groups), [2, 3], [2, 3]),
      dot(b, byGroup(b, p, groups), byGroup(b, dout!, groups), [2, 3], [2, 3]),
    ];
  },
});
