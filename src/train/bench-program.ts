// What `mm bench` times: a stage's step or an export as one entry, and how long each stage of the pipeline took.

import { nearestName } from '../base/nearest-name.ts';
import type { Span } from '../base/span.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { Target } from '../compiler/plan.ts';
import { type Entry, trainingEntries, type WeightSpec } from '../compiler/program.ts';
import { failure } from './diagnostics.ts';
import { type OpenedSpec, stagesInOrder } from './model.ts';
import { evaluationScalars, fitScalars, scalarFeeds, trainScalars } from './schedule.ts';

/** Seconds. An export's are in `lower` from lowering to its plan. */
export interface CompileTimes {
  readonly check: number;
  readonly lower: number;
  readonly recognise: number;
  readonly differentiate: number;
  readonly optimize: number;
  readonly schedule: number;
  /** The engine's own: emitting the graph, opening it. */
  readonly engine: number;
}

export interface BenchChoice {
  /** The first one where neither a stage nor an export is named. */
  readonly stage?: string | undefined;
  readonly export?: string | undefined;
  /** Rows of each batch; of an export 1 unless said. */
  readonly batch?: number | undefined;
}

/** What is timed. */
export interface Made {
  readonly what: { readonly kind: 'stage' | 'export'; readonly name: string };
  readonly entry: Entry;
  readonly weights: readonly WeightSpec[];
  readonly scalars: (entry: Entry) => ReadonlyMap<string, HostTensor>;
  readonly optimizer: Span | undefined;
  readonly times: Omit<CompileTimes, 'check' | 'engine'>;
}

const untimed = { lower: 0, recognise: 0, differentiate: 0, optimize: 0, schedule: 0 };

/** A stage's train step or fit, or an export, with what each stage of the pipeline took. */
export function compiled({ compilation, model }: OpenedSpec, target: Target, options: BenchChoice): Made {
  const { stage, batch } = options;
  const started = performance.now();
  if (options.export !== undefined) {
    const name = options.export;
    const known = [...model.exports.keys()];
    if (!model.exports.has(name))
      throw failure('unknown-export', { name, known, nearest: nearestName(name, known) });
    const outline = compilation.export(name, target, new Map());
    const sizes = new Map(outline.params.map(p => [p.name, batch ?? 1]));
    const at = performance.now();
    const { entry, weights } = compilation.export(name, target, sizes);
    return {
      what: { kind: 'export', name },
      entry,
      weights,
      scalars: e => scalarFeeds(e, evaluationScalars(1)),
      optimizer: undefined,
      times: { ...untimed, lower: since(at) },
    };
  }
  const known = stagesInOrder(model).map(s => s.name);
  const name = stage ?? known[0];
  if (name === undefined)
    throw failure('nothing-to-bench', { model: model.name, exports: [...model.exports.keys()] });
  if (!known.includes(name))
    throw failure('unknown-stage', { name, known, nearest: nearestName(name, known) });
  const clock = pipelineClock(started);
  const program = compilation.stage(name, target, {
    measures: false,
    afterEach: clock.after,
    ...(batch === undefined ? {} : { batch }),
  });
  const times = clock.end();
  const [entry] = trainingEntries(program);
  if (entry === undefined) throw failure('stage-without-graph', { stage: name });
  const declared = model.stages.get(name);
  return {
    what: { kind: 'stage', name },
    entry,
    weights: program.weights,
    scalars: e =>
      scalarFeeds(
        e,
        program.kind === 'minimize' ? trainScalars(program.optimizer, 1, program.steps, 1) : fitScalars(1, 1),
      ),
    optimizer: declared?.kind === 'minimize' ? declared.optimizerSpan : undefined,
    times,
  };
}

/** Seconds by stage of the pipeline, from the names of the steps that a compilation reports. */
export function pipelineClock(started: number) {
  const times = { ...untimed };
  let last = started;
  let phase: 'recognise' | 'optimize' = 'recognise';
  const spend = (on: keyof typeof times): void => {
    const now = performance.now();
    times[on] += (now - last) / 1000;
    last = now;
  };
  return {
    after: (pass: string): void => {
      if (pass === 'lower') spend('lower');
      else if (pass === 'differentiate') {
        spend('differentiate');
        phase = 'optimize';
      } else spend(phase);
    },
    end: (): typeof times => {
      // A fit has no steps that are reported.
      spend(times.lower === 0 ? 'lower' : 'schedule');
      return times;
    },
  };
}

const since = (started: number): number => (performance.now() - started) / 1000;
