// The two products of an attention with their axes named: which axis of the scores is the keys, which are queries,
// which are batches, and where each stands in queries, keys and values.

import { type Dim, dimProduct } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Node, ValueId } from '../../ir/graph.ts';
import { dotDims, freeAxes } from './products.ts';
import type { Scores } from './scores.ts';
import { reshaped, sameShapes, transposed } from './shapes.ts';

/** An operand of an attention. */
export interface Operand {
  readonly value: ValueId;
  /** Where each batch axis of the site stands in it; undefined where it is the same for all of that axis. */
  readonly batch: readonly (number | undefined)[];
  /** Its axes of queries or of keys. */
  readonly middle: readonly number[];
  /** Its axes that are contracted for the scores; those of values for v. */
  readonly last: readonly number[];
}

export interface Site {
  readonly scores: Scores;
  readonly q: Operand;
  readonly k: Operand;
  readonly v: Operand;
  /** Axes of the scores. */
  readonly keys: number;
  readonly queries: readonly number[];
  readonly batch: readonly number[];
  /** Sizes of the axes of the scores. */
  readonly dims: readonly Dim[];
  /** What the axes of the result are: axes of the scores, and those of the values in order. */
  readonly result: readonly (number | 'value')[];
}

/** An axis of the scores and where it stands in either operand of their product. */
interface ScoreAxis {
  readonly left: number | undefined;
  readonly right: number | undefined;
}

function scoreAxes(b: Builder, product: Node): readonly ScoreAxis[] {
  const dims = dotDims(product);
  const [left, right] = product.inputs as readonly [ValueId, ValueId];
  const free = (id: ValueId, batch: readonly number[], contract: readonly number[]): readonly number[] =>
    freeAxes(b.shapeOf(id).length, batch, contract);
  return [
    ...dims.lhsBatch.map((axis, i) => ({ left: axis, right: dims.rhsBatch[i]! })),
    ...free(left, dims.lhsBatch, dims.lhsContract).map(axis => ({ left: axis, right: undefined })),
    ...free(right, dims.rhsBatch, dims.rhsContract).map(axis => ({ left: undefined, right: axis })),
  ];
}

/**
 * The site whose weights are a softmax of `scores` along `keys`, read by the product `root`. Queries that lack an axis
 * of keys and values, as learned ones lack the batch, are stretched over it.
 */
export function siteOf(
  b: Builder,
  scores: Scores,
  keys: number,
  root: Node,
  weights: ValueId,
): Site | undefined {
  const axes = scoreAxes(b, scores.product);
  const inner = dotDims(scores.product);
  const [left, right] = scores.product.inputs as readonly [ValueId, ValueId];
  const keysRight = axes[keys]!.left === undefined;
  if (!keysRight && axes[keys]!.right !== undefined) return undefined;
  const inQ = (axis: ScoreAxis): number | undefined => (keysRight ? axis.left : axis.right);
  const inK = (axis: ScoreAxis): number | undefined => (keysRight ? axis.right : axis.left);

  const outer = dotDims(root);
  const weightsLeft = root.inputs[0] === weights;
  const [pBatch, pContract, vBatch, vContract] = weightsLeft
    ? [outer.lhsBatch, outer.lhsContract, outer.rhsBatch, outer.rhsContract]
    : [outer.rhsBatch, outer.rhsContract, outer.lhsBatch, outer.lhsContract];
  const v = root.inputs[weightsLeft ? 1 : 0]!;
  const vFree = freeAxes(b.shapeOf(v).length, vBatch, vContract);
  if (pContract.length !== 1 || pContract[0] !== keys || inner.lhsContract.length === 0 || vFree.length === 0)
    return undefined;

  const others = axes.map((_, i) => i).filter(i => i !== keys);
  const isQuery = (i: number): boolean => inK(axes[i]!) === undefined && !pBatch.includes(i);
  const queries = others.filter(isQuery);
  const batch = others.filter(i => !isQuery(i));
  const inV = (i: number): number | undefined => {
    const at = pBatch.indexOf(i);
    return at < 0 ? undefined : vBatch[at];
  };
  const weightFree = others.filter(i => !pBatch.includes(i));
  const values = vFree.map(() => 'value' as const);
  const site: Site = {
    scores,
    q: {
      value: keysRight ? left : right,
      batch: batch.map(i => inQ(axes[i]!)),
      middle: queries.map(i => inQ(axes[i]!)!),
      last: keysRight ? inner.lhsContract : inner.rhsContract,
    },
    k: {
      value: keysRight ? right : left,
      batch: batch.map(i => inK(axes[i]!)),
      middle: [inK(axes[keys]!)!],
      last: keysRight ? inner.rhsContract : inner.lhsContract,
    },
    v: { value: v, batch: batch.map(inV), middle: [vContract[0]!], last: vFree },
    keys,
    queries,
    batch,
    dims: b.shapeOf(scores.product.outputs[0]!),
    result: [...pBatch, ...(weightsLeft ? [...weightFree, ...values] : [...values, ...weightFree])],
  };
  return pays(b, site) ? site : undefined;
}

const sizes = (b: Builder, { value }: Operand, axes: readonly number[]): readonly Dim[] =>
  axes.map(axis => b.shapeOf(value)[axis]!);

/** Keys and values are not stretched, and queries to no more than what comes out. */
function pays(b: Builder, { q, k, v, batch, queries, dims }: Site): boolean {
  if ([...k.batch, ...v.batch].includes(undefined)) return false;
  if (!q.batch.includes(undefined)) return true;
  const rows = [...batch, ...queries].map(axis => dims[axis]!);
  const [widened, out] = [q, v].map(o => dimProduct([...rows, ...sizes(b, o, o.last)]));
  return typeof widened === 'number' && typeof out === 'number' && widened <= out;
}

/** All batch axes but the last are folded into B, the last is H; a lone one is B. */
export function grouped<T>(axes: readonly T[]): readonly [readonly T[], readonly T[]] {
  return axes.length < 2 ? [axes, []] : [axes.slice(0, -1), axes.slice(-1)];
}

/** `value` in place of the operand's own, laid out as [B, H, middle, last]. */
export function fourAxes(b: Builder, site: Site, operand: Operand, value: ValueId): ValueId {
  const { batch, middle, last } = operand;
  const has = batch.filter(axis => axis !== undefined);
  const rest = [...sizes(b, operand, middle), ...sizes(b, operand, last)];
  const batchDims = site.batch.map(axis => site.dims[axis]!);
  const ordered = transposed(b, value, [...has, ...middle, ...last]);
  const open = reshaped(b, ordered, [
    ...batch.map((axis, i) => (axis === undefined ? 1 : batchDims[i]!)),
    ...rest,
  ]);
  const whole = [...batchDims, ...rest];
  const full = sameShapes(b.shapeOf(open), whole) ? open : b.one('broadcast', [open], { shape: whole });
  return reshaped(b, full, [
    ...grouped(batchDims).map(dimProduct),
    dimProduct(sizes(b, operand, middle)),
    dimProduct(sizes(b, operand, last)),
  ]);
}
