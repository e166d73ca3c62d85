// Which values count positions along one axis: iota, however reshaped, stretched or shifted. From two of them a
// causal mask is known.

import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { numberOf } from '../../ir/pattern.ts';
import { unitReshape } from './shapes.ts';

/** The value at a position p along `axis` (counted from the last, 0) is p + shift. */
export interface Positions {
  readonly fromLast: number;
  readonly shift: number;
}

export function positionsOf(b: Builder, id: ValueId): Positions | undefined {
  const node = b.producer(id);
  const rank = b.shapeOf(id).length;
  switch (node?.op) {
    case 'iota':
      return { fromLast: rank - 1 - (node.attrs.axis as number), shift: 0 };
    case 'broadcast':
    case 'reshape': {
      const input = node.inputs[0]!;
      const inner = positionsOf(b, input);
      if (inner === undefined || node.op === 'broadcast') return inner;
      const from = b.shapeOf(input);
      const axis = unitReshape(from, b.shapeOf(id))?.[from.length - 1 - inner.fromLast];
      return axis === undefined ? undefined : { ...inner, fromLast: rank - 1 - axis };
    }
    case 'add':
    case 'sub': {
      const [left, right] = node.inputs as readonly [ValueId, ValueId];
      const sign = node.op === 'add' ? 1 : -1;
      const [x, c] = numberOf(b, right) !== undefined ? [left, right] : [right, left];
      const shift = numberOf(b, c);
      if (shift === undefined || (sign < 0 && x !== left)) return undefined;
      const inner = positionsOf(b, x);
      return inner === undefined ? undefined : { ...inner, shift: inner.shift + sign * shift };
    }
    default:
      return undefined;
  }
}

/** Whether `mask` holds exactly where the position along `key` is at most that along `query` (axes from the last). */
export function isCausal(b: Builder, mask: ValueId, key: number, query: number): boolean {
  const node = b.producer(mask);
  switch (node?.op) {
    case 'reshape': {
      const from = b.shapeOf(node.inputs[0]!);
      const rank = b.shapeOf(mask).length;
      const places = unitReshape(from, b.shapeOf(mask));
      const inside = (fromLast: number): number => {
        const at = places?.findIndex(p => p === rank - 1 - fromLast) ?? -1;
        return at < 0 ? -1 : from.length - 1 - at;
      };
      return places !== undefined && isCausal(b, node.inputs[0]!, inside(key), inside(query));
    }
    case 'broadcast':
      return isCausal(b, node.inputs[0]!, key, query);
    case 'less':
    case 'less_equal':
      return compares(b, node.inputs[0]!, node.inputs[1]!, key, query, node.op === 'less' ? 1 : 0);
    case 'not': {
      const inner = b.producer(node.inputs[0]!);
      if (inner?.op !== 'less' && inner?.op !== 'less_equal') return false;
      // ¬(query < key) is key ≤ query; ¬(query ≤ key) is key < query.
      return compares(b, inner.inputs[1]!, inner.inputs[0]!, key, query, inner.op === 'less' ? 0 : 1);
    }
    default:
      return false;
  }
}

/** key + a + strict ≤ query + b, with a + strict = b. */
function compares(
  b: Builder,
  left: ValueId,
  right: ValueId,
  key: number,
  query: number,
  strict: number,
): boolean {
  const [l, r] = [positionsOf(b, left), positionsOf(b, right)];
  return l?.fromLast === key && r?.fromLast === query && l.shift + strict === r.shift;
}
