// What a model is made of and what it costs: its parts with their types, parameters and operations, every stage's
// step, and what was fused for the engine, from which lines.

import { dtypeBytes, type FloatDType } from '../base/dtype.ts';
import { callBlock, inputTypes } from '../dsl/semantics/call-block.ts';
import { memberBlock } from '../dsl/semantics/extend.ts';
import { isField } from '../dsl/semantics/fields.ts';
import type { Stage } from '../dsl/semantics/model.ts';
import type { GenerationNote, PartCall } from '../dsl/semantics/trace.ts';
import type { BoundArg } from '../dsl/semantics/values.ts';
import { showType } from '../dsl/semantics/values.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { bytesOf, isFree, nodeCost } from './cost.ts';
import { tracedExport } from './export-program.ts';
import { tokenizerFits } from './fit-program.ts';
import { kernelCount } from './kernels.ts';
import { createBatch, type LowerContext, startLowering, weightSpecs } from './lower.ts';
import type { Fusion } from './plan.ts';
import {
  type BatchSpec,
  type FitLength,
  type MemoryNote,
  trainingEntries,
  type WeightSpec,
} from './program.ts';
import { type StageOptions, stageProgram, tracedStage } from './stage-program.ts';

export interface PartExplanation {
  readonly path: string;
  /** The block that it is an instance of. */
  readonly block: string;
  readonly input: string;
  readonly output: string;
  /** Elements of the weights at and under the path. */
  readonly parameters: number;
  readonly weightBytes: number;
  /** Of the forward pass, for one example. */
  readonly flopsPerSample: number;
  /** Of all values that its forward pass makes, for one example. */
  readonly activationBytesPerSample: number;
  /** The same without what the parts cost that it calls. */
  readonly own: {
    readonly weightBytes: number;
    readonly flopsPerSample: number;
    readonly activationBytesPerSample: number;
  };
}

export interface StageExplanation {
  readonly name: string;
  readonly from: string | undefined;
  readonly batch: number;
  /** Of train steps. */
  readonly steps: number;
  readonly trained: number;
  readonly frozen: number;
  /** What is fitted, one after another, and how long. */
  readonly fits: readonly { readonly part: string; readonly numbers: number; readonly length: FitLength }[];
  /** Elements of the states that a step renews. */
  readonly renewed: number;
  readonly flopsPerStep: number;
  /** Of the largest entry, as the engine runs it. */
  readonly kernelsPerStep: number;
  readonly peakBytes: number;
  /** Where a limit was given. */
  readonly memory: MemoryNote | undefined;
  readonly batches: readonly {
    readonly data: string;
    readonly size: number;
    readonly fields: readonly string[];
    readonly distinct: readonly string[];
  }[];
}

export interface Explanation {
  readonly model: string;
  readonly version: string | undefined;
  readonly engine: string;
  /** Of matrix products and convolutions in train steps. */
  readonly precision: FloatDType;
  readonly parameters: number;
  /** Elements of states, which no gradient reaches: statistics, queues, copies. */
  readonly states: number;
  readonly parts: readonly PartExplanation[];
  readonly stages: readonly StageExplanation[];
  readonly fusions: readonly (Fusion & { readonly stage: string })[];
  /** How the generations of exports run, with one row for each parameter. */
  readonly generations: readonly (GenerationNote & { readonly export: string })[];
  readonly tokenizers: readonly TokenizerExplanation[];
}

/** Where the tokenizer of a text modality comes from; undefined where no stage reads any text of it. */
export interface TokenizerExplanation {
  readonly modality: string;
  readonly vocabulary: number;
  readonly data: string | undefined;
  /** The stage that fits it, or the first that reads it in training. */
  readonly stage: string | undefined;
  readonly isFit: boolean;
}

