// Prediction of what comes next over a model that sees it: refused. The objective's graph is read position by position
// (ir/dependence) at a small length. Where a value that depends on weights is compared with an input some positions
// ahead of its own, and every position of it has read the very one that it should foretell, nothing is left to learn.
// So it is where scores that read no later position are held against what they have just read, or before: what was to
// be the next one, without the shift.

import type { Dim, DimSymbol } from '../../base/dim.ts';
import { dimSubstitute, dimSymbols } from '../../base/dim.ts';
import { userPlace } from '../../base/span.ts';
import type { Cells, Sized, SizedNode } from '../../ir/dependence/cells.ts';
import { isElementwise } from '../../ir/dependence/numbers.ts';
import { inputCells, readCells } from '../../ir/dependence/read.ts';
import type { Graph, GraphInput, Node, ValueId } from '../../ir/graph.ts';
import { diagnose } from './diagnostics.ts';
import type { Objective } from './model.ts';
import type { Trace } from './trace.ts';

const shortest = 12;

/** Reports predictions of the objective whose answer has been read. */
export function refuseSeenAnswers(trace: Trace, objective: Objective, loss: ValueId): void {
  const graph = trace.builder.finish();
  const predictions = predictionsIn(trace, upstream(trace, [loss]), loss);
  if (predictions.length === 0) return;
  const answers = upstream(
    trace,
    predictions.map(p => p.answer),
  );
  for (const symbol of lengthsOf(graph))
    for (const input of graph.inputs) {
      if (input.role !== 'feed') continue;
      // Few nodes lead to the answers, and in most objectives none of them can have been read.
      const near = cellsFrom(trace, graph, answers, symbol, input);
      if (near === undefined) continue;
      const late = predictions.filter(p => mayBeRead(trace, near.get(p.answer), p));
      if (late.length === 0) continue;
      const nodes = upstream(
        trace,
        late.flatMap(p => [p.value, p.answer]),
      );
      const cells = cellsFrom(trace, graph, nodes, symbol, input);
      if (cells === undefined) continue;
      for (const p of late) {
        const ahead = aheadOfSeen(cells.get(p.value), cells.get(p.answer));
        if (ahead === undefined) continue;
        if (ahead <= 0 && !isUnshifted(trace, cells, p)) continue;
        report(trace, objective, input.name, ahead, p.node, culprit(trace, nodes, cells, p.value));
        return;
      }
    }
}

/** What the nodes' values read of an input along a length; undefined where the input has no such axis. */
function cellsFrom(
  trace: Trace,
  graph: Graph,
  nodes: readonly Node[],
  length: DimSymbol,
  input: GraphInput,
): ReadonlyMap<ValueId, Cells> | undefined {
  const sized = sizedGraph(trace, graph, nodes, length);
  if (sized === undefined) return undefined;
  const size = sized.size(input.id);
  const axis = size.shape.findIndex((n, i) => size.grown[i] === n + 1);
  if (axis < 0) return undefined;
  return readCells(sized.nodes, {
    registry: trace.builder.registry,
    size: sized.size,
    isIndex: id => graph.types[id]?.dtype === 'i32',
    given: new Map([[input.id, inputCells(axis, size.shape[axis] ?? 1)]]),
    seen: true,
  });
}

interface Prediction {
  readonly node: Node;
  /** What depends on weights. */
  readonly value: ValueId;
  readonly answer: ValueId;
}

/** Nodes that values depend on, in order. */
function upstream(trace: Trace, ids: readonly ValueId[]): readonly Node[] {
  const found = new Set<Node>();
  const todo = [...ids];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const node = trace.builder.producer(at);
    if (node === undefined || found.has(node)) continue;
    found.add(node);
    todo.push(...node.inputs);
  }
  return trace.builder.finish().nodes.filter(n => found.has(n));
}

/** Ops that stand between a comparison and the loss. */
const summing: ReadonlySet<string> = new Set(['reduce_sum', 'reduce_max', 'reshape', 'broadcast', 'slice']);

