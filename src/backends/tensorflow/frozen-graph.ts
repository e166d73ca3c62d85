// An export as one graph of TensorFlow's own ops: weights are constants, inputs and outputs have the names that readers
// know, sizes are open. A constant that varies with the sizes is computed from the shapes of the inputs instead.

import type { HostTensor } from '../../base/tensor.ts';
import type { Target } from '../../compiler/plan.ts';
import type { Graph } from '../../ir/graph.ts';
import { sameShape } from '../node-query.ts';
import { isConstant, type OpenSize, sizesIn, type Varying, varying } from '../open-sizes.ts';
import { type RefusedSize, reasons, refusedSize } from '../refused-size.ts';
import { type EntryValue, emitEntry } from './emit-entry.ts';
import { createFunctionLibrary } from './function-library.ts';
import { intAttr, shapeAttr, typeAttr } from './kernels.ts';
import type { Attribute, NodeRecord, TensorInfo, TensorValue } from './saved-model-proto.ts';
import { createWriter, nodeOf, type Writer } from './writer.ts';

export const tensorflowFileTarget: Target = {
  engine: 'tensorflow',
  composites: new Set(),
  alternates: false,
};

export interface FrozenFile {
  /** The same graph at the trial sizes, in their order. */
  readonly graphs: readonly Graph[];
  readonly open: readonly OpenSize[];
  /** Names in the file by those in the graph. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  /** What all other inputs of the graph hold. */
  readonly held: ReadonlyMap<string, HostTensor>;
}

