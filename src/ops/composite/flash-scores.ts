// What flash attention and its gradient share: types, the scores of a row, heads beside the keys and values that they
// share, samples.

import type { Dim } from '../../base/dim.ts';
import type { HostTensor, TensorData } from '../../base/tensor.ts';
import type { Builder } from '../../ir/builder.ts';
import { fault } from '../../ir/builder.ts';
import type { TensorType, ValueId } from '../../ir/graph.ts';
import type { DimCheck, Keep, KeepFlow, KeepQuery, SampleInput } from '../../ir/op.ts';
import { broadcastKeep, distinctKeeps } from '../keep-rules.ts';
import { showType } from '../shape-rules.ts';
import { broadcastIndex, broadcasts, withoutFuture } from './attention-scores.ts';
import { concrete, operand } from './rules.ts';

export type Flash = {
  readonly scale: number;
  /** Query t sees the keys up to t. */
  readonly causal: boolean;
};

interface Shapes {
  readonly out: readonly Dim[];
  readonly rows: readonly Dim[];
  readonly scores: readonly Dim[];
}

export function shapesOf(
  op: string,
  dims: DimCheck,
  inputs: readonly TensorType[],
  bias: TensorType | undefined,
): Shapes {
  const [q, k, v] = [0, 1, 2].map(i => operand(op, inputs, i)) as [TensorType, TensorType, TensorType];
  for (const type of [q, k, v])
    if (type.shape.length !== 4) fault(`${op} takes q, k and v of rank 4; one is ${showType(type)}`);
  const [batch, heads, queries, width] = q.shape as readonly [Dim, Dim, Dim, Dim];
  const [ofBatch, groups, keys, ofWidth] = k.shape as readonly [Dim, Dim, Dim, Dim];
  // It is made where sizes are numbers; of symbols only what is known is asked.
  const shares =
    typeof heads !== 'number' || typeof groups !== 'number' || (groups > 0 && heads % groups === 0);
  if (!shares || !dims.same(batch, ofBatch) || !dims.same(width, ofWidth))
    fault(
      `${op} takes k[B, G, S, K] beside q[B, H, T, K], G a divisor of H; these are ${showType(k)} and ${showType(q)}`,
    );
  if (![batch, groups, keys].every((d, i) => dims.same(d, v.shape[i]!)))
    fault(`${op} takes v[B, G, S, V] beside k[B, G, S, K]; these are ${showType(v)} and ${showType(k)}`);
  const scores = [batch, heads, queries, keys];
  if (bias !== undefined && !broadcasts(dims, bias.shape, scores))
    fault(`${op} takes a bias that broadcasts to [B, H, T, S]; this is ${showType(bias)}`);
  return { out: [batch, heads, queries, v.shape[3]!], rows: [batch, heads, queries], scores };
}

/** It is made where masks are woven in already, so that only rows of the batch come and go. */
export function keeps(q: KeepQuery<Flash>, op: string): KeepFlow {
  const batch = q.types[0]!.shape[0]!;
  const joined = q.inputs.flatMap((keeps, i): readonly Keep[] =>
    keeps.map(keep => {
      const { shape } = q.types[i]!;
      if (keep.axes.some(a => a > 0) || (i > 2 && shape.length < 3))
        fault(`${op} takes no padding but missing rows of the batch`);
      return broadcastKeep(q.builder, keep, shape, [batch, ...shape.slice(1)]);
    }),
  );
  return { fills: [], outputs: q.outputs.map(() => distinctKeeps(joined)) };
}

export const ofScores = (q: TensorType, k: TensorType): TensorType => ({
  dtype: q.dtype,
  shape: [...q.shape.slice(0, 3), k.shape[2]!],
});

/** [B, H, T, S] as [B, G, H/G, T, S] and back: heads stand beside the keys and values that they share. */
export function byGroup(b: Builder, id: ValueId, groups: Dim): ValueId {
  const [batch, heads, ...rest] = b.shapeOf(id) as readonly number[];
  return b.one('reshape', [id], { shape: [batch!, groups, heads! / Number(groups), ...rest] });
}
export function byHead(b: Builder, id: ValueId): ValueId {
  const [batch, groups, shared, ...rest] = b.shapeOf(id) as readonly number[];
  return b.one('reshape', [id], { shape: [batch!, groups! * shared!, ...rest] });
}

/** Batched over B and G, contracting these axes of x[B, G, H/G, T, …] and that one of y[B, G, S, …]. */
export function dot(
  b: Builder,
  x: ValueId,
  y: ValueId,
  xAxes: readonly number[],
  yAxes: readonly number[],
): ValueId {
  const dims = { lhsBatch: [0, 1], rhsBatch: [0, 1], lhsContract: xAxes, rhsContract: yAxes };
  return b.one('dot_general', [x, y], dims);
}

export function scoresOf(
  b: Builder,
  q: ValueId,
  k: ValueId,
  bias: ValueId | undefined,
  { scale, causal }: Flash,
): ValueId {
  const scaled = b.one('mul', [q, b.constant(scale, b.typeOf(q).dtype)]);
  const scores = byHead(b, dot(b, byGroup(b, scaled, b.shapeOf(k)[1]!), k, [4], [3]));
  const biased = bias === undefined ? scores : b.one('add', [scores, bias]);
  return causal ? withoutFuture(b, biased) : biased;
}

/** What both references walk over: the rows [B, H, T] and the scores of one of them. */
interface Rows {
  readonly each: (visit: (row: number, group: number, seen: number) => void) => void;
  /** Fills `into` with the scores of a row, rounded as tensors are. */
  readonly scores: (row: number, group: number, seen: number, into: TensorData) => void;
  readonly width: number;
  readonly values: number;
  readonly keys: number;
}

export function rowsOf(
  q: HostTensor,
  k: HostTensor,
  v: HostTensor,
  bias: HostTensor | undefined,
  attrs: Flash,
): Rows {
  const [batch, heads, queries, width] = q.shape as readonly [number, number, number, number];
  const [groups, keys] = [k.shape[1]!, k.shape[2]!];
  const biasAt = bias === undefined ? () => 0 : broadcastIndex(bias.shape, [batch, heads, queries, keys]);
  return {
    width,
    values: v.shape[3]!,
    keys,
    each: visit => {
      for (let row = 0; row < batch * heads * queries; row++) {
        const head = Math.floor(row / queries);
        const group = Math.floor(head / heads) * groups + Math.floor(((head % heads) * groups) / heads);
        visit(row, group, attrs.causal ? Math.min((row % queries) + 1, keys) : keys);
      }
    },
    scores: (row, group, seen, into) => {
      for (let s = 0; s < seen; s++) {
        let dot = 0;
        for (let c = 0; c < width; c++)
          dot += q.data[row * width + c]! * k.data[(group * keys + s) * width + c]!;
        into[s] = dot * attrs.scale + (bias === undefined ? 0 : bias.data[biasAt(row * keys + s)]!);
      }
    },
  };
}

export const head = (...shape: number[]): SampleInput => ({ type: { dtype: 'f32', shape } });
export const plain = [head(2, 2, 3, 4), head(2, 2, 3, 4), head(2, 2, 3, 4)];
export const shared = [head(1, 4, 2, 3), head(1, 2, 5, 3), head(1, 2, 5, 4)];

/** Flops of one product of scores' size, or of scores and values. */
export function flopsOf(types: readonly TensorType[], scores: number, values: number): number {
  const [q, k, v] = types.slice(0, 3).map(concrete);
  return q![0]! * q![1]! * q![2]! * k![2]! * (2 * scores * q![3]! + 2 * values * v![3]! + 5);
}
