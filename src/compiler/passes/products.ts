// Transposes go into the dims of dot_general.

import type { Builder } from '../../ir/builder.ts';
import type { Node, ValueId } from '../../ir/graph.ts';
import { any, type Match, number, op } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { reshaped, sameShapes, transposed } from './shapes.ts';

export interface DotDims {
  readonly lhsBatch: readonly number[];
  readonly rhsBatch: readonly number[];
  readonly lhsContract: readonly number[];
  readonly rhsContract: readonly number[];
}

export function dotDims(node: Node): DotDims {
  const dims = (name: keyof DotDims): readonly number[] => node.attrs[name] as readonly number[];
  return {
    lhsBatch: dims('lhsBatch'),
    rhsBatch: dims('rhsBatch'),
    lhsContract: dims('lhsContract'),
    rhsContract: dims('rhsContract'),
  };
}

/** The axes of an operand that are neither batched nor contracted, ascending. */
export function freeAxes(
  rank: number,
  batch: readonly number[],
  contract: readonly number[],
): readonly number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter(
    axis => !batch.includes(axis) && !contract.includes(axis),
  );
}

function intoOperand(side: 'lhs' | 'rhs') {
  return (m: Match, b: Builder): ValueId | undefined => {
    const dims = dotDims(b.producer(m.root)!);
    const perm = m.node('t').attrs.perm as readonly number[];
    const [batch, contract] =
      side === 'lhs' ? [dims.lhsBatch, dims.lhsContract] : [dims.rhsBatch, dims.rhsContract];
    const free = freeAxes(perm.length, batch, contract).map(axis => perm[axis]!);
    // Free axes come out in the operand's order, which must stay.
    if (!free.every((axis, i) => i === 0 || free[i - 1]! < axis)) return undefined;
    const moved = (axes: readonly number[]): readonly number[] => axes.map(axis => perm[axis]!);
    const inner = m.value('x');
    return side === 'lhs'
      ? b.one('dot_general', [inner, m.value('y')], {
          ...dims,
          lhsBatch: moved(batch),
          lhsContract: moved(contract),
        })
      : b.one('dot_general', [m.value('y'), inner], {
          ...dims,
          rhsBatch: moved(batch),
          rhsContract: moved(contract),
        });
  };
}

export const productRules: readonly Rule[] = [
  {
    name: 'transpose-into-left',
    because: 'a product names its axes, so their order in the left operand is free',
    pattern: op('dot_general', [op('transpose', [any('x')], { as: 't' }), any('y')]),
    replace: intoOperand('lhs'),
  },
  {
    name: 'transpose-into-right',
    because: 'a product names its axes, so their order in the right operand is free',
    pattern: op('dot_general', [any('y'), op('transpose', [any('x')], { as: 't' })]),
    replace: intoOperand('rhs'),
  },
  {
    name: 'transpose-of-product',
    because: '(A·B)ᵗ = Bᵗ·Aᵗ: the operands change places',
    pattern: op('transpose', [op('dot_general', [any('x'), any('y')], { as: 'd', once: true })]),
    replace: (m, b) => {
      const dims = dotDims(m.node('d'));
      const perm = b.producer(m.root)!.attrs.perm as readonly number[];
      const batch = dims.lhsBatch.length;
      const left = b.shapeOf(m.value('x')).length - batch - dims.lhsContract.length;
      const identity = perm.map((_, i) => i);
      const swapped = [
        ...identity.slice(0, batch),
        ...identity.slice(batch + left),
        ...identity.slice(batch, batch + left),
      ];
      if (!perm.every((axis, i) => axis === swapped[i])) return undefined;
      return b.one('dot_general', [m.value('y'), m.value('x')], {
        lhsBatch: dims.rhsBatch,
        rhsBatch: dims.lhsBatch,
        lhsContract: dims.rhsContract,
        rhsContract: dims.lhsContract,
      });
    },
  },
  {
    name: 'transpose-of-softmax',
    because: 'softmax works along one axis wherever it stands',
    pattern: op('softmax', [op('transpose', [any('x')], { as: 't', once: true })]),
    replace: (m, b) => {
      const perm = m.node('t').attrs.perm as readonly number[];
      const axis = perm[b.producer(m.root)!.attrs.axis as number]!;
      return b.one('transpose', [b.one('softmax', [m.value('x')], { axis })], { perm });
    },
  },
];

export function selectOfTransposed(m: Match, b: Builder): ValueId | undefined {
  const perm = m.node('t').attrs.perm as readonly number[];
  const c = m.value('c');
  const missing = perm.length - b.shapeOf(c).length;
  if (missing < 0 || !sameShapes(b.shapeOf(m.value('t')), b.shapeOf(m.root))) return undefined;
  const full = reshaped(b, c, [...Array<number>(missing).fill(1), ...b.shapeOf(c)]);
  const back = perm.map((_, axis) => perm.indexOf(axis));
  const fill = b.constant(m.number('b'), b.typeOf(m.root).dtype);
  const { attrs } = b.producer(m.root)!;
  const chosen = b.one('select', [transposed(b, full, back), m.value('x'), fill], attrs);
  return b.one('transpose', [chosen], { perm });
}

/** For recognition: scores and weights of attention are scaled and masked before they are transposed. */
export const maskRules: readonly Rule[] = [
  {
    name: 'transpose-of-scaled',
    because: 'a number scales every position, in any order of axes',
    pattern: op('mul', [op('transpose', [any('x')], { as: 't', once: true }), number('c')]),
    replace: (m, b) => {
      const { perm } = m.node('t').attrs;
      if (!sameShapes(b.shapeOf(m.value('t')), b.shapeOf(m.root))) return undefined;
      const c = b.constant(m.number('c'), b.typeOf(m.root).dtype);
      return b.one('transpose', [b.one('mul', [m.value('x'), c])], { perm: perm! });
    },
  },
  {
    name: 'transpose-of-select',
    because: 'choosing between a value and a number works in any order of axes',
    pattern: op('select', [any('c'), op('transpose', [any('x')], { as: 't', once: true }), number('b')]),
    replace: selectOfTransposed,
  },
];
