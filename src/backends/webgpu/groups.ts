// Groups of stored values, each of which becomes a kernel: values that are worked out element by element over as many
// positions, and reductions of one shape with what is worked out of their results. Here each value is a group of its own.

import type { Node, ValueId } from '../../ir/graph.ts';
import { intsAttr, product } from '../node-query.ts';
import { owned } from '../owned.ts';
import type { Form } from './form.ts';
import { flatIndex } from './indexing.ts';
import { createReader } from './reader.ts';
import { domainKey, reducedIndex } from './reduce-shape.ts';
import { createScribe } from './scribe.ts';

export interface Group {
  readonly kind: 'points' | 'reduce' | 'node';
  /** Positions that it works out: elements of each root. */
  readonly count: number;
  /** The reductions, of one shape and axes, in the order of nodes. */
  readonly reductions: readonly ValueId[];
  /** What is worked out at each position, in the order of nodes. */
  readonly points: readonly ValueId[];
  /** The node whose own kernels these are. */
  readonly node: number | undefined;
  /** Stored values that it loads: `same` at the position that it works out alone. */
  readonly loads: ReadonlyMap<ValueId, 'same' | 'moved'>;
  /** Values that must be there before it, though it doesn't load them. */
  readonly orders: ReadonlySet<ValueId>;
  /** Roots that are written over the input that they replace. */
  readonly over: ReadonlyMap<ValueId, ValueId>;
  /** The last of its nodes. */
  readonly at: number;
  /** Groups of one form that lie side by side in memory, and are worked out as one. */
  readonly members?: readonly Group[];
}

export const rootsOf = (g: Group): readonly ValueId[] => [...g.reductions, ...g.points];

/** A group for each stored value that a node makes, or for each node with kernels of its own. */
export function singleGroups(form: Form): readonly Group[] {
  const { graph, types, kinds, stored, home } = form;
  const next = nextInputs(form);
  return graph.nodes.flatMap((node, at): readonly Group[] => {
    const roots = node.outputs.filter(id => stored.has(id));
    const [root] = roots;
    const kind = kinds[at];
    if (root === undefined || kind === 'table' || kind === undefined) return [];
    const orders = new Set((kind === 'kernels' ? node.inputs : [root]).flatMap(id => [...form.orders(id)]));
    const rest = { orders, at, over: new Map<ValueId, ValueId>() };
    if (kind === 'kernels')
      return [
        {
          ...rest,
          kind: 'node',
          count: 0,
          reductions: [],
          points: roots,
          node: at,
          loads: new Map(
            node.inputs
              .filter(id => product(types[id]?.shape ?? []) > 0)
              .map(id => [home(id), 'moved'] as const),
          ),
        },
      ];
    const count = product(types[root]?.shape ?? []);
    const loads = loadsOf(form, node, root, count, kind);
    const replaced = next.get(root);
    const over = new Map(
      replaced !== undefined && kind === 'element' && loads.get(replaced) !== 'moved'
        ? [[root, replaced] as const]
        : [],
    );
    return kind === 'element'
      ? [{ ...rest, kind: 'points', count, reductions: [], points: [root], node: undefined, loads, over }]
      : [{ ...rest, kind: 'reduce', count, reductions: [root], points: [], node: undefined, loads, over }];
  });
}

function loadsOf(
  form: Form,
  node: Node,
  root: ValueId,
  count: number,
  kind: 'element' | 'reduce',
): ReadonlyMap<ValueId, 'same' | 'moved'> {
  const loads = new Map<ValueId, 'same' | 'moved'>();
  const isWhole = (id: ValueId): boolean => product(form.types[id]?.shape ?? []) === count;
  const reader = createReader(form, (id, at) => {
    const isSame = kind === 'element' && at.key === domainKey(count) && isWhole(id);
    if (!isSame || loads.get(id) === undefined) loads.set(id, isSame ? 'same' : 'moved');
    return `load${id}[${at.flat()}]`;
  });
  const scribe = createScribe();
  if (kind === 'element') reader.make(scribe, root, flatIndex(scribe, form.types[root]?.shape ?? [], 'i'));
  else {
    const input = node.inputs[0]!;
    const shape = form.types[input]?.shape ?? [];
    if (product(shape) > 0)
      reader.read(scribe, input, reducedIndex(scribe, shape, intsAttrOf(node), 'i', 'k'));
  }
  return loads;
}

const intsAttrOf = (node: Node): readonly number[] =>
  intsAttr({ node, inputs: [], types: [], outputs: [], used: [] }, 'axes');

/** The owned input whose next value a stored value is, where it is of one alone and isn't fetched before. */
function nextInputs({ graph, home, types }: Form): ReadonlyMap<ValueId, ValueId> {
  const inputs = new Map(graph.inputs.filter(i => owned.has(i.role)).map(i => [i.name, i.id] as const));
  const kept = new Set(graph.outputs.map(o => home(o.id)).filter(id => graph.inputs.some(i => i.id === id)));
  const found = new Map<ValueId, ValueId>();
  for (const { id, name, role } of graph.outputs) {
    const input = role === 'next' ? inputs.get(name) : undefined;
    if (
      input === undefined ||
      kept.has(input) ||
      found.has(home(id)) ||
      product(types[input]?.shape ?? []) === 0
    )
      continue;
    found.set(home(id), input);
  }
  return found;
}
