// A stage that fits, as what an engine runs: for each fit a graph that takes one batch and renews the states of the
// part that learns. There are no gradients and no optimizer.

import type { Declared } from '../dsl/semantics/declare.ts';
import { evaluate } from '../dsl/semantics/expressions.ts';
import type { Fit, FitStage, Model } from '../dsl/semantics/model.ts';
import { fieldFrame } from '../dsl/semantics/objectives.ts';
import type { Trace } from '../dsl/semantics/trace.ts';
import { namesWeight } from '../dsl/semantics/weight-pattern.ts';
import type { Graph, ValueId } from '../ir/graph.ts';
import { fusionsOf } from './fusions.ts';
import { createBatch, type LowerContext, modalitySpec, startLowering } from './lower.ts';
import { optimize } from './optimize.ts';
import type { BatchSpec, Entry, FitSpec, TokenizerFitSpec } from './program.ts';
import { recognise } from './recognise.ts';
import { schedule } from './schedule.ts';
import { entryOf, runOptions, type StageOptions } from './stage-program.ts';

export interface TracedFit {
  readonly trace: Trace;
  readonly forward: Graph;
  readonly batch: BatchSpec;
  readonly renewed: readonly string[];
}

/** The graph of one fit before anything is made of it. */
export function tracedFit(
  context: LowerContext,
  stage: FitStage,
  fit: Fit,
  options: StageOptions,
): TracedFit {
  const name = `${stage.name}/${fit.pattern.text}`;
  const lowering = startLowering(context, name, path => namesWeight(fit.pattern, path));
  const { declared, trace } = lowering;
  const { builder } = trace;
  const size = options.batch ?? fit.data.batch ?? 1;
  const { kind } = fit.length;
  // Only the last batch of a pass lacks rows.
  const batch = createBatch(lowering, 'b0', size, kind === 'passes');
  evaluateFit(declared, fit, batch.field);
  lowering.finish();
  const after = new Map(trace.updates.map(u => [u.path, u.value.id]));
  for (const [path, id] of after) builder.output(path, 'next', id);
  builder.output('change', 'fetch', changeOf(trace, after));
  const spec = batch.spec(fit.data, [], kind === 'passes' ? 'passes' : 'endless');
  return { trace, forward: builder.finish(), batch: spec, renewed: [...after.keys()].sort() };
}

function evaluateFit(declared: Declared, fit: Fit, field: ReturnType<typeof createBatch>['field']): void {
  const { params } = fit.fields;
  const values = new Map(params.map(p => [p.name.text, field(p, params)]));
  evaluate(fieldFrame(declared, fit.fields, values), fit.value);
}

/** The largest ‖after − before‖ / ‖after‖ of the states that are floats: how far the one that moves most still moves. */
function changeOf(trace: Trace, after: ReadonlyMap<string, ValueId>): ValueId {
  const { builder } = trace;
  const length = (id: ValueId): ValueId => {
    const square = builder.one('mul', [id, id]);
    const axes = builder.shapeOf(id).map((_, axis) => axis);
    const sum = axes.length === 0 ? square : builder.one('reduce_sum', [square], { axes, keepdims: false });
    return builder.one('sqrt', [sum]);
  };
  const changes = [...after].flatMap(([path, id]) => {
    const before = trace.weights.get(path)?.value.id;
    if (before === undefined || builder.typeOf(id).dtype !== 'f32') return [];
    const size = builder.one('max', [length(id), builder.constant(1e-20)]);
    return [builder.one('div', [length(builder.one('sub', [id, before])), size])];
  });
  return changes.reduce((a, b) => builder.one('max', [a, b]), builder.constant(0));
}

/** Each fit of a stage as an entry, and what was traced for it. */
export function fitSpecs(
  context: LowerContext,
  stage: FitStage,
  options: StageOptions,
): readonly { readonly spec: FitSpec; readonly trace: Trace }[] {
  return stage.fits.map((fit, i) => {
    const { trace, forward, batch, renewed } = tracedFit(context, stage, fit, options);
    const entry = fitEntry(context, `fit ${i}`, forward, batch, options);
    const length =
      options.steps === undefined ? fit.length : ({ kind: 'steps', count: options.steps } as const);
    return { spec: { part: fit.pattern.text, entry, length, renewed }, trace };
  });
}

function fitEntry(
  context: LowerContext,
  name: string,
  forward: Graph,
  batch: BatchSpec,
  options: StageOptions,
): Entry {
  const { registry, target, without } = context;
  const eachPass = runOptions(context, options);
  options.afterEach?.('lower', forward);
  const graph = optimize(recognise(forward, registry, eachPass), target, registry, eachPass);
  const fusions = options.fusions === true ? fusionsOf(graph, target, registry, without) : [];
  return entryOf(name, schedule(graph, target, fusions, without), [batch]);
}

/** The tokenizers that stages of the model fit, in the order of the spec. */
export function tokenizerFits(model: Model): readonly TokenizerFitSpec[] {
  const stages = [...model.stages.values()].flatMap(s => (s.kind === 'fit' ? [s] : []));
  return stages.flatMap(stage =>
    stage.tokenizers.map(({ modality, field, data, span }) => {
      const info = model.modalities.get(modality);
      if (info === undefined) throw new Error(`no modality ${modality} in ${model.name}`);
      const type = { kind: 'modality', modality: modalitySpec(info) } as const;
      const fields = [{ name: field, type, feeds: [], transforms: [], span }];
      const read = { id: `${modality}.tokenizer`, data: { set: data.set, split: data.split }, fields };
      const batch: BatchSpec = {
        ...read,
        size: 1,
        keepFeed: '',
        distinct: [],
        order: 'passes',
        span: data.span,
      };
      return { stage: stage.name, modality: info.path, batch };
    }),
  );
}
