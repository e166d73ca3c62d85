// Scaled dot-product attention (arXiv:1706.03762) over heads that stand apart: q[B,H,T,K], k[B,H,S,K], v[B,H,S,V].

import type { Dim } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import { fault } from '../../ir/builder.ts';
import type { TensorType, ValueId } from '../../ir/graph.ts';
import type { DimCheck, KeepFlow, KeepQuery, SampleInput } from '../../ir/op.ts';
import { defineOp } from '../define.ts';
import { unbroadcast } from '../gradient-rules.ts';
import { broadcastKeep, distinctKeeps } from '../keep-rules.ts';
import { showType } from '../shape-rules.ts';
import { broadcastIndex, broadcasts, withoutFuture } from './attention-scores.ts';
import { alongside, concrete, fillsAlong, masked, oneFloat, operand, sameShape } from './rules.ts';

type Attention = {
  readonly scale: number;
  /** Query t sees the keys up to t. */
  readonly causal: boolean;
};
type AttentionGrad = { readonly scale: number };

/** Batched over B and H, contracting one axis of each. */
function dot(b: Builder, lhs: ValueId, rhs: ValueId, lhsAxis: number, rhsAxis: number): ValueId {
  const dims = { lhsBatch: [0, 1], rhsBatch: [0, 1], lhsContract: [lhsAxis], rhsContract: [rhsAxis] };
  return b.one('dot_general', [lhs, rhs], dims);
}

/** (dq, dk) of scale·q·kᵀ. */
function scoresGrad(b: Builder, q: ValueId, k: ValueId, dscores: ValueId, scale: number): [ValueId, ValueId] {
  const factor = b.constant(scale, b.typeOf(q).dtype);
  return [b.one('mul', [dot(b, dscores, k, 3, 2), factor]), b.one('mul', [dot(b, dscores, q, 2, 2), factor])];
}

interface Sizes {
  readonly out: readonly Dim[];
  readonly scores: readonly Dim[];
}

function sizes(op: string, dims: DimCheck, q: TensorType, k: TensorType, v: TensorType): Sizes {
  for (const type of [q, k, v])
    if (type.shape.length !== 4) fault(`${op} takes q, k and v of rank 4; one is ${showType(type)}`);
  const [batch, heads, queries, width] = q.shape as readonly [Dim, Dim, Dim, Dim];
  const keys = k.shape[2]!;
  const fits = (shape: readonly Dim[], expected: readonly (Dim | undefined)[]): boolean =>
    shape.every((d, i) => expected[i] === undefined || dims.same(d, expected[i]));
  if (!fits(k.shape, [batch, heads, undefined, width]))
    fault(`${op} takes k[B, H, S, K] beside q[B, H, T, K]; these are ${showType(k)} and ${showType(q)}`);
  if (!fits(v.shape, [batch, heads, keys, undefined]))
    fault(`${op} takes v[B, H, S, V] beside k[B, H, S, K]; these are ${showType(v)} and ${showType(k)}`);
  return { out: [batch, heads, queries, v.shape[3]!], scores: [batch, heads, queries, keys] };
}

/** Axes B, H and T of q and its results; padding of keys is the bias's business, whose dropped keys are hidden. */
function keeps<A extends Attention>(q: KeepQuery<A>): KeepFlow {
  const [ofQ, ofK, ofV, ofBias = []] = q.inputs;
  for (const keep of [...ofK!, ...ofV!])
    if (keep.axes.some(a => a > 1)) fault('attention takes the padding of its keys as a bias of −1e30');
  if (ofQ!.some(k => k.axes.includes(3))) fault('attention cannot skip padding along the width of a head');
  const bias = q.types[3]?.shape ?? [];
  const scores = q.outputs[1]!.shape;
  const lastAxis = bias.length - 1;
  const rows = ofBias
    .filter(k => !k.axes.includes(lastAxis))
    .map(k => broadcastKeep(q.builder, k, bias, scores));
  const joined = distinctKeeps([...ofQ!, ...ofK!, ...ofV!, ...rows]);
  return { fills: fillsAlong(3, ofBias, lastAxis, masked), outputs: [joined, joined] };
}

