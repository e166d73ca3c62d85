// Keys and values that were stretched over heads, in whatever order of axes: what they are stretched from, one for each
// group of heads, and where the sum over the heads of a group, which is the gradient's side of it, ends.

import type { Builder } from '../../ir/builder.ts';
import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { reshaped, transposed } from './shapes.ts';

/** A part of one of the axes B, H, S, K (0 to 3), whose positions are `stride` positions of that axis apart. */
interface Part {
  readonly size: number;
  readonly axis: number;
  readonly stride: number;
}

/** A value by the parts that it consists of, in the order in which they lie. */
export interface Shared {
  readonly value: ValueId;
  readonly parts: readonly Part[];
  readonly groups: number;
}

const product = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);
const shapeOf = (graph: Graph, id: ValueId): readonly number[] => graph.types[id]!.shape.map(Number);

const wholeAxes = (shape: readonly number[]): readonly Part[] =>
  shape.map((size, axis) => ({ size, axis, stride: 1 })).filter(p => p.size !== 1);

/** The parts of each axis of a shape; those that reach over two axes are cut, and undefined where that can't be. */
function byAxis(parts: readonly Part[], shape: readonly number[]): readonly (readonly Part[])[] | undefined {
  const rest = [...parts];
  const axes: Part[][] = [];
  for (const size of shape) {
    const own: Part[] = [];
    let open = size;
    while (open > 1) {
      const next = rest.shift();
      if (next === undefined) return undefined;
      if (open % next.size === 0) {
        own.push(next);
        open /= next.size;
      } else if (next.size % open === 0) {
        const inner = next.size / open;
        own.push({ ...next, size: open, stride: next.stride * inner });
        rest.unshift({ ...next, size: inner });
        open = 1;
      } else return undefined;
    }
    axes.push(own);
  }
  return rest.length === 0 ? axes : undefined;
}

/** By axes, and within one from the outermost. */
const outwards = (x: Part, y: Part): number => x.axis - y.axis || y.stride - x.stride;

/** Whether these are the innermost parts of the heads, and all of them. */
function areHeads(taken: readonly Part[], all: readonly Part[]): boolean {
  const heads = all.filter(p => p.axis === 1).toSorted(outwards);
  const inner = heads.slice(heads.length - taken.length);
  return taken.length > 0 && taken.every(p => inner.includes(p));
}

/** What [B, H, S, K] is stretched from. */
export function sharedHeads(
  graph: Graph,
  producers: ReadonlyMap<ValueId, Node>,
  id: ValueId,
): Shared | undefined {
  const heads = shapeOf(graph, id)[1]!;
  let parts = wholeAxes(shapeOf(graph, id));
  for (let at = id; ; ) {
    const node = producers.get(at);
    const axes = byAxis(parts, shapeOf(graph, at));
    if (node === undefined || axes === undefined) return undefined;
    const [source] = node.inputs as readonly [ValueId];
    switch (node.op) {
      case 'reshape':
        parts = axes.flat();
        break;
      case 'transpose': {
        const perm = node.attrs.perm as readonly number[];
        parts = shapeOf(graph, source).flatMap((_, axis) => axes[perm.indexOf(axis)]!);
        break;
      }
      case 'broadcast': {
        const from = shapeOf(graph, source);
        const lead = axes.length - from.length;
        const isStretched = (axis: number): boolean => axis < lead || from[axis - lead] === 1;
        const taken = axes.filter((_, axis) => isStretched(axis)).flat();
        if (!areHeads(taken, axes.flat())) return undefined;
        const kept = axes.filter((_, axis) => !isStretched(axis)).flat();
        return { value: source, parts: kept, groups: heads / product(taken.map(p => p.size)) };
      }
      default:
        return undefined;
    }
    at = source;
  }
}

/** The value as [B, G, S, K]. */
export function gathered(
  b: Builder,
  value: ValueId,
  { parts, groups }: Shared,
  whole: readonly number[],
): ValueId {
  const order = parts.toSorted(outwards).map(p => parts.indexOf(p));
  const flat = reshaped(
    b,
    value,
    parts.map(p => p.size),
  );
  const [batch, , length, width] = whole as readonly [number, number, number, number];
  return reshaped(b, transposed(b, flat, order), [batch, groups, length, width]);
}

/** A sum over the heads of each group, and the nodes on the way to it, which nothing else reads. */
export interface GroupSum {
  readonly nodes: readonly Node[];
  readonly output: ValueId;
  /** The parts of what it gives, in the order in which they lie. */
  readonly parts: readonly Part[];
}

/** Where the gradient of [B, H, S, K] is summed over the heads that share a group; undefined where it isn't. */
export function groupSum(
  graph: Graph,
  readers: ReadonlyMap<ValueId, readonly Node[]>,
  fetched: ReadonlySet<ValueId>,
  id: ValueId,
  groups: number,
): GroupSum | undefined {
  const heads = shapeOf(graph, id)[1]!;
  let parts = wholeAxes(shapeOf(graph, id));
  const nodes: Node[] = [];
  for (let at = id; ; ) {
    const [node, more] = readers.get(at) ?? [];
    if (node === undefined || more !== undefined || fetched.has(at)) return undefined;
    const [output] = node.outputs as readonly [ValueId];
    nodes.push(node);
    const axes = byAxis(parts, shapeOf(graph, node.op === 'reshape' ? output : at));
    if (axes === undefined) return undefined;
    switch (node.op) {
      case 'reshape':
        parts = axes.flat();
        break;
      case 'transpose':
        parts = (node.attrs.perm as readonly number[]).flatMap(axis => axes[axis]!);
        break;
      case 'reduce_sum': {
        const over = node.attrs.axes as readonly number[];
        const taken = axes.filter((_, axis) => over.includes(axis)).flat();
        if (!areHeads(taken, axes.flat()) || product(taken.map(p => p.size)) !== heads / groups)
          return undefined;
        return { nodes, output, parts: axes.filter((_, axis) => !over.includes(axis)).flat() };
      }
      default:
        return undefined;
    }
    at = output;
  }
}

/** [B, G, S, K] as what the sum gives. */
export function scattered(
  b: Builder,
  value: ValueId,
  { parts }: GroupSum,
  shape: readonly number[],
): ValueId {
  const ordered = parts.toSorted(outwards);
  const flat = reshaped(
    b,
    value,
    ordered.map(p => p.size),
  );
  return reshaped(
    b,
    transposed(
      b,
      flat,
      parts.map(p => ordered.indexOf(p)),
    ),
    shape,
  );
}
