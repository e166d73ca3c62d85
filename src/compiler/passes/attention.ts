// Attention, however written: softmax(scale·q·kᵀ [+ bias] [hidden by masks])·v with any dims, any order of heads,
// the scale before or after the product. Transposes are in the products' dims by now (products.ts).

import { type Dim, dimProduct } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Node, ValueId } from '../../ir/graph.ts';
import { any, either, type Match, numberOf, op } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { isCausal } from './positions.ts';
import { dotDims, freeAxes } from './products.ts';
import { readScores, type Scores, type ScoreTerm } from './scores.ts';
import { reshaped, sameShapes, transposed } from './shapes.ts';

const hidden = -1e30;
const maskedBranch = any('zeroed');
const probabilities = op('softmax', [any('scores')], { as: 'softmax' });
/** Probabilities, perhaps set to 0 where keys are dropped. */
const weights = either(
  probabilities,
  op('select', [any('kept'), probabilities, maskedBranch], { as: 'chosen' }),
);

export const attentionRules: readonly Rule[] = [
  {
    name: 'attention',
    because:
      'attention(q, k, v, bias) = softmax(scale·q·kᵀ + bias)·v; a hidden score is one with a bias of −1e30',
    pattern: either(op('dot_general', [weights, any('v')]), op('dot_general', [any('v'), weights])),
    replace: (m, b) => {
      if (m.has('zeroed') && numberOf(b, m.value('zeroed')) !== 0) return undefined;
      const scores = readScores(b, m.value('scores'));
      const site = scores === undefined ? undefined : siteOf(m, b, scores);
      return site === undefined ? undefined : build(m, b, site);
    },
  },
];

/** The products of an attention with their axes named. Score axes are [batch…, left free…, right free…]. */
interface Site {
  readonly scores: Scores;
  readonly q: ValueId;
  readonly k: ValueId;
  readonly v: ValueId;
  /** Axes of q, k and v in matching order of the batch axes of the scores. */
  readonly qBatch: readonly number[];
  readonly kBatch: readonly number[];
  readonly vBatch: readonly number[];
  readonly qFree: readonly number[];
  readonly qContract: readonly number[];
  readonly kContract: readonly number[];
  readonly kKeys: number;
  readonly vKeys: number;
  readonly vFree: readonly number[];
  /** Score axes: the keys, and the queries. */
  readonly keys: number;
  readonly queries: readonly number[];
  /** The result's batch axes, as batch axes of the scores; whether the weights stand on the left. */
  readonly outBatch: readonly number[];
  readonly weightsLeft: boolean;
}

function siteOf(m: Match, b: Builder, scores: Scores): Site | undefined {
  const keys = m.node('softmax').attrs.axis as number;
  const inner = dotDims(scores.product);
  const [left, right] = scores.product.inputs as readonly [ValueId, ValueId];
  const batch = inner.lhsBatch.length;
  const leftFree = freeAxes(b.shapeOf(left).length, inner.lhsBatch, inner.lhsContract);
  const rightFree = freeAxes(b.shapeOf(right).length, inner.rhsBatch, inner.rhsContract);
  const keysRight = keys >= batch + leftFree.length;
  const kFree = keysRight ? rightFree : leftFree;
  if (keys < batch || kFree.length !== 1) return undefined;
  const qFree = keysRight ? leftFree : rightFree;
  const firstQuery = keysRight ? batch : batch + 1;

  const root = b.producer(m.root)!;
  const outer = dotDims(root);
  const weightValue = m.has('chosen') ? m.value('chosen') : m.value('softmax');
  const weightsLeft = root.inputs[0] === weightValue;
  const [pBatch, pContract, vBatch, vContract] = weightsLeft
    ? [outer.lhsBatch, outer.lhsContract, outer.rhsBatch, outer.rhsContract]
    : [outer.rhsBatch, outer.rhsContract, outer.lhsBatch, outer.lhsContract];
  if (pContract.length !== 1 || pContract[0] !== keys || pBatch.length !== batch) return undefined;
  if (!pBatch.every(axis => axis < batch)) return undefined;
  const v = m.value('v');
  const vFree = freeAxes(b.shapeOf(v).length, vBatch, vContract);
  if (vFree.length === 0 || (keysRight ? inner.lhsContract : inner.rhsContract).length === 0)
    return undefined;
  return {
    scores,
    q: keysRight ? left : right,
    k: keysRight ? right : left,
    v,
    qBatch: keysRight ? inner.lhsBatch : inner.rhsBatch,
    kBatch: keysRight ? inner.rhsBatch : inner.lhsBatch,
    vBatch: inner.lhsBatch.map((_, i) => vBatch[pBatch.indexOf(i)]!),
    qFree,
    qContract: keysRight ? inner.lhsContract : inner.rhsContract,
    kContract: keysRight ? inner.rhsContract : inner.lhsContract,
    kKeys: kFree[0]!,
    vKeys: vContract[0]!,
    vFree,
    keys,
    queries: qFree.map((_, i) => firstQuery + i),
    outBatch: pBatch,
    weightsLeft,
  };
}

