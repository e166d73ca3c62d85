// What a model is made of and what it costs: its parts with their types, parameters and operations, every stage's
// step, and what was fused for the engine, from which lines.

import { callBlock } from '../dsl/semantics/call-block.ts';
import { memberBlock } from '../dsl/semantics/extend.ts';
import type { Stage } from '../dsl/semantics/model.ts';
import { isField } from '../dsl/semantics/objectives.ts';
import type { PartCall } from '../dsl/semantics/trace.ts';
import type { BoundArg } from '../dsl/semantics/values.ts';
import type { Graph } from '../ir/graph.ts';
import { nodeCost } from './cost.ts';
import { createBatch, type LowerContext, startLowering, weightSpecs } from './lower.ts';
import type { Fusion } from './plan.ts';
import type { WeightSpec } from './program.ts';
import { type StageOptions, stageProgram, tracedStage } from './stage-program.ts';

export interface PartExplanation {
  readonly path: string;
  /** The block that it is an instance of. */
  readonly block: string;
  readonly input: string;
  readonly output: string;
  /** Elements of the weights at and under the path. */
  readonly parameters: number;
  /** Of the forward pass, for one example. */
  readonly flopsPerSample: number;
}

export interface StageExplanation {
  readonly name: string;
  readonly from: string | undefined;
  readonly batch: number;
  readonly steps: number;
  readonly trained: number;
  readonly frozen: number;
  readonly flopsPerStep: number;
  readonly peakBytes: number;
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
  readonly parameters: number;
  readonly parts: readonly PartExplanation[];
  readonly stages: readonly StageExplanation[];
  readonly fusions: readonly (Fusion & { readonly stage: string })[];
}

/** Explains the model for the context's target. Batches have the sizes of the spec unless an option says otherwise. */
export function explain(context: LowerContext, options: StageOptions = {}): Explanation {
  const weights = new Map<string, WeightSpec>();
  const parts = new Map<string, PartExplanation>();
  const add = (calls: readonly PartCall[], graph: Graph, samples: number): void => {
    for (const part of partsOf(context, calls, graph, samples))
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
  const fusions: (Fusion & { stage: string })[] = [];
  for (const name of context.model.stages.keys()) {
    const program = stageProgram(context, name, { ...options, measures: false });
    for (const w of program.weights) weights.set(w.path, w);
    const { graph, peakBytes } = program.train.plan;
    const batch = Math.max(...program.train.batches.map(b => b.size));
    const traced = tracedStage(context, name, options);
    add(traced.calls, traced.forward, batch);
    const count = (paths: readonly string[]): number =>
      paths.reduce((n, path) => n + sizeOf(weights.get(path)), 0);
    stages.push({
      name,
      from: startsOf(context.model.stages.get(name)),
      batch,
      steps: program.steps,
      trained: count(program.trained),
      frozen: count(program.frozen),
      flopsPerStep: graph.nodes.reduce((n, node) => n + nodeCost(graph, node, context.registry).flops, 0),
      peakBytes,
      batches: program.train.batches.map(b => ({
        data: b.data === undefined ? '' : `${b.data.set}.${b.data.split}`,
        size: b.size,
        fields: b.fields.map(f => f.name),
        distinct: b.distinct,
      })),
    });
    fusions.push(...program.train.plan.fusions.map(f => ({ ...f, stage: name })));
  }
  const all = [...weights.values()];
  const own = (path: string): number =>
    all.filter(w => w.path === path || w.path.startsWith(`${path}.`)).reduce((n, w) => n + sizeOf(w), 0);
  return {
    model: context.model.variant ?? context.model.name,
    version: context.model.version,
    engine: context.target.engine,
    parameters: all.reduce((n, w) => n + sizeOf(w), 0),
    parts: [...parts.values()]
      .map(p => ({ ...p, parameters: own(p.path) }))
      .filter(p => p.parameters > 0)
      .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
    stages,
    fusions,
  };
}

function sizeOf(w: WeightSpec | undefined): number {
  return w === undefined ? 0 : w.shape.reduce((n, d) => n * d, 1);
}

/** Calls as parts: what each costs in this graph, once for each path. */
function partsOf(
  context: LowerContext,
  calls: readonly PartCall[],
  graph: Graph,
  samples: number,
): readonly PartExplanation[] {
  const flops = graph.nodes.map(node => nodeCost(graph, node, context.registry).flops);
  const until = [0];
  for (const f of flops) until.push((until[until.length - 1] ?? 0) + f);
  return calls.map(call => ({
    path: call.path,
    block: call.name,
    input: call.input,
    output: call.output,
    parameters: 0,
    flopsPerSample: Math.round(((until[call.lastNode] ?? 0) - (until[call.firstNode] ?? 0)) / samples),
  }));
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
  if (!given.every(p => isField(declared, p))) return undefined;
  const args: BoundArg[] = given.map(p => ({ name: p.name.text, value: batch.field(p), span: p.span }));
  callBlock(declared.frame, memberBlock(declared, member), args, member.name.span, undefined);
  lowering.finish();
  return { calls: trace.calls, graph: trace.builder.finish(), weights: weightSpecs([trace]) };
}
