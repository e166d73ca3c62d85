// What plans ask for, as refusals of engines look for it.

import type { DType } from '../base/dtype.ts';
import type { Plan } from '../compiler/plan.ts';
import type { Refused } from './engine.ts';

/** Feeds, fetches, weights, states and moments of these types. */
export const heldAs =
  (dtypes: readonly DType[]) =>
  ({ graph }: Plan): readonly Refused[] =>
    [...graph.inputs, ...graph.outputs].flatMap(({ id, name }) => {
      const dtype = graph.types[id]?.dtype;
      if (dtype === undefined || !dtypes.includes(dtype)) return [];
      const span = graph.nodes.find(n => n.inputs.includes(id) || n.outputs.includes(id))?.span;
      return [{ name: `${name} in ${dtype}`, span }];
    });

/** The same, and what nodes give. */
export const computedAs =
  (dtypes: readonly DType[]) =>
  (plan: Plan): readonly Refused[] => {
    const { nodes, types } = plan.graph;
    const made = nodes.filter(n => n.outputs.some(id => dtypes.includes(types[id]?.dtype ?? 'f32')));
    return [...heldAs(dtypes)(plan), ...made.map(n => ({ name: n.op, span: n.span }))];
  };

/** Tables of numbers that are written into the graph itself, where they pass the 2 GB that a protobuf message holds. */
export function writtenOut({ graph }: Plan): readonly Refused[] {
  const tables = graph.nodes.flatMap(n => {
    const values = n.op === 'literal' ? n.attrs.values : undefined;
    return Array.isArray(values) ? [{ node: n, bytes: 4 * values.length }] : [];
  });
  if (tables.reduce((sum, t) => sum + t.bytes, 0) < 2 ** 31) return [];
  const [largest] = tables.sort((a, b) => b.bytes - a.bytes);
  return largest === undefined ? [] : [{ name: 'a table of constants', span: largest.node.span }];
}