function build(m: Match, b: Builder, site: Site): ValueId | undefined {
  const { scores, queries } = site;
  const q = scaledOperand(b, site.q);
  const k = scaledOperand(b, site.k);
  const bias: ValueId[] = [];
  let causal = false;
  for (const term of scores.terms) {
    const one = termBias(b, site, term);
    if (one === 'causal') causal = true;
    else if (one === undefined) return undefined;
    else bias.push(one);
  }
  const kept = m.has('kept') ? keptKeys(b, site, m.value('kept')) : [];
  if (kept === undefined) return undefined;

  const shapeOf = (id: ValueId, axes: readonly number[]): readonly Dim[] => axes.map(a => b.shapeOf(id)[a]!);
  const [batchDim, headDim] = grouped(shapeOf(q.value, site.qBatch));
  const four = (id: ValueId, batch: readonly number[], middle: readonly number[], last: readonly number[]) =>
    reshaped(b, transposed(b, id, [...batch, ...middle, ...last]), [
      batchDim,
      headDim,
      dimProduct(shapeOf(id, middle)),
      dimProduct(shapeOf(id, last)),
    ]);
  const factored = scores.factors.reduce((x, s) => b.one('mul', [x, s]), q.value);
  const q4 = four(factored, site.qBatch, site.qFree, site.qContract);
  const k4 = four(k.value, site.kBatch, [site.kKeys], site.kContract);
  let v4 = four(site.v, site.vBatch, [site.vKeys], site.vFree);
  const zero = b.constant(0, b.typeOf(v4).dtype);
  for (const mask of kept)
    if (!isZeroedBy(b, site.v, mask.mask)) v4 = b.one('select', [mask.aligned, v4, zero]);
  const all = bias.length === 0 ? [] : [bias.reduce((x, y) => b.one('add', [x, y]))];
  const attrs = { scale: scores.scale * q.factor * k.factor, causal };
  const [out4] = b.emit('attention', [q4, k4, v4, ...all], attrs);

  // From [B, H, T, V] to [batch…, queries…, values…], then to the order of the root.
  const batchDims = shapeOf(site.q, site.qBatch);
  const [queryDims, valueDims] = [shapeOf(site.q, site.qFree), shapeOf(site.v, site.vFree)];
  const flat = reshaped(b, out4!, [...batchDims, ...queryDims, ...valueDims]);
  const start = batchDims.length;
  const ofQueries = queryDims.map((_, i) => start + i);
  const ofValues = valueDims.map((_, i) => start + queries.length + i);
  const order = site.weightsLeft ? [...ofQueries, ...ofValues] : [...ofValues, ...ofQueries];
  return transposed(b, flat, [...site.outBatch, ...order]);
}

/** c·x as x and c, where c is a number. */
function scaledOperand(b: Builder, id: ValueId): { readonly value: ValueId; readonly factor: number } {
  const node = b.producer(id);
  if (node?.op === 'reshape') {
    const inner = scaledOperand(b, node.inputs[0]!);
    return inner.factor === 1
      ? { value: id, factor: 1 }
      : { ...inner, value: reshaped(b, inner.value, b.shapeOf(id)) };
  }
  if (node?.op === 'mul') {
    const [x, y] = node.inputs as readonly [ValueId, ValueId];
    for (const [value, by] of [
      [x, y],
      [y, x],
    ] as const) {
      const factor = numberOf(b, by);
      if (factor !== undefined && sameShapes(b.shapeOf(value), b.shapeOf(id))) return { value, factor };
    }
  }
  return { value: id, factor: 1 };
}

/** All batch axes but the last are folded into B, the last is H; a lone one is B. */
function grouped(dims: readonly Dim[]): readonly [Dim, Dim] {
  if (dims.length < 2) return [dims[0] ?? 1, 1];
  return [dimProduct(dims.slice(0, -1)), dims.at(-1)!];
}

