// One entry of a session as nodes of the shared graph: placeholders for what is fed, reads of the variables, units in
// order, assignments, and what is fetched once they have happened.

import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import type { StaticType } from '../node-query.ts';
import { staticType } from '../owned.ts';
import { clusterKey } from './cluster-key.ts';
import { coreEmit } from './core-table.ts';
import type { Emit } from './emit.ts';
import type { FunctionLibrary } from './function-library.ts';
import { shapeAttr, typeAttr } from './kernels.ts';
import type { UnitOptions } from './passes.ts';
import type { NodeRecord } from './saved-model-proto.ts';
import { isFree, producersOf, rootsOf, unitsOf } from './units.ts';
import { createWriter, nodeOf, type Writer } from './writer.ts';

export interface EntryValue {
  /** As the graph calls it. */
  readonly name: string;
  /** `node:0`. */
  readonly tensor: string;
  readonly type: StaticType;
}

export interface EmittedEntry {
  readonly nodes: readonly NodeRecord[];
  readonly feeds: readonly EntryValue[];
  /** Fetching any of them makes the assignments; there is always one. */
  readonly fetches: readonly EntryValue[];
  /** Fetched where the graph fetches nothing. */
  readonly done: string;
}

export interface EmitOptions {
  readonly library: FunctionLibrary;
  /** The handle node of each weight, state and moment. */
  readonly handles: ReadonlyMap<string, NodeRecord>;
  readonly units: UnitOptions;
}

const rules: Readonly<Record<string, Emit>> = coreEmit;

/** `12.softmax.7/`: what an error of the engine is traced back by. */
function nodeLabel(index: number, node: Node): string {
  const line = node.span === undefined ? '' : `.${node.span.line}`;
  return `n${index}.${node.op}${line}/`;
}