/** Where the loss compares what depends on weights with what doesn't: −log p of an index, or a difference. */
function predictionsIn(trace: Trace, nodes: readonly Node[], loss: ValueId): readonly Prediction[] {
  const weights = new Set([...trace.weights.values()].map(w => w.value.id));
  const learned = new Set<ValueId>(weights);
  for (const n of nodes) if (n.inputs.some(i => learned.has(i))) for (const o of n.outputs) learned.add(o);
  const plain = new Set<ValueId>([loss]);
  const found: Prediction[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some(o => plain.has(o))) continue;
    const [a, b] = node.inputs;
    if (a === undefined) continue;
    if (b !== undefined && node.op === 'take_along' && learned.has(a) && !learned.has(b))
      found.push({ node, value: a, answer: b });
    if (b !== undefined && node.op === 'sub' && learned.has(a) !== learned.has(b))
      found.push({ node, value: learned.has(a) ? a : b, answer: learned.has(a) ? b : a });
    if (isElementwise(node.op, node.inputs.length) || summing.has(node.op))
      for (const i of node.inputs) plain.add(i);
  }
  return found;
}

/** The lengths that come with the data: every one but the number of rows. */
function lengthsOf(graph: Graph): readonly DimSymbol[] {
  const found = new Map<string, DimSymbol>();
  for (const input of graph.inputs) {
    const [, ...own] = graph.types[input.id]?.shape ?? [];
    for (const d of own)
      for (const s of dimSymbols(d)) if (s.role === 'data' && input.role === 'feed') found.set(s.id, s);
  }
  return [...found.values()];
}

interface SizedGraph {
  readonly nodes: readonly SizedNode[];
  readonly size: (id: ValueId) => Sized;
}

/** The nodes with every size a number; undefined where some size stays unknown. */
function sizedGraph(
  trace: Trace,
  graph: Graph,
  nodes: readonly Node[],
  length: DimSymbol,
): SizedGraph | undefined {
  const n = Math.min(shortest, (length.max ?? Number.POSITIVE_INFINITY) - 1);
  if (n < 2) return undefined;
  const same = new Set([length.id]);
  for (const { left, right } of trace.facts) {
    const [a, b] = [left, right].map(d => (typeof d === 'number' ? [] : dimSymbols(d)));
    if (a?.length !== 1 || b?.length !== 1 || a[0] === undefined || b[0] === undefined) continue;
    if (same.has(a[0].id)) same.add(b[0].id);
    else if (same.has(b[0].id)) same.add(a[0].id);
  }
  const at = (long: number) => {
    const known = new Map<Dim, number | undefined>();
    return (d: Dim): number | undefined => {
      if (typeof d === 'number') return d;
      if (known.has(d)) return known.get(d);
      const values = dimSymbols(d).map(
        s => [s.id, same.has(s.id) ? long : (s.size ?? Math.max(5, s.min ?? 1))] as const,
      );
      const value = dimSubstitute(d, new Map(values));
      const number = typeof value === 'number' ? value : undefined;
      known.set(d, number);
      return number;
    };
  };
  const [short, long] = [at(n), at(n + 1)];
  let whole = true;
  const shapes = (numbers: (d: Dim) => number | undefined, dims: readonly Dim[]): readonly number[] =>
    dims.map(d => {
      const value = numbers(d);
      if (value === undefined || value < 0) whole = false;
      return value ?? 1;
    });
  const sizes = new Map<ValueId, Sized>();
  const size = (id: ValueId): Sized => {
    const known = sizes.get(id);
    if (known !== undefined) return known;
    const dims = graph.types[id]?.shape ?? [];
    const made = { shape: shapes(short, dims), grown: shapes(long, dims) };
    sizes.set(id, made);
    return made;
  };
  const sized = nodes.map((node): SizedNode => {
    for (const id of [...node.inputs, ...node.outputs]) size(id);
    const attrs = Object.fromEntries(
      Object.entries(node.attrs).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.map(v => (isDim(v) ? (short(v) ?? 1) : v)) : value,
      ]),
    );
    return { op: node.op, inputs: node.inputs, outputs: node.outputs, attrs };
  });
  return whole ? { nodes: sized, size } : undefined;
}

const isDim = (v: unknown): v is Dim =>
  typeof v === 'number' || (typeof v === 'object' && v !== null && 'terms' in v);

