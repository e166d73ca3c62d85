// Weights, states and moments of all entries of a session, which share them by name.

import type { Graph, InputRole, TensorType } from '../ir/graph.ts';
import type { StaticType } from './node-query.ts';

export const owned: ReadonlySet<InputRole> = new Set<InputRole>(['weight', 'state', 'moment']);

export function staticType(type: TensorType): StaticType {
  const shape = type.shape.map(d => {
    if (typeof d !== 'number') throw new Error('a symbolic dim; engines take instantiated graphs');
    return d;
  });
  return { dtype: type.dtype, shape };
}

/** Fails where entries disagree about a type, or one gives a next value of what no entry before it reads. */
export function ownedTypes(graphs: Iterable<readonly [string, Graph]>): ReadonlyMap<string, StaticType> {
  const types = new Map<string, StaticType>();
  for (const [entry, graph] of graphs) {
    for (const { id, name, role } of graph.inputs) {
      if (!owned.has(role)) continue;
      const type = staticType(graph.types[id]!);
      const other = types.get(name);
      if (other !== undefined && JSON.stringify(other) !== JSON.stringify(type))
        throw new Error(`entry ${entry} has ${name} under another type than the entries before it`);
      types.set(name, type);
    }
    for (const { name, role } of graph.outputs)
      if (role === 'next' && !types.has(name))
        throw new Error(`entry ${entry} gives a next value of ${name}, which is no input`);
  }
  return types;
}
