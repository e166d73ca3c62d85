// A stage as what an engine runs: one train step over all its objectives and batches, and its measures.

import type { FloatDType } from '../base/dtype.ts';
import { weightsBehind } from '../dsl/semantics/check-objective.ts';
import type { MinimizeStage, StageData } from '../dsl/semantics/model.ts';
import { traceObjective } from '../dsl/semantics/objectives.ts';
import type { PartCall, Trace } from '../dsl/semantics/trace.ts';
import { learningIn, partition } from '../dsl/semantics/weight-pattern.ts';
import type { Graph, ValueId } from '../ir/graph.ts';
import { fitMemory } from './fit-memory.ts';
import { fitSpecs, tracedFit } from './fit-program.ts';
import { fusionsOf } from './fusions.ts';
import { layerShares } from './layer-decay.ts';
import { type BatchBuilder, createBatch, type LowerContext, startLowering, weightSpecs } from './lower.ts';
import { measureSpec } from './measure-program.ts';
import { optimize } from './optimize.ts';
import type { Pass, RunOptions } from './passes/pass.ts';
import type { Plan } from './plan.ts';
import type { Entry, StageProgram, WeightSpec } from './program.ts';
import { recognise } from './recognise.ts';
import { schedule } from './schedule.ts';
import { outputTold } from './told.ts';
import { trainStep } from './train-step.ts';

export interface StageOptions {
  /** Replaces every batch size of the stage. */
  readonly batch?: number;
  readonly steps?: number;
  /** Of the products in the train step; measures and fits are f32. */
  readonly precision?: FloatDType;
  /** Bytes that a train step may take: what must be given up for them is computed again. */
  readonly memory?: number;
  /** In how many parts a batch may go through at most, where that is needed to fit. */
  readonly parts?: number;
  /** Sees the graph after each step of the pipeline, by its name: for `mm print` and the verifier. */
  readonly afterEach?: (pass: string, graph: Graph) => void;
  /** Tells what was fused. */
  readonly fusions?: boolean;
  /** Leaves measures out: explaining and printing need only the train step. */
  readonly measures?: boolean;
}

/** Of 4,096 rows, 64 are there at a time. */
const mostParts = 64;

/** What tracing saw: the loss of a stage, or one of its fits. */
export interface TracedStage {
  readonly calls: readonly PartCall[];
  readonly forward: Graph;
  readonly weights: readonly WeightSpec[];
  readonly renames: Trace['renames'];
}

export function stageProgram(context: LowerContext, name: string, options: StageOptions): StageProgram {
  const stage = context.model.stages.get(name);
  if (stage === undefined) throw new Error(`no stage ${name} in ${context.model.name}`);
  const measured = (options.measures === false ? [] : stage.measures).map(m =>
    measureSpec(context, stage, m, options),
  );
  const common = { stage: name, from: stage.from, measures: measured.map(m => m.spec) };
  const weightsOf = (traces: readonly Trace[]) => weightSpecs([...traces, ...measured.map(m => m.trace)]);
  switch (stage.kind) {
    case 'minimize': {
      const { train, trace, parts, told, memory } = trainEntry(context, stage, options);
      return {
        ...common,
        kind: 'minimize',
        steps: options.steps ?? stage.steps,
        optimizer: stage.optimizer,
        weights: weightsOf([trace]),
        trained: parts.trained,
        frozen: parts.frozen,
        renewed: train.plan.graph.outputs
          .filter(o => o.role === 'next' && trace.weights.get(o.name)?.kind === 'state')
          .map(o => o.name)
          .sort(),
        train,
        told,
        memory,
      };
    }
    case 'fit': {
      const fits = fitSpecs(context, stage, options);
      return {
        ...common,
        kind: 'fit',
        fits: fits.map(f => f.spec),
        weights: weightsOf(fits.map(f => f.trace)),
      };
    }
    default:
      return stage satisfies never;
  }
}

/** The forward graphs of a stage, of its loss or of each fit, before anything is made of them. */
export function tracedStage(
  context: LowerContext,
  name: string,
  options: StageOptions,
): readonly TracedStage[] {
  const stage = context.model.stages.get(name);
  if (stage === undefined) throw new Error(`no stage ${name} in ${context.model.name}`);
  const traced =
    stage.kind === 'minimize'
      ? [traceLoss(context, stage, options)]
      : stage.fits.map(fit => tracedFit(context, stage, fit, options));
  return traced.map(({ trace, forward }) => ({
    calls: trace.calls,
    forward,
    weights: weightSpecs([trace]),
    renames: trace.renames,
  }));
}