/** Whether scores of an entry read it and those before it, and neither later ones nor something hidden by chance. */
function isUnshifted(
  trace: Trace,
  cells: ReadonlyMap<ValueId, Cells>,
  { node, value: id }: Prediction,
): boolean {
  const value = cells.get(id);
  const from = value?.marks[0]?.from ?? 0;
  if (value === undefined || node.op !== 'take_along') return false;
  const past = (j: number): boolean => ((value.reads[j] ?? 0) & ((1 << (from + j)) - 1)) !== 0;
  const later = (bits: number, j: number): boolean => bits >> (from + j + 1) !== 0;
  if (value.reads.some(later) || !past(value.reads.length - 1)) return false;
  return !upstream(trace, [id]).some(n => n.op === 'where' && hides(trace, cells, n.inputs[0]));
}

/** Whether a condition is drawn for positions as a whole; one for each channel, as of dropout, hides none. */
function hides(trace: Trace, cells: ReadonlyMap<ValueId, Cells>, id: ValueId | undefined): boolean {
  if (id === undefined) return false;
  const producer = trace.builder.producer(id);
  if (producer?.op === 'broadcast') return hides(trace, cells, producer.inputs[0]);
  const condition = cells.get(id);
  const [mark] = condition?.marks ?? [];
  if (condition?.drawn !== true || mark === undefined) return false;
  const shape = trace.builder.finish().types[id]?.shape ?? [];
  return shape.slice(mark.axis + 1).every(d => d === 1);
}

/** How far ahead of its own positions are the answers that a value has read; undefined where it hasn't. */
function aheadOfSeen(value: Cells | undefined, answer: Cells | undefined): number | undefined {
  const [mark, more] = value?.marks ?? [];
  const [own, others] = answer?.marks ?? [];
  if (value === undefined || answer === undefined || mark === undefined || own === undefined)
    return undefined;
  if (more !== undefined || others !== undefined || mark.size !== own.size) return undefined;
  const first = positionOf(answer.reads[0] ?? 0);
  if (first === undefined) return undefined;
  const ahead = first - (mark.from ?? 0);
  for (let j = 0; j < own.size; j++) {
    const position = positionOf(answer.reads[j] ?? 0);
    if (position !== first + j || ((value.reads[j] ?? 0) & (1 << position)) === 0) return undefined;
  }
  return ahead;
}

/** Whether an answer is an entry to be scored, or can be ahead of the value: it starts behind the first position, or the
 * value before it. */
function mayBeRead(trace: Trace, answer: Cells | undefined, { node, value }: Prediction): boolean {
  const [mark, more] = answer?.marks ?? [];
  if (answer === undefined || mark === undefined || more !== undefined) return false;
  const first = positionOf(answer.reads[0] ?? 0);
  if (first === undefined) return false;
  if (first > 0 || node.op === 'take_along') return true;
  return upstream(trace, [value]).some(n => n.op === 'pad' || n.op === 'concat');
}

/** The one position of a set of one. */
function positionOf(bits: number): number | undefined {
  return bits !== 0 && (bits & (bits - 1)) === 0 ? 31 - Math.clz32(bits) : undefined;
}

/** The first node at which positions read later ones that none of its inputs had read. */
function culprit(
  trace: Trace,
  nodes: readonly Node[],
  cells: ReadonlyMap<ValueId, Cells>,
  value: ValueId,
): Node | undefined {
  const behind = new Set(upstream(trace, [value]));
  const looksAhead = (id: ValueId): boolean => {
    const v = cells.get(id);
    const [mark, more] = v?.marks ?? [];
    if (v === undefined || mark === undefined || more !== undefined) return false;
    return v.reads.some((bits, j) => bits >> ((mark.from ?? 0) + j + 1) !== 0);
  };
  return nodes.find(n => behind.has(n) && n.outputs.some(looksAhead) && !n.inputs.some(looksAhead));
}

function report(
  trace: Trace,
  objective: Objective,
  input: string,
  ahead: number,
  node: Node,
  opening: Node | undefined,
): void {
  const span = node.span === undefined ? objective.span : userPlace(node.span);
  const place = opening?.span === undefined ? undefined : userPlace(opening.span);
  trace.report(
    diagnose(
      'sees-the-answer',
      { objective: objective.name, input, ahead },
      {
        span,
        related:
          place === undefined ? [] : [{ span: place, message: 'here a position reads those after it too' }],
      },
    ),
  );
}
