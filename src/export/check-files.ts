// Runs a written model on the same inputs as the model itself, for two numbers of rows.

import type { HostTensor } from '../base/tensor.ts';
import { LoweringError } from '../compiler/lower.ts';
import type { ExportProgram } from '../compiler/program.ts';
import { requireTensors } from '../train/checkpoint.ts';
import { failure } from '../train/diagnostics.ts';
import { feedsOf } from '../train/feeds.ts';
import { heldBy } from '../train/held.ts';
import type { LoadedRun } from '../train/load.ts';
import { drawSeed, evaluationScalars, scalarFeeds } from '../train/schedule.ts';
import { largestDifference, tolerance } from './check.ts';
import { leadOf } from './compile-export.ts';
import type { ExportFormat, OpenedFiles } from './format.ts';
import { madeUp } from './made-up.ts';
import type { ExportNames } from './names.ts';
import { realRows, repeated } from './real-rows.ts';

export interface Check {
  /** Of each axis that is open: `B = 4, K = 7`. */
  readonly rows: string;
  readonly from: 'data' | 'made up' | 'data and made up';
  readonly difference: number;
}

export interface CheckOptions {
  readonly loaded: LoadedRun;
  readonly format: ExportFormat;
  /** Where the files are now, and where they'll be. */
  readonly path: string;
  readonly target: string;
  readonly outline: ExportProgram;
  readonly names: ExportNames;
  readonly settings: ReadonlyMap<string, number | boolean>;
  readonly batch: number | undefined;
}

/** Rows of the first and of each further axis; where an export refuses some (the best five of three), the next are tried. */
const rowsTried: readonly (readonly [first: number, more: number])[] = [
  [1, 2],
  [4, 3],
  [12, 5],
  [40, 7],
];
const checked = 2;

/** Throws where the file doesn't give what the model gives. */
export async function checkFiles(options: CheckOptions): Promise<readonly Check[]> {
  const { loaded, outline, names, settings, batch } = options;
  const leads = [...new Set(outline.params.map(leadOf))];
  const real = await realRows(loaded, names.inputs, 64);
  const tried = batch === undefined ? rowsTried : [[batch, 0] as const];
  const file = await opened(options);
  const checks: Check[] = [];
  try {
    for (const [first, more] of tried) {
      if (checks.length === checked) break;
      const sizes = new Map(leads.map((lead, i) => [lead, first + i * more]));
      const program = compiledFor(options, sizes);
      if (program === undefined) continue;
      const inputs = inputsFor(options, real, sizes);
      const expected = await modelOutputs(options, program, inputs);
      const given = await fileOutputs(options, file, inputs);
      const rows = leads.length === 0 ? 'no rows' : leads.map(l => `${l} = ${sizes.get(l)}`).join(', ');
      const { size, words } = largestDifference(names.outputs, expected, given);
      if (size > tolerance) throw failure('export-differs', { path: options.target, rows, words });
      const of = leads.filter(lead => real.has(lead)).length;
      const from = of === 0 ? 'made up' : of === leads.length ? 'data' : 'data and made up';
      checks.push({ rows, from, difference: size });
      if (leads.length === 0) break;
    }
  } finally {
    await file.close();
  }
  if (checks.length === 0)
    throw failure('export-not-run', { path: options.target, why: 'no number of rows suits it' });
  return checks;

  function compiledFor(
    { loaded: run }: CheckOptions,
    sizes: ReadonlyMap<string, number>,
  ): ExportProgram | undefined {
    const rows = outline.params.map((p): [string, number] => [p.name, sizes.get(leadOf(p)) ?? 1]);
    try {
      return run.opened.compilation.export(outline.name, run.ready.engine.target, new Map(rows), {
        settings,
      });
    } catch (e) {
      if (e instanceof LoweringError) return undefined;
      throw e;
    }
  }
}

/** Inputs by their names in the file: rows of the data where there are some. */
function inputsFor(
  { names }: CheckOptions,
  real: ReadonlyMap<string, ReadonlyMap<string, HostTensor>>,
  sizes: ReadonlyMap<string, number>,
): ReadonlyMap<string, HostTensor> {
  const made = madeUp(names.inputs, i => sizes.get(i.lead) ?? 1);
  return new Map(
    [...made].map(([name, tensor]) => {
      const lead = names.inputs.find(i => i.name === name)?.lead ?? '';
      const rows = real.get(lead)?.get(name);
      return [name, rows === undefined ? tensor : repeated(rows, sizes.get(lead) ?? 1)];
    }),
  );
}

const seedOf = ({ loaded }: CheckOptions): HostTensor => ({
  dtype: 'i32',
  shape: [],
  data: Int32Array.of(drawSeed(loaded.run.settings.seed, loaded.stage.stage)),
});

async function modelOutputs(
  options: CheckOptions,
  { entry, params }: ExportProgram,
  inputs: ReadonlyMap<string, HostTensor>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const { loaded, names } = options;
  const feeds: (readonly [string, HostTensor])[] = names.inputs.flatMap(i => {
    const tensor = inputs.get(i.name);
    return tensor === undefined ? [] : [[i.feed.feed, tensor] as const];
  });
  for (const { batch, size } of params)
    feeds.push([batch.keepFeed, { dtype: 'bool', shape: [size], data: new Uint8Array(size).fill(1) }]);
  feeds.push(...scalarFeeds(entry, evaluationScalars(Number(seedOf(options).data[0]))));
  const { engine } = loaded.ready;
  const threads = loaded.threads === undefined ? {} : { threads: loaded.threads };
  const session = await engine.open(new Map([[entry.name, entry.plan]]), threads);
  try {
    await session.write(requireTensors(loaded.path, loaded.weights, heldBy([entry])));
    return await session.run(entry.name, feedsOf(entry, feeds));
  } finally {
    await session.close();
  }
}

const notRun = ({ target }: CheckOptions, e: unknown): Error =>
  failure('export-not-run', { path: target, why: e instanceof Error ? e.message : String(e) });

async function opened(options: CheckOptions): Promise<OpenedFiles> {
  try {
    return await options.format.open(options.path);
  } catch (e) {
    throw notRun(options, e);
  }
}

async function fileOutputs(
  options: CheckOptions,
  file: OpenedFiles,
  inputs: ReadonlyMap<string, HostTensor>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const { seed } = options.names;
  try {
    return await file.run(seed === undefined ? inputs : new Map([...inputs, [seed, seedOf(options)]]));
  } catch (e) {
    throw notRun(options, e);
  }
}