function termBias(b: Builder, site: Site, term: ScoreTerm): ValueId | 'causal' | undefined {
  const { dtype } = b.typeOf(site.q);
  if (term.kind === 'bias') {
    const aligned = alignedToScores(b, site, term.value);
    if (aligned === undefined || term.factor === 1) return aligned;
    return b.one('mul', [aligned, b.constant(term.factor, dtype)]);
  }
  const rank = scoreRank(site);
  const [query, more] = site.queries;
  if (query !== undefined && more === undefined) {
    if (isCausal(b, term.mask, rank - 1 - site.keys, rank - 1 - query)) return 'causal';
  }
  const aligned = alignedToScores(b, site, term.mask);
  if (aligned === undefined) return undefined;
  return b.one('select', [aligned, b.constant(0, dtype), b.constant(hidden, dtype)]);
}

const scoreRank = (site: Site): number => site.qBatch.length + site.queries.length + 1;

/** A value that broadcasts to the scores, laid out so that it broadcasts to [B, H, T, S]. */
function alignedToScores(b: Builder, site: Site, id: ValueId): ValueId | undefined {
  const rank = scoreRank(site);
  const own = b.shapeOf(id);
  if (own.length > rank) return undefined;
  const full = [...Array.from({ length: rank - own.length }, () => 1), ...own];
  const batch = site.qBatch.map((_, i) => i);
  const groups = [
    batch.slice(0, Math.max(1, batch.length - 1)),
    batch.slice(1).slice(-1),
    site.queries,
    [site.keys],
  ];
  const whole = scoreShape(b, site);
  if (!full.every((d, axis) => d === 1 || d === whole[axis])) return undefined;
  // The axes of a group are folded into one, so all are stretched where one is.
  const spread = [...full];
  for (const group of groups)
    if (group.some(axis => full[axis] !== 1)) for (const axis of group) spread[axis] = whole[axis]!;
  const sizes = groups.map(group => dimProduct(group.map(axis => spread[axis]!)));
  const perm = [...batch, ...site.queries, site.keys];
  return reshaped(b, transposed(b, stretched(b, reshaped(b, id, full), spread), perm), sizes);
}

const stretched = (b: Builder, id: ValueId, shape: readonly Dim[]): ValueId =>
  sameShapes(b.shapeOf(id), shape) ? id : b.one('broadcast', [id], { shape });

const scoreShape = (b: Builder, site: Site): readonly Dim[] => b.shapeOf(site.scores.product.outputs[0]!);

interface KeptKeys {
  readonly mask: ValueId;
  /** [B, 1 or H, S, 1], to be read beside v. */
  readonly aligned: ValueId;
}

/** A weight of 0 at a dropped key is a value of 0 there: p·0 = 0·v. Masks that depend on the query have no such form. */
function keptKeys(b: Builder, site: Site, mask: ValueId): readonly KeptKeys[] | undefined {
  const node = b.producer(mask);
  if (node?.op === 'and') {
    const parts = node.inputs.map(id => keptKeys(b, site, id));
    return parts.every(p => p !== undefined) ? parts.flat() : undefined;
  }
  const scores = alignedToScores(b, site, mask);
  if (scores === undefined) return undefined;
  const [batch, heads, queries, keys] = b.shapeOf(scores) as readonly [Dim, Dim, Dim, Dim];
  if (queries !== 1) return undefined;
  return [{ mask, aligned: reshaped(b, scores, [batch, heads, keys, 1]) }];
}

/** Whether v is already 0 where the mask drops, through the reshapes that lay out its heads. */
function isZeroedBy(b: Builder, v: ValueId, mask: ValueId): boolean {
  let node: Node | undefined = b.producer(v);
  while (node?.op === 'transpose' || node?.op === 'reshape') node = b.producer(node.inputs[0]!);
  if (node?.op !== 'select') return false;
  const [condition, , no] = node.inputs as readonly [ValueId, ValueId, ValueId];
  return numberOf(b, no) === 0 && origin(b, condition) === origin(b, mask);
}

/** The mask before reshapes and broadcasts. */
function origin(b: Builder, mask: ValueId): ValueId {
  const node = b.producer(mask);
  return node?.op === 'reshape' || node?.op === 'broadcast' ? origin(b, node.inputs[0]!) : mask;
}