export interface FrozenGraph {
  readonly kind: 'graph';
  readonly nodes: readonly NodeRecord[];
  /** A dim of −1 is open. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

interface Emitted {
  readonly nodes: ReadonlyMap<string, NodeRecord>;
  readonly feeds: readonly EntryValue[];
  readonly fetches: readonly EntryValue[];
}

export function frozenGraph(file: FrozenFile): FrozenGraph | RefusedSize {
  const { open } = file;
  const emitted = file.graphs.map(graph => emit(graph, file));
  const [first, ...others] = emitted;
  if (first === undefined) throw new Error('there is no graph to write');
  const feeds = first.feeds.filter(f => file.inputs.has(f.name));
  const shapeOf = (values: readonly (EntryValue | undefined)[]): readonly number[] =>
    (values[0]?.type.shape ?? []).map((d, axis) => {
      const all = values.map(v => v?.type.shape[axis] ?? Number.NaN);
      return all.every(n => n === d) ? d : -1;
    });
  const feedShape = (f: EntryValue): readonly number[] =>
    shapeOf(emitted.map(e => e.feeds.find(o => o.name === f.name)));
  const w = createWriter('sizes/');
  const sizes = createSizes(w, feeds, emitted, open);
  const nodes: NodeRecord[] = [];
  for (const node of first.nodes.values()) {
    const all = others.map(e => e.nodes.get(node.name));
    if (all.some(n => n?.op !== node.op || n.inputs.join() !== node.inputs.join()))
      return refusedSize(reasons.structure, placeOf(node, file.graphs[0]));
    const feed = first.feeds.find(f => nodeOf(f.tensor) === node.name);
    if (feed !== undefined) {
      nodes.push({ ...node, attributes: { ...node.attributes, shape: shapeAttr(feedShape(feed)) } });
      continue;
    }
    if (all.every(n => n === undefined || sameAttributes(n.attributes, node.attributes))) {
      nodes.push(node);
      continue;
    }
    const constants = [node, ...all].map(n => constantOf(n));
    const functions = functionsOf(constants, open);
    if (functions === undefined)
      return refusedSize(
        node.op === 'Const' ? reasons.number : reasons.setting,
        placeOf(node, file.graphs[0]),
      );
    if (!sizes.has(functions)) return refusedSize(reasons.unseen, placeOf(node, file.graphs[0]));
    sizes.write(node.name, constants[0]?.shape ?? [], functions);
  }
  const inputName = (f: EntryValue): string => file.inputs.get(f.name) ?? f.name;
  const outputName = (f: EntryValue): string => file.outputs.get(f.name) ?? f.name;
  const renamed = new Map([
    ...feeds.map(f => [nodeOf(f.tensor), nodeName(inputName(f))] as const),
    ...first.fetches.map(f => [nodeOf(f.tensor), nodeName(outputName(f))] as const),
  ]);
  const called = (name: string): string => renamed.get(name) ?? name;
  const valueCalled = (value: string): string =>
    `${called(nodeOf(value))}${value.slice(value.lastIndexOf(':'))}`;
  const info = (f: EntryValue, name: string, shape: readonly number[]): TensorInfo => ({
    name,
    tensor: valueCalled(f.tensor),
    type: f.type.dtype,
    shape,
  });
  return {
    kind: 'graph',
    nodes: live(
      [...nodes, ...w.nodes],
      first.fetches.map(f => nodeOf(f.tensor)),
      feeds.map(f => nodeOf(f.tensor)),
    ).map(n => ({ ...n, name: called(n.name), inputs: n.inputs.map(valueCalled) })),
    inputs: feeds.map(f => info(f, inputName(f), feedShape(f))),
    outputs: first.fetches.map((f, i) => info(f, outputName(f), shapeOf(emitted.map(e => e.fetches[i])))),
  };
}

/** Names of nodes begin with a letter, a digit or a dot. */
const nodeName = (name: string): string => (name.startsWith('_') ? `.${name}` : name);

/** The graph with its weights and fixed scalars as constants. */
function emit(graph: Graph, { held, inputs }: FrozenFile): Emitted {
  const handles = new Map(
    [...held.keys()].map((name, i): [string, NodeRecord] => [
      name,
      { name: `held/${i}`, op: 'VarHandleOp', inputs: [], attributes: {} },
    ]),
  );
  const ofHandle = new Map([...handles].map(([name, node]) => [`${node.name}:0`, name]));
  const { nodes, feeds, fetches } = emitEntry(graph, '', {
    library: createFunctionLibrary(),
    handles,
    units: { clusters: false, oneUpdate: false },
  });
  const fixed = new Map(
    feeds.filter(f => !inputs.has(f.name)).map(f => [nodeOf(f.tensor), held.get(f.name)]),
  );
  const constant = (node: NodeRecord): NodeRecord => {
    const weight =
      node.op === 'ReadVariableOp'
        ? held.get(ofHandle.get(node.inputs[0] ?? '') ?? '')
        : fixed.get(node.name);
    if (weight === undefined) return node;
    const { dtype, shape, data } = weight;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const value: Attribute = { kind: 'tensor', tensor: { type: dtype, shape, bytes } };
    return { name: node.name, op: 'Const', inputs: [], attributes: { dtype: typeAttr(dtype), value } };
  };
  return { nodes: new Map(nodes.map(n => [n.name, constant(n)])), feeds, fetches };
}

/** `n12.softmax.7/Mul_3` → `softmax (spec.mm:7)`. */
function placeOf(node: NodeRecord, graph: Graph | undefined): string | undefined {
  const index = /^n(\d+)\./.exec(node.name)?.[1];
  const own = graph?.nodes[Number(index ?? -1)];
  if (own === undefined) return undefined;
  return own.span === undefined ? own.op : `${own.op} (${own.span.file}:${own.span.line})`;
}

function sameAttributes(a: NodeRecord['attributes'], b: NodeRecord['attributes']): boolean {
  return Object.entries(a).every(([name, value]) => {
    const other = b[name];
    if (value.kind === 'tensor' && other?.kind === 'tensor') return sameTensor(value.tensor, other.tensor);
    return JSON.stringify(value) === JSON.stringify(other);
  });
}

const sameTensor = (a: TensorValue, b: TensorValue): boolean =>
  a.bytes === b.bytes ||
  (a.type === b.type &&
    sameShape(a.shape, b.shape) &&
    (a.bytes.buffer === b.bytes.buffer || Buffer.compare(a.bytes, b.bytes) === 0));

const constantOf = (node: NodeRecord | undefined): TensorValue | undefined => {
  const value = node?.op === 'Const' ? node.attributes.value : undefined;
  return value?.kind === 'tensor' ? value.tensor : undefined;
};

/** Element by element of a constant of sizes; undefined for others, and where one is no function of the sizes. */
function functionsOf(
  all: readonly (TensorValue | undefined)[],
  open: readonly OpenSize[],
): readonly Varying[] | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  const numbers = all.map(t => {
    if (t?.type !== 'i32' || !sameShape(t.shape, first.shape)) return undefined;
    const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
    return Array.from({ length: t.bytes.length / 4 }, (_, i) => view.getInt32(4 * i, true));
  });
  const functions = (numbers[0] ?? []).map((_, i) =>
    varying(
      numbers.map(n => n?.[i] ?? Number.NaN),
      open,
    ),
  );
  return functions.length > 0 && functions.every(f => f !== undefined) ? functions : undefined;
}

