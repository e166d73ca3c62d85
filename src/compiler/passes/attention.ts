// Attention, however written: softmax(scale·q·kᵀ [+ bias] [hidden by masks])·v with any dims, any order of heads,
// the scale before or after the product. Transposes are in the products' dims by now (products.ts).

import { type Dim, dimProduct } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, either, type Match, numberOf, op } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { fourAxes, grouped, type Site, siteOf } from './attention-site.ts';
import { isCausal } from './positions.ts';
import { readScores, type ScoreTerm } from './scores.ts';
import { reshaped, sameShapes, transposed } from './shapes.ts';
import { isZeroedBy } from './zeroed.ts';

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
      if (scores === undefined) return undefined;
      const keys = m.node('softmax').attrs.axis as number;
      const weights = m.has('chosen') ? m.value('chosen') : m.value('softmax');
      const site = siteOf(b, scores, keys, b.producer(m.root)!, weights);
      return site === undefined ? undefined : build(m, b, headsApart(b, site));
    },
  },
];

function build(m: Match, b: Builder, site: Site): ValueId | undefined {
  const { scores, queries } = site;
  const q = scaledOperand(b, site.q.value);
  const k = scaledOperand(b, site.k.value);
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

  const factored = scores.factors.reduce((x, s) => b.one('mul', [x, s]), q.value);
  const q4 = fourAxes(b, site, site.q, factored);
  const k4 = fourAxes(b, site, site.k, k.value);
  let v4 = fourAxes(b, site, site.v, site.v.value);
  const zero = b.constant(0, b.typeOf(v4).dtype);
  for (const mask of kept) {
    const zeroed = isZeroedBy(b, site.v.value, mask.mask, site.dims.length, axis => besideScores(site, axis));
    if (!zeroed) v4 = b.one('select', [mask.aligned, v4, zero]);
  }
  const all = bias.length === 0 ? [] : [bias.reduce((x, y) => b.one('add', [x, y]))];
  const attrs = { scale: scores.scale * q.factor * k.factor, causal };
  const [out4] = b.emit('attention', [q4, k4, v4, ...all], attrs);

  // From [B, H, T, V] to [batch…, queries…, values…], then to the order of the root.
  const { batch, dims } = site;
  const order = [...batch, ...queries];
  const values = site.v.last.map(axis => b.shapeOf(site.v.value)[axis]!);
  const flat = reshaped(b, out4!, [...order.map(axis => dims[axis]!), ...values]);
  let value = order.length;
  return transposed(
    b,
    flat,
    site.result.map(axis => (axis === 'value' ? value++ : order.indexOf(axis))),
  );
}

/**
 * Queries of several heads that share keys are rows of one attention, but not where causality is counted in the last of
 * their axes alone: there the others are heads, over which keys and values are stretched (flash-attention.ts takes
 * that back).
 */
function headsApart(b: Builder, site: Site): Site {
  const { queries, q, k, v, keys, dims, scores } = site;
  const [last, shared] = [queries.at(-1), queries.slice(0, -1)];
  const isCounted = (term: ScoreTerm): boolean =>
    term.kind === 'mask' &&
    last !== undefined &&
    isCausal(b, term.mask, dims.length - 1 - keys, dims.length - 1 - last);
  if (last === undefined || shared.length === 0 || !scores.terms.some(isCounted)) return site;
  return {
    ...site,
    batch: [...site.batch, ...shared],
    queries: [last],
    q: { ...q, batch: [...q.batch, ...q.middle.slice(0, -1)], middle: q.middle.slice(-1) },
    k: { ...k, batch: [...k.batch, ...shared.map(() => undefined)] },
    v: { ...v, batch: [...v.batch, ...shared.map(() => undefined)] },
  };
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

function termBias(b: Builder, site: Site, term: ScoreTerm): ValueId | 'causal' | undefined {
  const { dtype } = b.typeOf(site.q.value);
  if (term.kind === 'bias') {
    const aligned = alignedToScores(b, site, term.value);
    if (aligned === undefined || term.factor === 1) return aligned;
    return b.one('mul', [aligned, b.constant(term.factor, dtype)]);
  }
  const rank = site.dims.length;
  const [query, more] = site.queries;
  if (query !== undefined && more === undefined) {
    if (isCausal(b, term.mask, rank - 1 - site.keys, rank - 1 - query)) return 'causal';
  }
  const aligned = alignedToScores(b, site, term.mask);
  if (aligned === undefined) return undefined;
  return b.one('select', [aligned, b.constant(0, dtype), b.constant(hidden, dtype)]);
}

/** The axis of v beside one of the scores; −1 where there is none. */
const besideScores = ({ keys, batch, v }: Site, axis: number): number =>
  axis === keys ? v.middle[0]! : (v.batch[batch.indexOf(axis)] ?? -1);

/** A value that broadcasts to the scores, laid out so that it broadcasts to [B, H, T, S]. */
function alignedToScores(b: Builder, site: Site, id: ValueId): ValueId | undefined {
  const { batch, queries, keys, dims: whole } = site;
  const own = b.shapeOf(id);
  if (own.length > whole.length) return undefined;
  const full = [...Array.from({ length: whole.length - own.length }, () => 1), ...own];
  const groups = [...grouped(batch), queries, [keys]];
  if (!full.every((d, axis) => d === 1 || d === whole[axis])) return undefined;
  // The axes of a group are folded into one, so all are stretched where one is.
  const spread = [...full];
  for (const group of groups)
    if (group.some(axis => full[axis] !== 1)) for (const axis of group) spread[axis] = whole[axis]!;
  const sizes = groups.map(group => dimProduct(group.map(axis => spread[axis]!)));
  const perm = [...batch, ...queries, keys];
  return reshaped(b, transposed(b, stretched(b, reshaped(b, id, full), spread), perm), sizes);
}

const stretched = (b: Builder, id: ValueId, shape: readonly Dim[]): ValueId =>
  sameShapes(b.shapeOf(id), shape) ? id : b.one('broadcast', [id], { shape });

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