const head = (...shape: number[]): SampleInput => ({ type: { dtype: 'f32', shape } });

export const attention = defineOp<Attention>({
  name: 'attention',
  kind: 'composite',
  doc: '(q, k, v, bias?) → (p·v, p), p = softmax(scale·q·kᵀ + bias), keys after the query hidden where causal.',
  shape: q => {
    const [a, b, c] = [0, 1, 2].map(i => operand('attention', q.inputs, i)) as [
      TensorType,
      TensorType,
      TensorType,
    ];
    const { out, scores } = sizes('attention', q.dims, a, b, c);
    const bias = q.inputs[3];
    if (bias !== undefined && !broadcasts(q.dims, bias.shape, scores))
      fault(`attention takes a bias that broadcasts to [B, H, T, S]; this is ${showType(bias)}`);
    return [out, scores];
  },
  dtype: q => {
    const dtype = oneFloat('attention', q.inputs);
    return [dtype, dtype];
  },
  keep: keeps,
  dependence: q => {
    const [ofQ, ofK, ofV, ofBias] = q.types;
    const result = q.outputs[q.output]!;
    const reads = (type: TensorType, to: TensorType) => alongside(type, to, q.axis);
    const scores = { dtype: result.dtype, shape: [...ofQ!.shape.slice(0, 3), ofK!.shape[2]!] };
    const bias =
      ofBias === undefined ? [] : [q.axis === 3 ? { kind: 'all' as const } : reads(ofBias, scores)];
    if (q.axis < 2) return [reads(ofQ!, ofQ!), reads(ofK!, ofK!), reads(ofV!, ofV!), ...bias];
    if (q.axis === 2) {
      const past = { kind: q.attrs.causal ? 'past' : 'all', axis: 2 } as const;
      const keys = past.kind === 'past' ? past : ({ kind: 'all' } as const);
      return [{ kind: 'same', axis: 2 }, keys, q.output === 0 ? keys : { kind: 'none' }, ...bias];
    }
    const values = q.output === 0 ? ({ kind: 'same', axis: 3 } as const) : ({ kind: 'none' } as const);
    return [{ kind: 'all' }, { kind: 'all' }, values, ...bias];
  },
  grad: q => {
    const { builder: b, attrs } = q;
    const [dout, dprobabilities] = q.grads;
    const [ofQ, ofK, ofV, bias] = q.inputs;
    const probabilities = q.outputs[1]!;
    const ofBias = (dscores: ValueId): ValueId | undefined =>
      bias !== undefined && q.wanted[3] === true ? unbroadcast(b, dscores, b.shapeOf(bias)) : undefined;
    const byValues =
      dout === undefined
        ? [undefined, undefined, undefined, undefined]
        : b.emit('attention_grad', [ofQ!, ofK!, ofV!, probabilities, dout], { scale: attrs.scale });
    if (dprobabilities === undefined) {
      const [dq, dk, dv, dscores] = byValues;
      const main = [dq, dk, dv];
      return bias === undefined ? main : [...main, dscores === undefined ? undefined : ofBias(dscores)];
    }
    const dscores = b.one('softmax_grad', [probabilities, dprobabilities], { axis: 3 });
    const byScores = [...scoresGrad(b, ofQ!, ofK!, dscores, attrs.scale), undefined, dscores];
    const [dq, dk, dv, all] = byValues.map((g, i) => {
      const other = byScores[i];
      return g === undefined ? other : other === undefined ? g : b.one('add', [g, other]);
    });
    return bias === undefined ? [dq, dk, dv] : [dq, dk, dv, ofBias(all!)];
  },
  reference: q => {
    const [ofQ, ofK, ofV, bias] = q.inputs;
    const [out, probabilities] = q.outputs.map(q.allocate);
    const [heads, queries, keys, width, values] = headSizes(ofQ!.shape, ofK!.shape, ofV!.shape);
    const biasAt = bias === undefined ? () => 0 : broadcastIndex(bias.shape, concrete(q.outputs[1]!));
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < queries; t++) {
        const row = (h * queries + t) * keys;
        const seen = q.attrs.causal ? Math.min(t + 1, keys) : keys;
        let max = Number.NEGATIVE_INFINITY;
        for (let s = 0; s < seen; s++) {
          let dot = 0;
          for (let c = 0; c < width; c++)
            dot += ofQ!.data[(h * queries + t) * width + c]! * ofK!.data[(h * keys + s) * width + c]!;
          const score = dot * q.attrs.scale + (bias === undefined ? 0 : bias.data[biasAt(row + s)]!);
          probabilities!.data[row + s] = score;
          if (!(score <= max)) max = score;
        }
        let sum = 0;
        for (let s = 0; s < seen; s++) {
          const e = Math.exp(probabilities!.data[row + s]! - max);
          probabilities!.data[row + s] = e;
          sum += e;
        }
        for (let s = 0; s < keys; s++)
          probabilities!.data[row + s] = s < seen ? probabilities!.data[row + s]! / sum : 0;
        for (let c = 0; c < values; c++) {
          let dot = 0;
          for (let s = 0; s < seen; s++)
            dot += probabilities!.data[row + s]! * ofV!.data[(h * keys + s) * values + c]!;
          out!.data[(h * queries + t) * values + c] = dot;
        }
      }
    }
    return [out!, probabilities!];
  },
  samples: () => {
    const qkv = [head(2, 2, 3, 4), head(2, 2, 3, 4), head(2, 2, 3, 4)];
    const padded = [0, 0, -1e30, -1e30, -1e30, -1e30];
    return [
      { name: 'plain', inputs: qkv, attrs: { scale: 0.5, causal: false } },
      { name: 'causal', inputs: qkv, attrs: { scale: 0.5, causal: true } },
      {
        name: 'cross lengths',
        inputs: [head(1, 2, 2, 4), head(1, 2, 5, 4), head(1, 2, 5, 3)],
        attrs: { scale: 0.3, causal: false },
      },
      { name: 'full bias', inputs: [...qkv, head(1, 2, 3, 3)], attrs: { scale: 0.5, causal: true } },
      {
        name: 'padded keys, one row wholly',
        inputs: [...qkv, { type: { dtype: 'f32', shape: [2, 1, 1, 3] }, values: padded }],
        attrs: { scale: 0.5, causal: false },
      },
    ];
  },
  flops: q => attentionFlops(q.types),
  decompose: ({ builder: b, inputs: [ofQ, ofK, ofV, bias], attrs: { scale, causal } }) => {
    const { dtype } = b.typeOf(ofQ!);
    const scaled = b.one('mul', [ofQ!, b.constant(scale, dtype)]);
    let scores = dot(b, scaled, ofK!, 3, 3);
    if (bias !== undefined) scores = b.one('add', [scores, bias]);
    if (causal) scores = withoutFuture(b, scores);
    const probabilities = b.one('softmax', [scores], { axis: 3 });
    return [dot(b, probabilities, ofV!, 3, 2), probabilities];
  },
});