export function emitEntry(graph: Graph, prefix: string, options: EmitOptions): EmittedEntry {
  const { library, handles } = options;
  const w = createWriter(prefix);
  const types = graph.types.map(staticType);
  const typeOf = (id: ValueId): StaticType => types[id] ?? { dtype: 'f32', shape: [] };
  const producers = producersOf(graph);
  const roots = rootsOf(producers, graph);
  const placed = new Map<ValueId, string>();
  const owned = new Map<ValueId, string>();
  const reads: string[] = [];
  const feeds: EntryValue[] = [];
  for (const [i, { id, name, role }] of graph.inputs.entries()) {
    const type = typeOf(id);
    if (role === 'feed' || role === 'scalar') {
      const tensor = w.one(
        'Placeholder',
        [],
        { dtype: typeAttr(type.dtype), shape: shapeAttr(type.shape) },
        { unique: true, name: `${prefix}feed${i}` },
      );
      placed.set(id, tensor);
      feeds.push({ name, tensor, type });
      continue;
    }
    owned.set(id, name);
  }
  const handle = (name: string): string => {
    const node = handles.get(name);
    if (node === undefined) throw new Error(`no variable for ${name}`);
    return w.argument(`${node.name}:0`, 'resource');
  };
  const read = (into: Writer, from: string, id: ValueId): string =>
    into.one('ReadVariableOp', [from], { dtype: typeAttr(typeOf(id).dtype) });

  /** A value as this writer's nodes read it: what free nodes make is made again here. */
  const valueIn = (into: Writer, at: Map<ValueId, string>, id: ValueId): string => {
    const known = at.get(id);
    if (known !== undefined) return known;
    const index = producers.get(id);
    const node = graph.nodes[index ?? -1];
    if (node === undefined || index === undefined || !isFree(node))
      throw new Error(`value ${id} is read before it is made`);
    const [made] = write(into, at, index);
    if (made === undefined) throw new Error(`${node.op} gives nothing`);
    at.set(id, made);
    return made;
  };
  const write = (into: Writer, at: Map<ValueId, string>, index: number): readonly string[] => {
    const node = graph.nodes[index];
    const rule = node === undefined ? undefined : rules[node.op];
    if (node === undefined || rule === undefined) throw new Error(`engine tensorflow has no op ${node?.op}`);
    const inputs = node.inputs.map(id => valueIn(into, at, id));
    const results = rule({
      w: into,
      node,
      inputs,
      types: node.inputs.map(typeOf),
      outputs: node.outputs.map(typeOf),
      used: node.outputs.map(() => true),
      compiled: into !== w,
    });
    for (const [i, id] of node.outputs.entries()) at.set(id, results[i] ?? '');
    return results;
  };
  /** A variable is read where the first node of the main graph needs it. */
  const ready = (id: ValueId): void => {
    const name = owned.get(id);
    if (name === undefined || placed.has(id)) return;
    w.label = '';
    const value = read(w, handle(name), id);
    reads.push(nodeOf(value));
    placed.set(id, value);
  };

  const units = unitsOf(graph, options.units);
  const assigned = new Set<string>();
  const effects: string[] = [];

  for (const unit of units) {
    switch (unit.kind) {
      case 'kernel': {
        for (const id of unit.reads) ready(id);
        for (const i of unit.nodes) {
          const node = graph.nodes[i];
          if (node !== undefined) w.label = nodeLabel(i, node);
          write(w, placed, i);
        }
        break;
      }
      case 'cluster': {
        const { reads: given, makes: gives } = unit;
        for (const id of given) ready(id);
        const name = library.define({
          key: clusterKey(graph, unit, producers),
          arguments: given.map(id => typeOf(id).dtype),
          body: (inside, args) => {
            const at = new Map(given.map((id, i) => [id, args[i] ?? ''] as const));
            for (const i of unit.nodes) write(inside, at, i);
            return gives.map(id => at.get(id) ?? '');
          },
        });
        const [first = 0] = unit.nodes;
        const opening = graph.nodes[first];
        w.label = opening === undefined ? '' : nodeLabel(first, opening);
        const results = w.call(
          name,
          given.map(id => placed.get(id) ?? ''),
          gives.map(id => typeOf(id).dtype),
          { stateful: false, after: [] },
        );
        for (const [i, id] of gives.entries()) placed.set(id, results[i] ?? '');
        break;
      }
      case 'update': {
        const all = unit.reads;
        const given = all.filter(id => !owned.has(id));
        const inUnit = new Set(unit.nodes.flatMap(i => graph.nodes[i]?.outputs ?? []));
        // A next value may be a free node, made of one of the unit's.
        const nexts = graph.outputs.filter(o => o.role === 'next' && roots(o.id).some(id => inUnit.has(id)));
        const names = [...new Set([...all.flatMap(id => owned.get(id) ?? []), ...nexts.map(o => o.name)])];
        const places = new Map(names.map((of, i) => [of, given.length + i]));
        const name = library.define({
          key: undefined,
          arguments: [...given.map(id => typeOf(id).dtype), ...names.map(() => 'resource' as const)],
          body: (inside, args) => {
            const at = new Map(given.map((id, i) => [id, args[i] ?? ''] as const));
            const handleIn = (of: string): string => args[places.get(of) ?? -1] ?? '';
            for (const id of all) {
              const of = owned.get(id);
              if (of !== undefined) at.set(id, read(inside, handleIn(of), id));
            }
            for (const i of unit.nodes) write(inside, at, i);
            for (const o of nexts)
              inside.node(
                'AssignVariableOp',
                [handleIn(o.name), valueIn(inside, at, o.id)],
                {},
                { unique: true },
              );
            return [];
          },
        });
        w.label = 'update/';
        const inputs = [...given.map(id => placed.get(id) ?? ''), ...names.map(handle)];
        readFetched();
        const fetched = graph.outputs.filter(o => o.role === 'fetch').map(o => valueIn(w, placed, o.id));
        w.call(name, inputs, [], { stateful: true, after: [...reads, ...fetched.map(nodeOf)] });
        effects.push(w.nodes.at(-1)?.name ?? '');
        for (const o of nexts) assigned.add(o.name);
        break;
      }
      default:
        return unit.kind satisfies never;
    }
  }
  w.label = 'assign/';
  const rest = graph.outputs.filter(o => o.role === 'next' && !assigned.has(o.name));
  readFetched();
  for (const o of rest) for (const id of roots(o.id)) ready(id);
  for (const o of rest) {
    const value = valueIn(w, placed, o.id);
    w.node('AssignVariableOp', [handle(o.name), value], {}, { unique: true, after: reads });
    effects.push(w.nodes.at(-1)?.name ?? '');
  }
  const done = w.one(
    'Const',
    [],
    {
      dtype: typeAttr('i32'),
      value: { kind: 'tensor', tensor: { type: 'i32', shape: [], bytes: new Uint8Array(4) } },
    },
    { unique: true, name: `${prefix}done`, after: effects },
  );
  const fetches = graph.outputs.flatMap((o, i): EntryValue[] => {
    if (o.role === 'next') return [];
    const source = valueIn(w, placed, o.id);
    const tensor = w.one(
      'Identity',
      [source],
      {},
      { unique: true, name: `${prefix}fetch${i}`, after: effects },
    );
    return [{ name: o.name, tensor, type: typeOf(o.id) }];
  });
  return { nodes: w.nodes, feeds, fetches, done };

  /** Variables that are fetched are read before anything is assigned. */
  function readFetched(): void {
    for (const o of graph.outputs) if (o.role === 'fetch') for (const id of roots(o.id)) ready(id);
  }
}
