// A block lowered by itself, with inputs of which some positions are dropped, and run on the reference.

import { evaluate } from '../../../src/backends/reference/evaluate.ts';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { randomStream } from '../../../src/base/random.ts';
import type { HostTensor } from '../../../src/base/tensor.ts';
import { elements } from '../../../src/base/tensor.ts';
import { differentiate } from '../../../src/compiler/differentiate.ts';
import { callBlock } from '../../../src/dsl/semantics/call-block.ts';
import { alignMask, emitOp, fillDropped } from '../../../src/dsl/semantics/emit.ts';
import { loadLibrary } from '../../../src/dsl/semantics/library.ts';
import { createTrace, type Frame, startBody } from '../../../src/dsl/semantics/trace.ts';
import type { Element, TensorValue, Value } from '../../../src/dsl/semantics/values.ts';
import { parse } from '../../../src/dsl/syntax/parse.ts';
import type { Graph, ValueId } from '../../../src/ir/graph.ts';
import type { Keep } from '../../../src/ir/op.ts';
import { ops } from '../../../src/ops/registry.ts';

/** An input of a probe: `rows` masks its first axis, `places` its first two. */
export interface ProbeInput {
  readonly shape: readonly number[];
  /** Of an index: how many positions it may point at. */
  readonly of?: number;
  readonly rows?: boolean;
  readonly places?: boolean;
  /** Vectors of length one. */
  readonly unit?: boolean;
}

export interface Probe {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, ProbeInput>>;
  /** Outputs: `out` (or `out.FIELD`), `out.next PATH` of updated states, `keep` of each as 0 and 1, and `grad PATH` where a gradient was asked for. */
  readonly weights: readonly string[];
}

export interface ProbeOptions {
  readonly learning?: boolean;
  /** Dropped positions are set to zero first, as they are where a batch comes in. */
  readonly clean?: boolean;
  /** Gradients of Σ out · pattern with respect to all weights. */
  readonly gradients?: boolean;
  /** Fetches Σ out · pattern as `loss`. */
  readonly loss?: boolean;
}

/** Lowers `block probe(…) { … }` of a source for inputs of these types. */
export function probe(
  source: string,
  inputs: Readonly<Record<string, ProbeInput>>,
  options: ProbeOptions = {},
): Probe {
  const parsed = parse(source, 'probe.mm');
  const said: Diagnostic[] = [...parsed.diagnostics];
  if (parsed.value === undefined || said.length > 0) throw new Error(said[0]?.message ?? 'no file');
  const report = (d: Diagnostic): void => {
    said.push(d);
  };
  const library = loadLibrary(parsed.value, source, { read: () => undefined, report });
  const trace = createTrace({
    mode: 'lower',
    registry: ops,
    learning: () => options.learning ?? false,
    report,
    name: 'probe',
  });
  const { builder } = trace;
  const frame = startBody(trace, { scope: library.scope, path: '' });
  const callable = library.scope.names.get('probe')?.value;
  if (callable?.kind !== 'block') throw new Error('the source has no block named probe');
  const span = callable.callable.name.span;
  const masks = new Map<string, ValueId>();
  const mask = (name: string, shape: readonly number[]): ValueId => {
    const known = masks.get(name) ?? builder.input(name, 'feed', { dtype: 'bool', shape });
    masks.set(name, known);
    return known;
  };
  const args = Object.entries(inputs).map(([name, input]) => {
    const keeps: Keep[] = [];
    if (input.rows === true) keeps.push({ mask: mask('rows', input.shape.slice(0, 1)), axes: [0] });
    if (input.places === true)
      keeps.push({ mask: mask(`${name}.places`, input.shape.slice(0, 2)), axes: [0, 1] });
    const element: Element = input.of === undefined ? { kind: 'float' } : { kind: 'index', of: input.of };
    const raw = builder.input(name, 'feed', {
      dtype: input.of === undefined ? 'f32' : 'i32',
      shape: input.shape,
    });
    const id = options.clean === false ? raw : keeps.reduce((v, k) => fillDropped(frame, v, k, 0), raw);
    const value: TensorValue = {
      kind: 'tensor',
      id,
      element,
      dims: input.shape,
      quality: input.unit === true ? 'unit' : undefined,
      keeps,
      origins: new Map(),
    };
    return { name, value, span };
  });
  const result = callBlock(frame, { ...callable, path: 'probe' }, args, span, undefined);
  const found: TensorValue[] = [];
  const take = (value: Value, name: string): void => {
    if (value.kind === 'record') for (const [field, v] of value.fields) take(v, `${name}.${field}`);
    if (value.kind !== 'tensor') return;
    found.push(value);
    builder.output(name, 'fetch', value.id);
    builder.output(`${name} keep`, 'fetch', keptOf(frame, value));
  };
  take(result, 'out');
  for (const { path, value } of trace.updates) {
    builder.output(`out.next ${path}`, 'fetch', value.id);
    builder.output(`out.next ${path} keep`, 'fetch', keptOf(frame, value));
  }
  if (said.length > 0 || found.length === 0)
    throw new Error(said.map(d => d.message).join('\n') || 'no value');
  const floats = found.filter(v => v.element.kind === 'float');
  const wanted = options.gradients === true || options.loss === true;
  if (wanted && floats.length > 0) {
    const loss = floats.map(v => patterned(frame, v)).reduce((a, b) => builder.one('add', [a, b]));
    if (options.loss === true) builder.output('loss', 'fetch', loss);
    if (options.gradients !== true)
      return { graph: builder.finish(), inputs, weights: [...trace.weights.keys()] };
    const weights = [...trace.weights.values()].filter(w => w.kind === 'weight');
    const grads = differentiate(
      builder,
      loss,
      weights.map(w => w.value.id),
    );
    for (const [i, w] of weights.entries()) {
      const id = grads[i];
      if (id !== undefined) builder.output(`grad ${w.path}`, 'fetch', id);
    }
  }
  return { graph: builder.finish(), inputs, weights: [...trace.weights.keys()] };
}

