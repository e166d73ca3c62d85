// How the axes before and after a reshape belong together: runs of axes with equal products.

import { dimEqual, dimProduct } from '../base/dim.ts';
import type { Shape } from '../ir/graph.ts';
import { range } from './shape-rules.ts';

/** Axes `from` of the input become axes `to` of the output. */
export interface AxisGroup {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/**
 * The finest grouping in order. An axis of 1 that appears stands alone with no `from`; one that goes away joins a
 * neighbour, so every input axis is in a group with output axes (unless the output is a scalar).
 */
export function axisGroups(input: Shape, output: Shape): readonly AxisGroup[] {
  const groups: AxisGroup[] = [];
  let [i, j] = [0, 0];
  while (i < input.length || j < output.length) {
    const [a, b] = nextGroup(input.slice(i), output.slice(j));
    groups.push({ from: range(a).map(k => i + k), to: range(b).map(k => j + k) });
    i += a;
    j += b;
  }
  return joinVanished(groups);
}

/** The smallest leading runs with equal products; one axis to one axis is tried first. */
function nextGroup(input: Shape, output: Shape): readonly [number, number] {
  const equal = (a: number, b: number): boolean =>
    dimEqual(dimProduct(input.slice(0, a)), dimProduct(output.slice(0, b))) === 'equal';
  if (input.length > 0 && output.length > 0 && equal(1, 1)) return [1, 1];
  for (let sum = 1; sum <= input.length + output.length; sum++)
    for (let a = Math.max(0, sum - output.length); a <= Math.min(sum, input.length); a++)
      if (equal(a, sum - a)) return [a, sum - a];
  return [input.length, output.length];
}

function joinVanished(groups: readonly AxisGroup[]): readonly AxisGroup[] {
  const joined: AxisGroup[] = [];
  let waiting: readonly number[] = [];
  for (const group of groups) {
    if (group.to.length === 0) waiting = [...waiting, ...group.from];
    else if (group.from.length === 0) joined.push(group);
    else {
      joined.push({ from: [...waiting, ...group.from], to: group.to });
      waiting = [];
    }
  }
  if (waiting.length === 0) return joined;
  const at = joined.findLastIndex(group => group.from.length > 0);
  if (at >= 0) return joined.map((g, i) => (i === at ? { from: [...g.from, ...waiting], to: g.to } : g));
  const [first, ...rest] = joined;
  return first === undefined ? [{ from: waiting, to: [] }] : [{ from: waiting, to: first.to }, ...rest];
}