/** Explains the model for the context's target. Batches have the sizes of the spec unless an option says otherwise. */
export function explain(context: LowerContext, options: StageOptions = {}): Explanation {
  const weights = new Map<string, WeightSpec>();
  const parts = new Map<string, PartExplanation>();
  const own = (path: string): readonly WeightSpec[] =>
    [...weights.values()].filter(w => w.path === path || w.path.startsWith(`${path}.`));
  const add = (calls: readonly PartCall[], graph: Graph, samples: number): void => {
    for (const part of partsOf(context, calls, graph, samples, path => own(path).length > 0))
      if (!parts.has(part.path)) parts.set(part.path, part);
  };
  for (const name of context.model.encoders.keys()) {
    const traced = tracedEncoder(context, name);
    // What takes more than data is met where a stage calls it.
    if (traced === undefined) continue;
    for (const w of traced.weights) weights.set(w.path, w);
    add(traced.calls, traced.graph, 1);
  }
  const stages: StageExplanation[] = [];
  const reads: { readonly stage: string; readonly batch: BatchSpec }[] = [];
  const fusions: (Fusion & { stage: string })[] = [];
  for (const name of context.model.stages.keys()) {
    const program = stageProgram(context, name, { ...options, measures: false, fusions: true });
    for (const w of program.weights) weights.set(w.path, w);
    const entries = trainingEntries(program);
    const batches = entries.flatMap(e => e.batches);
    reads.push(...batches.map(b => ({ stage: name, batch: b })));
    const batch = Math.max(1, ...batches.map(b => b.size));
    for (const traced of tracedStage(context, name, options)) add(traced.calls, traced.forward, batch);
    const count = (paths: readonly string[]): number =>
      paths.reduce((n, path) => n + sizeOf(weights.get(path)), 0);
    stages.push({
      name,
      from: startsOf(context.model.stages.get(name)),
      batch,
      steps: program.kind === 'minimize' ? program.steps : 0,
      trained: program.kind === 'minimize' ? count(program.trained) : 0,
      frozen: program.kind === 'minimize' ? count(program.frozen) : 0,
      renewed: program.kind === 'minimize' ? count(program.renewed) : 0,
      fits:
        program.kind === 'fit'
          ? program.fits.map(f => ({ part: f.part, numbers: count(f.renewed), length: f.length }))
          : [],
      flopsPerStep: Math.max(0, ...entries.map(e => flopsOf(context, e.plan.graph))),
      kernelsPerStep: Math.max(0, ...entries.map(e => kernelCount(e.plan, context.target))),
      peakBytes: Math.max(0, ...entries.map(e => e.plan.peakBytes)),
      memory: program.kind === 'minimize' ? program.memory : undefined,
      batches: batches.map(b => ({
        data: b.data === undefined ? '' : `${b.data.set}.${b.data.split}`,
        size: b.size,
        fields: b.fields.map(f => f.name),
        distinct: b.distinct,
      })),
    });
    fusions.push(...entries.flatMap(e => e.plan.fusions).map(f => ({ ...f, stage: name })));
  }
  const generations = [...context.model.exports.keys()].flatMap(name =>
    tracedExport({ ...context, outline: true }, name, new Map()).trace.generations.map(g => ({
      ...g,
      export: name,
    })),
  );
  const all = [...weights.values()];
  return {
    model: context.model.variant ?? context.model.name,
    version: context.model.version,
    engine: context.target.engine,
    precision: options.precision ?? 'f32',
    parameters: trained(all),
    states: all.reduce((n, w) => n + sizeOf(w), 0) - trained(all),
    parts: withWeights([...parts.values()], own),
    stages,
    fusions,
    tokenizers: tokenizersOf(context, reads),
    generations,
  };
}

/** Elements that gradients may reach. */
const trained = (weights: readonly WeightSpec[]): number =>
  weights.reduce((n, w) => n + (w.kind === 'weight' ? sizeOf(w) : 0), 0);

/** The part that costs most beside the parts that it calls, and its share of all; undefined where nothing costs. */
export function dearest(
  parts: readonly PartExplanation[],
  cost: keyof PartExplanation['own'],
): { readonly path: string; readonly amount: number; readonly share: number } | undefined {
  const [first] = [...parts].sort((a, b) => b.own[cost] - a.own[cost]);
  const all = parts.reduce((n, p) => n + p.own[cost], 0);
  if (first === undefined || first.own[cost] <= 0) return undefined;
  return { path: first.path, amount: first.own[cost], share: first.own[cost] / all };
}

function tokenizersOf(
  { model }: LowerContext,
  reads: readonly { readonly stage: string; readonly batch: BatchSpec }[],
): readonly TokenizerExplanation[] {
  const fits = tokenizerFits(model);
  return [...model.modalities.values()].flatMap(({ name, path, spec }): readonly TokenizerExplanation[] => {
    if (spec.kind !== 'text') return [];
    const reading = (b: BatchSpec): boolean =>
      b.fields.some(({ type }) => type.kind === 'modality' && type.modality.name === path);
    const fit = fits.find(f => f.modality === path);
    const found = fit ?? reads.find(r => reading(r.batch));
    const data = found?.batch.data;
    return [
      {
        modality: name,
        vocabulary: spec.tokenizer.vocabulary,
        data: data === undefined ? undefined : `${data.set}.${data.split}`,
        stage: found?.stage,
        isFit: fit !== undefined,
      },
    ];
  });
}

function flopsOf({ registry }: LowerContext, graph: Graph): number {
  return graph.nodes.reduce((n, node) => n + nodeCost(graph, node, registry).flops, 0);
}

function sizeOf(w: WeightSpec | undefined): number {
  return w === undefined ? 0 : w.shape.reduce((n, d) => n * d, 1);
}

const bytesOfWeights = (weights: readonly WeightSpec[]): number =>
  weights.reduce((n, w) => n + sizeOf(w) * dtypeBytes[w.dtype], 0);

