// Where the calls of a traced body stand in a picture: which of them are boxes, which are opened as groups, and what
// each node of the graph belongs to.

import { showDim } from '../base/dim.ts';
import { makesOf, readsOf } from '../dsl/semantics/call-block.ts';
import type { PartCall, RepeatRun, Trace } from '../dsl/semantics/trace.ts';
import type { Shape, ValueId } from '../ir/graph.ts';
import { type CallTree, callTrees, repeatsBetween } from './call-tree.ts';
import type { DiagramGroup, DiagramNode } from './diagram-data.ts';

export interface BoxOptions {
  /** Begins every id; nodes stand in the group of this id, if it is one. */
  readonly root: string;
  readonly group: string | undefined;
  /** The path of the body. */
  readonly path: string;
  /** Calls nested deeper are not shown; encoders are, wherever they are called. */
  readonly depth: number;
  readonly isEncoder: (call: PartCall) => boolean;
  /** The node that stands for everything but encoders. */
  readonly as?: string;
}

export function showShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : `[${shape.map(showDim).join(', ')}]`;
}

export interface Boxes {
  readonly nodes: readonly DiagramNode[];
  readonly groups: readonly DiagramGroup[];
  /** By node of the graph: the box that it is in, the innermost open group and the path of the innermost call. */
  readonly leaf: readonly (string | undefined)[];
  readonly group: readonly (string | undefined)[];
  readonly innermost: readonly (string | undefined)[];
  readonly encoders: ReadonlyMap<string, PartCall>;
  readonly paths: ReadonlyMap<string, string>;
  /** The box in which a part is first called, by the part's path. */
  readonly boxOf: ReadonlyMap<string, string>;
}

/** Places the calls of a body that was traced in `check` mode and made so many nodes. */
export function placeBoxes(trace: Trace, size: number, options: BoxOptions): Boxes {
  const nodes: DiagramNode[] = [];
  const groups = new Map<string, DiagramGroup>();
  const leaf = new Array<string | undefined>(size);
  const group = new Array<string | undefined>(size);
  const innermost = new Array<string | undefined>(size);
  const encoders = new Map<string, PartCall>();
  const paths = new Map<string, string>();
  const boxOf = new Map<string, string>();
  const met = new Map<string, number>();
  const runsAt = new Map<string, RepeatRun[]>();
  for (const r of trace.runs) runsAt.set(r.path, [...(runsAt.get(r.path) ?? []), r]);
  const layersOf = new Map<string, string[]>();
  for (const [path, times] of trace.repeats) {
    const around = path.slice(0, Math.max(0, path.lastIndexOf('.')));
    layersOf.set(around, [...(layersOf.get(around) ?? []), `${lastName(path)} × ${times}`]);
  }
  const fresh = (name: string): string => {
    const times = (met.get(name) ?? 0) + 1;
    met.set(name, times);
    return times === 1 ? name : `${name}#${times}`;
  };
  const cover = (t: CallTree, box: string | undefined): void => {
    const { path, firstNode, lastNode } = t.call;
    innermost.fill(path, firstNode, lastNode);
    if (box !== undefined && !boxOf.has(path)) boxOf.set(path, box);
    for (const inner of t.inner) cover(inner, box);
  };
  const place = (
    trees: readonly CallTree[],
    level: number,
    outer: string | undefined,
    path: string,
    id: string,
  ): void => {
    const runs = new Map<string, string>();
    for (const t of trees) {
      const { call } = t;
      let around = outer;
      let at = path;
      let place = id;
      for (const name of repeatsBetween(path, call.within)) {
        const own = `${at === '' ? '' : `${at}.`}${name}`;
        const run = runsAt.get(own)?.find(r => r.firstNode <= call.firstNode && call.lastNode <= r.lastNode);
        const known = runs.get(own) ?? fresh(`${place}/${name}`);
        if (!runs.has(own)) {
          runs.set(own, known);
          if (options.as === undefined) groups.set(known, repeatGroup(known, name, run, around));
          if (run !== undefined) group.fill(known, run.firstNode, run.lastNode);
        }
        if (options.as === undefined) around = known;
        place = known;
        at = `${own}.0`;
      }
      if (changesNothing(trace, call)) continue;
      const name = nameIn(call);
      const encoder = options.isEncoder(call);
      const opened =
        !encoder && options.as === undefined && (t.holdsEncoder || (level < options.depth && t.holdsWeights));
      const own = fresh(`${place}/${name}`);
      const notes = call.name === lastName(name) ? [] : [call.name];
      if (opened) {
        groups.set(own, { id: own, kind: 'part', name, notes, group: around });
        group.fill(own, call.firstNode, call.lastNode);
        placeInner(t, level, own);
      } else if (encoder || options.as === undefined) {
        const layers = layersOf.get(call.path) ?? [];
        nodes.push({
          id: own,
          kind: encoder ? 'encoder' : 'part',
          name,
          notes: encoder ? [] : [...notes, ...layers],
          group: around,
        });
        leaf.fill(own, call.firstNode, call.lastNode);
        paths.set(own, call.path);
        if (encoder) encoders.set(own, call);
        cover(t, own);
      } else placeInner(t, level, id);
    }
  };
  const placeInner = (t: CallTree, level: number, id: string): void => {
    innermost.fill(t.call.path, t.call.firstNode, t.call.lastNode);
    place(t.inner, level + 1, options.as === undefined ? id : undefined, t.call.path, id);
  };
  place(callTrees(trace, options.isEncoder), 1, options.group, options.path, options.root);
  return { nodes, groups: [...groups.values()], leaf, group, innermost, encoders, paths, boxOf };
}

function repeatGroup(
  id: string,
  name: string,
  run: RepeatRun | undefined,
  group: string | undefined,
): DiagramGroup {
  return { id, kind: 'repeat', name, notes: run?.times === undefined ? [] : [`× ${run.times}`], group };
}

/** A part's name where it is called: that of a part from elsewhere is its whole path. */
function nameIn(call: PartCall): string {
  const { within, path } = call;
  return within !== '' && path.startsWith(`${within}.`) ? path.slice(within.length + 1) : path;
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** Whether a call gives what it gets, as a dropout of nothing does, at most folded and unfolded on its way. */
function changesNothing(trace: Trace, call: PartCall): boolean {
  const { builder } = trace;
  const reads = readsOf(call);
  const makes = makesOf(call);
  const start = (v: ValueId): ValueId => {
    let at = v;
    for (;;) {
      const node = builder.producer(at);
      const [read] = node?.inputs ?? [];
      if (reads.some(r => r.id === at) || node?.op !== 'reshape' || read === undefined) return at;
      at = read;
    }
  };
  const shape = (v: ValueId): string => showShape(builder.shapeOf(v));
  const given = (v: ValueId): boolean => {
    const from = start(v);
    return reads.some(r => r.id === from) && shape(from) === shape(v);
  };
  return makes.length > 0 && makes.every(m => given(m.id));
}