/** Writes numbers as functions of the sizes, as i32 of the shape that the constant had, under its name. */
function createSizes(
  w: Writer,
  feeds: readonly EntryValue[],
  emitted: readonly Emitted[],
  open: readonly OpenSize[],
) {
  const places = open.map((_, i) => {
    for (const feed of feeds)
      for (const axis of feed.type.shape.keys()) {
        const all = emitted.map(e => e.feeds.find(f => f.name === feed.name)?.type.shape[axis] ?? Number.NaN);
        const f = varying(all, open);
        const [term, more] = f ?? [];
        if (term?.times === 1 && term.sizes === 1 << i && more === undefined) return { feed, axis };
      }
    return undefined;
  });
  const size = (i: number): string => {
    const place = places[i];
    if (place === undefined) throw new Error(`no input has an axis of size ${open[i]?.name}`);
    const { feed, axis } = place;
    const shape = w.one('Shape', [w.argument(feed.tensor, feed.type.dtype)]);
    return w.one('StridedSlice', [shape, w.ints([axis]), w.ints([axis + 1]), w.ints([1])], {
      end_mask: intAttr(0),
    });
  };
  const product = (bits: number): string =>
    [...open.keys()]
      .filter(i => (bits >> i) & 1)
      .map(size)
      .reduce((a, b) => w.one('Mul', [a, b]));
  return {
    has: (functions: readonly Varying[]): boolean =>
      functions.every(f => sizesIn(f, open).every(i => places[i] !== undefined)),
    write(name: string, shape: readonly number[], functions: readonly Varying[]): void {
      const times = (bits: number): readonly number[] =>
        functions.map(f => f.find(t => t.sizes === bits)?.times ?? 0);
      const sets = [...new Set(functions.filter(f => !isConstant(f)).flatMap(f => f.map(t => t.sizes)))];
      const parts = sets
        .filter(bits => bits !== 0)
        .sort((a, b) => a - b)
        .map(bits => w.one('Mul', [product(bits), w.ints(times(bits))]));
      const whole = [...parts, w.ints(times(0))].reduce((a, b) => w.one('AddV2', [a, b]));
      w.one('Reshape', [whole, w.ints(shape)], {}, { unique: true, name });
    },
  };
}

/** What the outputs need, and the inputs. */
function live(
  nodes: readonly NodeRecord[],
  outputs: readonly string[],
  inputs: readonly string[],
): readonly NodeRecord[] {
  const byName = new Map(nodes.map(n => [n.name, n]));
  const read = new Set<string>(inputs);
  const queue = [...outputs];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (read.has(name)) continue;
    read.add(name);
    for (const value of byName.get(name)?.inputs ?? []) if (!value.startsWith('^')) queue.push(nodeOf(value));
  }
  return nodes.filter(n => read.has(n.name));
}