/** The parts that own weights, in order of their paths. */
function withWeights(
  parts: readonly PartExplanation[],
  weightsOf: (path: string) => readonly WeightSpec[],
): readonly PartExplanation[] {
  const sized = parts.map(p => ({
    ...p,
    parameters: trained(weightsOf(p.path)),
    weightBytes: bytesOfWeights(weightsOf(p.path)),
  }));
  const paths = new Set(parts.map(p => p.path));
  const above = (path: string): string | undefined => {
    const names = path.split('.');
    while (names.pop() !== undefined && names.length > 0) {
      const parent = names.join('.');
      if (paths.has(parent)) return parent;
    }
    return undefined;
  };
  const inParts = new Map<string, number>();
  for (const p of sized) {
    const parent = above(p.path);
    if (parent !== undefined) inParts.set(parent, (inParts.get(parent) ?? 0) + p.weightBytes);
  }
  return sized
    .filter(p => p.weightBytes > 0)
    .map(p => ({ ...p, own: { ...p.own, weightBytes: p.weightBytes - (inParts.get(p.path) ?? 0) } }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Calls as parts: what each costs in this graph, once for each path. */
function partsOf(
  context: LowerContext,
  calls: readonly PartCall[],
  graph: Graph,
  samples: number,
  owns: (path: string) => boolean,
): readonly PartExplanation[] {
  const flops = runningSums(graph.nodes.map(node => nodeCost(graph, node, context.registry).flops));
  const made = runningSums(graph.nodes.map(node => madeBytes(graph, node)));
  const inside = directlyInside(calls, owns);
  return calls.map(call => {
    const costs = (sums: readonly number[]): readonly [whole: number, own: number] => {
      const between = ({ firstNode, lastNode }: PartCall): number =>
        (sums[lastNode] ?? 0) - (sums[firstNode] ?? 0);
      const inner = (inside.get(call) ?? []).reduce((n, c) => n + between(c), 0);
      const whole = between(call);
      return [Math.round(whole / samples), Math.round((whole - inner) / samples)];
    };
    const [flopsPerSample, ownFlops] = costs(flops);
    const [activationBytesPerSample, ownActivations] = costs(made);
    return {
      path: call.path,
      block: call.block,
      input: inputTypes(call),
      output: showType(call.result),
      parameters: 0,
      weightBytes: 0,
      flopsPerSample,
      activationBytesPerSample,
      own: { weightBytes: 0, flopsPerSample: ownFlops, activationBytesPerSample: ownActivations },
    };
  });
}

/** The calls of parts with weights that a call makes itself. Nodes of a call stand together, so calls nest. */
function directlyInside(
  calls: readonly PartCall[],
  owns: (path: string) => boolean,
): ReadonlyMap<PartCall, readonly PartCall[]> {
  const inside = new Map<PartCall, PartCall[]>();
  const order = new Map(calls.map((call, i) => [call, i]));
  // A call is listed when it has ended: of calls over the same nodes the last is the outer one.
  const outerFirst = calls
    .filter(call => owns(call.path))
    .sort(
      (a, b) =>
        a.firstNode - b.firstNode || b.lastNode - a.lastNode || (order.get(b) ?? 0) - (order.get(a) ?? 0),
    );
  const open: PartCall[] = [];
  for (const call of outerFirst) {
    while (open.length > 0 && (open.at(-1)?.lastNode ?? 0) < call.lastNode) open.pop();
    while (open.length > 0 && (open.at(-1)?.lastNode ?? 0) <= call.firstNode) open.pop();
    const parent = open.at(-1);
    if (parent !== undefined) inside.set(parent, [...(inside.get(parent) ?? []), call]);
    open.push(call);
  }
  return inside;
}

/** The sum of what comes before each place, and of all. */
function runningSums(numbers: readonly number[]): readonly number[] {
  const sums = [0];
  for (const n of numbers) sums.push((sums.at(-1) ?? 0) + n);
  return sums;
}

/** What a node writes; a reshape or a constant writes nothing. */
function madeBytes(graph: Graph, node: Node): number {
  return isFree(node) ? 0 : node.outputs.reduce((n, id) => n + bytesOf(graph.types[id]!), 0);
}

/** What a stage starts from, as it is written: `align, Bert.pretrain(read)`. */
function startsOf(stage: Stage | undefined): string | undefined {
  const starts = [stage?.from ?? [], stage?.imports.map(i => i.text) ?? []].flat();
  return starts.length === 0 ? undefined : starts.join(', ');
}

/** One encoder on one example, by itself; undefined where it takes what is no data. */
function tracedEncoder(
  context: LowerContext,
  name: string,
):
  | { readonly calls: readonly PartCall[]; readonly graph: Graph; readonly weights: readonly WeightSpec[] }
  | undefined {
  const member = context.model.encoders.get(name);
  if (member === undefined) throw new Error(`no encoder ${name}`);
  const lowering = startLowering(context, name, () => false);
  const { declared, trace } = lowering;
  const batch = createBatch(lowering, 'b0', 1, false);
  const given = member.params.filter(p => p.fallback === undefined);
  if (!given.every(p => isField(declared, p, given))) return undefined;
  const args: BoundArg[] = given.map(p => ({
    name: p.name.text,
    value: batch.field(p, given),
    span: p.span,
  }));
  callBlock(declared.frame, memberBlock(declared, member), args, member.name.span, undefined);
  lowering.finish();
  return { calls: trace.calls, graph: trace.builder.finish(), weights: weightSpecs([trace]) };
}
