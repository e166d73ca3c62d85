// The entries of a session as one SavedModel that shares variables, with ways to set and get each of them.

import type { Graph } from '../../ir/graph.ts';
import type { Refused } from '../engine.ts';
import type { StaticType } from '../node-query.ts';
import { owned, ownedTypes } from '../owned.ts';
import { type EmittedEntry, emitEntry } from './emit-entry.ts';
import { createFunctionLibrary } from './function-library.ts';
import { shapeAttr, textAttr, typeAttr } from './kernels.ts';
import type { UnitOptions } from './passes.ts';
import type { NodeRecord, SavedModelRecord, TensorInfo } from './saved-model-proto.ts';
import { createWriter } from './writer.ts';

export interface Variable {
  readonly type: StaticType;
  readonly set: { readonly feed: string; readonly done: string };
  readonly get: string;
}

export interface EmittedModel {
  readonly record: SavedModelRecord;
  readonly entries: ReadonlyMap<string, EmittedEntry>;
  readonly variables: ReadonlyMap<string, Variable>;
  /** By entry: the variables that it reads. */
  readonly reads: ReadonlyMap<string, readonly string[]>;
  /** The op and line of a node of an entry, from its label. */
  readonly placeOf: (entry: number, op: string, line: number | undefined) => Refused | undefined;
}

/** A graph and how it is cut. */
export interface OpenedPlan {
  readonly graph: Graph;
  readonly units: UnitOptions;
}

/** Graphs with the same names of weights, states and moments must agree in their types. */
export function emitModel(plans: ReadonlyMap<string, OpenedPlan>): EmittedModel {
  const graphs = new Map([...plans].map(([name, { graph }]) => [name, graph] as const));
  const types = ownedTypes(graphs);
  const w = createWriter('state/');
  const library = createFunctionLibrary();
  const handles = new Map<string, NodeRecord>();
  const variables = new Map<string, Variable>();
  let place = 0;
  for (const [name, type] of types) {
    const typed = { dtype: typeAttr(type.dtype), shape: shapeAttr(type.shape) };
    const at = `state/v${place++}`;
    const handle = w.one(
      'VarHandleOp',
      [],
      { ...typed, container: textAttr(''), shared_name: textAttr(name) },
      { unique: true, name: at },
    );
    const node = w.nodes.at(-1);
    if (node !== undefined) handles.set(name, node);
    const feed = w.one('Placeholder', [], typed, { unique: true, name: `${at}/feed` });
    w.node('AssignVariableOp', [handle, feed], {}, { unique: true, name: `${at}/set` });
    const done = w.one(
      'Identity',
      [w.scalar(0, 'i32')],
      {},
      {
        unique: true,
        name: `${at}/done`,
        after: [`${at}/set`],
      },
    );
    const get = w.one(
      'ReadVariableOp',
      [handle],
      { dtype: typeAttr(type.dtype) },
      {
        unique: true,
        name: `${at}/get`,
      },
    );
    variables.set(name, { type, set: { feed, done }, get });
  }
  const entries = new Map<string, EmittedEntry>();
  const all = [...graphs];
  for (const [i, [name, { graph, units }]] of [...plans].entries())
    entries.set(name, emitEntry(graph, `e${i}/`, { library, handles, units }));
  return {
    entries,
    variables,
    reads: new Map(
      all.map(([name, graph]) => [name, graph.inputs.filter(i => owned.has(i.role)).map(i => i.name)]),
    ),
    placeOf: (entry, op, line) => {
      const node = all[entry]?.[1].nodes.find(n => n.op === op && n.span?.line === line);
      return node === undefined ? undefined : { name: node.op, span: node.span };
    },
    record: {
      nodes: [...w.nodes, ...[...entries.values()].flatMap(e => e.nodes)],
      functions: library.functions,
      signatures: [...entries].map(([name, e]) => ({
        name,
        inputs: e.feeds.map(info),
        outputs: e.fetches.length > 0 ? e.fetches.map(info) : [doneInfo(e.done)],
      })),
    },
  };
}

const info = (v: { name: string; tensor: string; type: StaticType }): TensorInfo => ({
  name: v.name,
  tensor: v.tensor,
  type: v.type.dtype,
  shape: v.type.shape,
});
const doneInfo = (tensor: string): TensorInfo => ({ name: 'done', tensor, type: 'i32', shape: [] });
