// Equal texts for clusters that are the same function: ops, attributes, types of arguments and wiring, whatever the ids
// of the values.

import type { RunUnit } from '../../compiler/plan.ts';
import { attrsText } from '../../ir/attrs-text.ts';
import type { Graph, ValueId } from '../../ir/graph.ts';

/** `producers`: the node of each value that isn't an input. Nodes outside the unit are written where they are read. */
export function clusterKey(
  graph: Graph,
  { nodes, reads, makes }: RunUnit,
  producers: ReadonlyMap<ValueId, number>,
): string {
  const places = new Map<ValueId, number>();
  const parts: string[] = [];
  for (const id of reads) {
    const type = graph.types[id];
    places.set(id, places.size);
    parts.push(`${type?.dtype}[${type?.shape}]`);
  }
  const add = (index: number): void => {
    const node = graph.nodes[index];
    if (node === undefined) return;
    const inputs = node.inputs.map(placeOf);
    parts.push(`${node.op}(${inputs})${attrsText(node.attrs)}`);
    for (const id of node.outputs) places.set(id, places.size);
  };
  const placeOf = (id: ValueId): number => {
    if (!places.has(id)) add(producers.get(id) ?? -1);
    return places.get(id) ?? -1;
  };
  for (const i of nodes) add(i);
  return `${parts.join(';')}:${makes.map(placeOf)}`;
}