export const attentionGrad = defineOp<AttentionGrad>({
  name: 'attention_grad',
  kind: 'composite',
  doc: '(q, k, v, p, dout) → (dq, dk, dv, dscores): dp = dout·vᵀ, dscores = p·(dp − Σ p·dp), dq = scale·dscores·k, dk = scale·dscoresᵀ·q, dv = pᵀ·dout. dscores is also the gradient of a full bias.',
  shape: q => {
    const name = 'attention_grad';
    const [a, b, c, p, dout] = [0, 1, 2, 3, 4].map(i => operand(name, q.inputs, i));
    const { out, scores } = sizes(name, q.dims, a!, b!, c!);
    sameShape(name, q.dims, { ...p!, shape: scores }, p!);
    sameShape(name, q.dims, { ...dout!, shape: out }, dout!);
    return [a!.shape, b!.shape, c!.shape, scores];
  },
  dtype: q => {
    const dtype = oneFloat('attention_grad', q.inputs);
    return [dtype, dtype, dtype, dtype];
  },
  keep: q => {
    if (q.inputs.flat().some(k => k.axes.some(a => a > 1)))
      fault('attention_grad takes no padding along queries and keys');
    const joined = distinctKeeps(q.inputs.flat());
    return { fills: [], outputs: q.outputs.map(() => joined) };
  },
  dependence: q => q.types.map(() => (q.axis < 2 ? { kind: 'same', axis: q.axis } : { kind: 'all' })),
  grad: { none: 'second derivatives of attention are not defined' },
  reference: q => {
    const [ofQ, ofK, ofV, p, dout] = q.inputs;
    const [dq, dk, dv, dscores] = q.outputs.map(q.allocate);
    const [heads, queries, keys, width, values] = headSizes(ofQ!.shape, ofK!.shape, ofV!.shape);
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < queries; t++) {
        const at = h * queries + t;
        let along = 0;
        for (let s = 0; s < keys; s++) {
          let dp = 0;
          for (let c = 0; c < values; c++) {
            const dy = dout!.data[at * values + c]!;
            dp += dy * ofV!.data[(h * keys + s) * values + c]!;
            dv!.data[(h * keys + s) * values + c]! += p!.data[at * keys + s]! * dy;
          }
          dscores!.data[at * keys + s] = dp;
          along += p!.data[at * keys + s]! * dp;
        }
        for (let s = 0; s < keys; s++) {
          const ds = p!.data[at * keys + s]! * (dscores!.data[at * keys + s]! - along);
          dscores!.data[at * keys + s] = ds;
          for (let c = 0; c < width; c++) {
            dq!.data[at * width + c]! += q.attrs.scale * ds * ofK!.data[(h * keys + s) * width + c]!;
            dk!.data[(h * keys + s) * width + c]! += q.attrs.scale * ds * ofQ!.data[at * width + c]!;
          }
        }
      }
    }
    return [dq!, dk!, dv!, dscores!];
  },
  samples: () => [
    {
      name: 'cross lengths',
      inputs: [
        head(1, 2, 2, 4),
        head(1, 2, 3, 4),
        head(1, 2, 3, 5),
        { type: { dtype: 'f32', shape: [1, 2, 2, 3] }, low: 0, high: 0.6 },
        head(1, 2, 2, 5),
      ],
      attrs: { scale: 0.5 },
    },
  ],
  flops: q => 2.5 * attentionFlops(q.types),
  decompose: ({ builder: b, inputs: [ofQ, ofK, ofV, p, dout], attrs: { scale } }) => {
    const dscores = b.one('softmax_grad', [p!, dot(b, dout!, ofV!, 3, 3)], { axis: 3 });
    return [...scoresGrad(b, ofQ!, ofK!, dscores, scale), dot(b, p!, dout!, 2, 2), dscores];
  },
});

/** [B·H, T, S, K, V]. */
function headSizes(
  q: readonly number[],
  k: readonly number[],
  v: readonly number[],
): [number, number, number, number, number] {
  return [q[0]! * q[1]!, q[2]!, k[2]!, q[3]!, v[3]!];
}

function attentionFlops(types: readonly TensorType[]): number {
  const [q, k, v] = types.map(concrete);
  const [heads, queries, keys, width, values] = headSizes(q!, k!, v!);
  return heads * queries * keys * (2 * width + 2 * values + 5);
}