/** 1 where a value's position is kept, in its own shape. */
function keptOf(frame: Frame, value: TensorValue): ValueId {
  const { builder } = frame.trace;
  const ones = builder.constant(1, 'f32', value.dims);
  return value.keeps.reduce(
    (v, k) => builder.one('select', [alignMask(frame, k, value.dims.length), v, builder.constant(0)]),
    ones,
  );
}

/** Σ over kept positions of out · pattern, where the pattern tells positions apart. */
function patterned(frame: Frame, value: TensorValue): ValueId {
  const { builder } = frame.trace;
  const { span } = builder;
  const at = span ?? { file: 'probe.mm', start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const size = elements(value.dims as readonly number[]);
  const pattern = builder.one('literal', [], {
    dtype: 'f32',
    shape: value.dims,
    values: Array.from({ length: size }, (_, i) => Math.sin(1 + i)),
  });
  const weighed = emitOp(frame, at, 'mul', [value, { ...value, id: pattern, keeps: [] }]);
  if (weighed.kind === 'error' || value.dims.length === 0)
    return weighed.kind === 'error' ? value.id : weighed.id;
  const summed = emitOp(frame, at, 'reduce_sum', [weighed], {
    axes: value.dims.map((_, i) => i),
    keepdims: false,
  });
  return summed.kind === 'error' ? value.id : summed.id;
}

/** Which rows are kept, and which places of each row. */
export interface Kept {
  readonly rows: readonly boolean[];
  readonly places: (row: number, place: number) => boolean;
}

/** Values for every input of the graph: the same for the same name, `dropped` where nothing is kept. */
export function feeds(
  { graph, inputs }: Probe,
  kept: Kept,
  dropped: number,
  seed = 1,
): ReadonlyMap<string, HostTensor> {
  const tensors = new Map<string, HostTensor>();
  for (const { id, name, role } of graph.inputs) {
    const { dtype, shape } = graph.types[id] as { dtype: HostTensor['dtype']; shape: readonly number[] };
    const size = elements(shape);
    const inner = elements(shape.slice(1));
    if (dtype === 'bool') {
      const data = Uint8Array.from({ length: size }, (_, i) =>
        Number(name === 'rows' ? kept.rows[i] === true : kept.places(Math.floor(i / inner), i % inner)),
      );
      tensors.set(name, { dtype, shape, data });
      continue;
    }
    const given = inputs[name];
    const random = randomStream(seed, name);
    const depth = elements(shape.slice(2));
    const isDropped = (i: number): boolean => {
      const row = Math.floor(i / inner);
      const place = Math.floor((i % inner) / depth);
      return (
        (given?.rows === true && kept.rows[row] !== true) ||
        (given?.places === true && !kept.places(row, place))
      );
    };
    if (dtype === 'i32') {
      const most = given?.of ?? 7;
      const data = Int32Array.from({ length: size }, (_, i) => {
        if (isDropped(i)) return Number.isNaN(dropped) ? -1 : Math.min(dropped, 2 ** 31 - 1);
        return random.below(i, most);
      });
      tensors.set(name, { dtype, shape, data });
      continue;
    }
    // States are kept positive: some are variances.
    const least = role === 'state' ? 0.5 : -1;
    const data = Float32Array.from({ length: size }, (_, i) => random.uniform(i) * 2 + least);
    if (given?.unit === true) normalize(data, shape[shape.length - 1] ?? 1);
    for (let i = 0; i < size; i++) if (isDropped(i)) data[i] = dropped;
    tensors.set(name, { dtype, shape, data });
  }
  return tensors;
}

function normalize(data: Float32Array, width: number): void {
  for (let row = 0; row < data.length; row += width) {
    const vector = data.subarray(row, row + width);
    const length = Math.hypot(...vector);
    for (let i = 0; i < width; i++) vector[i] = (vector[i] ?? 0) / length;
  }
}

export function run(p: Probe, given: ReadonlyMap<string, HostTensor>): ReadonlyMap<string, HostTensor> {
  return evaluate(p.graph, given, { precision: 'f32' });
}

/** The values of an output at its kept positions, in order. */
export function keptValues(results: ReadonlyMap<string, HostTensor>, name: string): readonly number[] {
  const keep = results.get(`${name} keep`)?.data ?? [];
  return [...(results.get(name)?.data ?? [])].filter((_, i) => keep[i] === 1);
}

export const outputNames = (results: ReadonlyMap<string, HostTensor>): readonly string[] =>
  [...results.keys()].filter(n => n.startsWith('out') && !n.endsWith(' keep'));
