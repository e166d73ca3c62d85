// Reading the scores of an attention from the softmax inwards: numbers that scale them, what is added to them, what
// hides them, down to the product of queries and keys.

import type { Builder } from '../../ir/builder.ts';
import type { Node, ValueId } from '../../ir/graph.ts';
import { numberOf } from '../../ir/pattern.ts';
import { sameShapes } from './shapes.ts';

export type ScoreTerm =
  /** Added to the scaled scores, times `factor`. */
  | { readonly kind: 'bias'; readonly value: ValueId; readonly factor: number }
  /** Scores are hidden where this is false. */
  | { readonly kind: 'mask'; readonly mask: ValueId };

export interface Scores {
  readonly product: Node;
  readonly scale: number;
  /** Scalars that multiply the product, known only at run time. */
  readonly factors: readonly ValueId[];
  readonly terms: readonly ScoreTerm[];
}

/** A score this low hides its key beside any other. */
const low = -1e4;

export function readScores(b: Builder, id: ValueId): Scores | undefined {
  return inward(b, id, { scale: 1, factors: [], terms: [] });
}

type Found = Omit<Scores, 'product'>;

function inward(b: Builder, id: ValueId, found: Found): Scores | undefined {
  const node = b.producer(id);
  const same = (value: ValueId): boolean => sameShapes(b.shapeOf(value), b.shapeOf(id));
  switch (node?.op) {
    case 'dot_general':
      return { product: node, ...found };
    case 'neg':
      return undefined;
    case 'mul':
      return multiplied(b, node, found, same);
    case 'add': {
      if (found.factors.length > 0) return undefined;
      for (const [scores, value] of orders(node)) {
        if (!same(scores)) continue;
        const term: ScoreTerm = { kind: 'bias', value, factor: found.scale };
        const inner = inward(b, scores, { ...found, terms: [...found.terms, term] });
        if (inner !== undefined) return inner;
      }
      return undefined;
    }
    case 'sub': {
      const [scores, value] = node.inputs as readonly [ValueId, ValueId];
      if (found.factors.length > 0 || !same(scores)) return undefined;
      const term: ScoreTerm = { kind: 'bias', value, factor: -found.scale };
      return inward(b, scores, { ...found, terms: [...found.terms, term] });
    }
    case 'select': {
      const [condition, yes, no] = node.inputs as readonly [ValueId, ValueId, ValueId];
      // Padding may hold any finite number: a fill that keeps it from a pole is none of softmax's.
      if (node.attrs.free === true && same(yes)) return inward(b, yes, found);
      const hides = (value: ValueId): boolean => {
        const c = numberOf(b, value);
        return c !== undefined && c * found.scale <= low;
      };
      if (hides(no) && same(yes))
        return inward(b, yes, { ...found, terms: [...found.terms, ...masks(b, condition)] });
      if (!hides(yes) || !same(no)) return undefined;
      const shown = masks(b, b.one('not', [condition]));
      return inward(b, no, { ...found, terms: [...found.terms, ...shown] });
    }
    default:
      return undefined;
  }
}

function multiplied(
  b: Builder,
  node: Node,
  found: Found,
  same: (value: ValueId) => boolean,
): Scores | undefined {
  for (const [scores, by] of orders(node)) {
    const c = numberOf(b, by);
    if (!same(scores)) continue;
    if (c !== undefined) return c > 0 ? inward(b, scores, { ...found, scale: found.scale * c }) : undefined;
    if (b.shapeOf(by).length > 0) continue;
    const inner = inward(b, scores, { ...found, factors: [...found.factors, by] });
    if (inner !== undefined) return inner;
  }
  return undefined;
}

const orders = (node: Node): readonly (readonly [ValueId, ValueId])[] => {
  const [a, b] = node.inputs as readonly [ValueId, ValueId];
  return [
    [a, b],
    [b, a],
  ];
};

/** a ∧ b hides what either hides, and so does ¬(a ∨ b) = ¬a ∧ ¬b. */
function masks(b: Builder, condition: ValueId): readonly ScoreTerm[] {
  const node = b.producer(condition);
  const inner = node?.op === 'not' ? b.producer(node.inputs[0]!) : undefined;
  if (inner?.op === 'or') return inner.inputs.flatMap(id => masks(b, b.one('not', [id])));
  if (inner?.op === 'not') return masks(b, inner.inputs[0]!);
  if (node?.op === 'and') return node.inputs.flatMap(id => masks(b, id));
  return [{ kind: 'mask', mask: condition }];
}