function traceLoss(context: LowerContext, stage: MinimizeStage, options: StageOptions) {
  const lowering = startLowering(context, stage.name, learningIn(stage));
  const { trace, declared } = lowering;
  const { builder } = trace;
  const batches = new Map<StageData, BatchBuilder>();
  const distinct = new Map<StageData, Set<string>>();
  const losses: { readonly name: string; readonly id: ValueId; readonly weight: number }[] = [];
  for (const term of stage.terms) {
    const objective = context.model.objectives.get(term.objective);
    if (objective === undefined) throw new Error(`no objective ${term.objective}`);
    let batch = batches.get(term.data);
    if (batch === undefined) {
      batch = createBatch(lowering, `b${batches.size}`, options.batch ?? term.data.batch ?? 1, false);
      batches.set(term.data, batch);
      distinct.set(term.data, new Set());
    }
    const fields = new Map(
      objective.params.map(p => [p.name.text, (batch as BatchBuilder).field(p, objective.params)]),
    );
    // In a contrast every other row is a negative: rows that are equal on either side must not meet.
    if (objective.sides !== undefined)
      for (const p of objective.params) distinct.get(term.data)?.add(p.name.text);
    const loss = traceObjective(declared, objective, fields);
    if (loss !== undefined) losses.push({ name: objective.name, id: loss.id, weight: term.weight });
  }
  lowering.finish();
  const weighted = losses.map(l =>
    l.weight === 1 ? l.id : builder.one('mul', [l.id, builder.constant(l.weight)]),
  );
  const total = weighted.reduce((a, b) => builder.one('add', [a, b]));
  builder.output('loss', 'fetch', total);
  if (losses.length > 1) for (const l of losses) builder.output(`loss/${l.name}`, 'fetch', l.id);
  const renewed = new Map(trace.updates.map(u => [u.path, u.value.id]));
  for (const [path, id] of renewed) builder.output(path, 'next', id);
  const told = outputTold(trace);
  const specs = [...batches].map(([data, batch]) => batch.spec(data, [...(distinct.get(data) ?? [])]));
  return { trace, forward: builder.finish(), total, specs, told };
}

function trainEntry(context: LowerContext, stage: MinimizeStage, options: StageOptions) {
  const { registry, target, without } = context;
  const { trace, forward, total, specs, told } = traceLoss(context, stage, options);
  const paths = [...weightsBehind(trace, total)].sort();
  const parts = partition(stage, paths);
  const { precision = 'f32', afterEach: see } = options;
  const eachPass = runOptions(context, options);
  see?.('lower', forward);
  const recognised = recognise(forward, registry, eachPass);
  const weights = [...trace.weights.values()].filter(w => parts.trained.includes(w.path));
  const { layerDecay } = stage.optimizer;
  const shares =
    layerDecay === undefined
      ? undefined
      : layerShares(
          [...trace.weights.values()].flatMap(w => (w.kind === 'weight' ? [w.path] : [])),
          trace.repeats,
          layerDecay,
        );
  const followers = [...trace.weights.values()].flatMap(w =>
    w.follows === undefined ? [] : [{ name: w.path, of: w.follows.path, by: w.follows.by }],
  );
  const stepOf = (forward: Graph): Graph => {
    const step = trainStep({
      graph: forward,
      trained: weights.map(w => ({
        name: w.path,
        decay: w.value.dims.length >= 2,
        share: shares?.get(w.path),
        atLeast: w.atLeast,
        atMost: w.atMost,
      })),
      followers,
      optimizer: stage.optimizer,
      registry,
      span: stage.optimizerSpan,
      scaled: precision === 'f16',
    });
    see?.('differentiate', step);
    return optimize(step, target, registry, { ...eachPass, precision });
  };
  const { memory: limit, parts: most = mostParts } = options;
  const fitted =
    limit === undefined
      ? undefined
      : fitMemory(recognised, {
          limit,
          parts: most,
          target,
          registry,
          batches: specs,
          stepOf,
          without: without ?? new Set(),
        });
  const graph = fitted?.graph ?? stepOf(recognised);
  if (fitted !== undefined) see?.('recompute', graph);
  const fusions = options.fusions === true ? fusionsOf(graph, target, registry, without) : [];
  const plan = schedule(graph, target, fusions, without);
  const entry = entryOf('train', plan, specs);
  return { train: entry, trace, parts, told, memory: fitted?.note };
}

/** What is told of each pass, and which are left out. */
export function runOptions({ without }: LowerContext, { afterEach: see }: StageOptions): RunOptions {
  return {
    ...(without === undefined ? {} : { without }),
    ...(see === undefined ? {} : { afterEach: (pass: Pass, graph: Graph) => see(pass.name, graph) }),
  };
}

/** A scheduled graph with its batches as what an engine runs. */
export function entryOf(name: string, plan: Plan, batches: Entry['batches']): Entry {
  return {
    name,
    plan,
    batches,
    scalars: plan.graph.inputs.filter(i => i.role === 'scalar').map(i => i.name),
    fetches: plan.graph.outputs.filter(o => o.role === 'fetch').map(o => o.name),
  };
}

/** An evaluation graph of a tracing whose outputs are named. */
export function evaluationEntry(
  context: LowerContext,
  name: string,
  trace: Trace,
  batches: Entry['batches'],
): Entry {
  const { registry, target, without } = context;
  const options = runOptions(context, {});
  const graph = optimize(recognise(trace.builder.finish(), registry, options), target, registry, options);
  // Fusions are told of train steps; here they'd only cost time.
  return entryOf(name, schedule(graph, target, [], without), batches);
}
