// Runs an export on a caller's values: compiles it for as many as there are, feeds it, and says what came out in the
// caller's own terms: an index is shown with what it points into.

import { nearestName } from '../base/nearest-name.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { ExportProgram, ExportResult } from '../compiler/program.ts';
import { encodeExamples, orThrow } from '../data/index.ts';
import type { Arguments } from './arguments.ts';
import { checkNames, expandValues, readSettings } from './arguments.ts';
import { requireTensors } from './checkpoint.ts';
import { failure } from './diagnostics.ts';
import { feedsOf } from './feeds.ts';
import { heldBy } from './held.ts';
import type { LoadedRun } from './load.ts';
import { withLabels } from './run-labels.ts';
import { drawSeed, evaluationScalars, scalarFeeds } from './schedule.ts';

/** A place on an axis: its number and what stands there. */
export interface Pointer {
  readonly index: number;
  readonly value: string;
}

export type PredictedValue = number | boolean | string | Pointer | readonly PredictedValue[];

export interface PredictedResult {
  /** '' where the export gives one value and no record. */
  readonly name: string;
  readonly type: string;
  /** Nested by the axes of its type. */
  readonly value: PredictedValue;
  /** For each axis, what its places are called, where they are one parameter's values or labels. */
  readonly axes: readonly (readonly string[] | undefined)[];
}

export interface Prediction {
  readonly export: string;
  /** What was given, a value a row. */
  readonly inputs: ReadonlyMap<string, readonly string[]>;
  readonly results: readonly PredictedResult[];
}

/**
 * Errors of the user's are thrown with `diagnostics`. Draws depend on the seed: the export's parameter of that name, or
 * where it has none the run's own unless given.
 */
export async function predict(
  loaded: LoadedRun,
  name: string,
  given: Arguments,
  seed?: number,
): Promise<Prediction> {
  const { compilation, model } = loaded.opened;
  const known = [...model.exports.keys()];
  if (!model.exports.has(name))
    throw failure('unknown-export', { name, known, nearest: nearestName(name, known) });
  const { target } = loaded.ready.engine;
  // Parameters and their modalities don't depend on how many rows there are.
  const outline = compilation.export(name, target, new Map());
  checkNames(
    name,
    outline.params.map(p => p.name),
    outline.settings.map(s => s.name),
    given,
  );
  const settings = new Map(readSettings(outline.settings, given));
  if (outline.seed !== undefined && seed !== undefined) {
    if (settings.has('seed'))
      throw failure('wrong-argument', { name: 'seed', why: '--seed is given too: say one of them' });
    settings.set('seed', seed);
  }
  const inputs = new Map<string, readonly string[]>();
  for (const { name: param, batch } of outline.params) {
    const [field] = batch.fields;
    if (field === undefined) throw new Error(`parameter ${param} of ${name} reads no field`);
    inputs.set(param, expandValues(field, given.get(param) ?? []));
  }
  const sizes = new Map([...inputs].map(([param, values]) => [param, values.length]));
  const program = withLabels(compilation.export(name, target, sizes, { settings }), loaded.labels);
  const fetched = await run(loaded, program, inputs, seed);
  const results = program.results.map(result => {
    const tensor = fetched.get(result.fetch);
    if (tensor === undefined) throw new Error(`the engine returned nothing for ${result.fetch}`);
    const axes = axisNames(result, tensor, program, inputs);
    if (result.text !== undefined) return spoken(loaded, result, tensor, fetched.get(result.text.keep), axes);
    return presented(result, tensor, fetched.get(result.kept ?? ''), inputs, axes);
  });
  return { export: name, inputs, results };
}

async function run(
  loaded: LoadedRun,
  program: ExportProgram,
  inputs: ReadonlyMap<string, readonly string[]>,
  seed: number | undefined,
): Promise<ReadonlyMap<string, HostTensor>> {
  const { entry } = program;
  const feeds: [string, HostTensor][] = [];
  for (const { name, batch } of program.params) {
    const [field] = batch.fields;
    if (field === undefined) throw new Error(`parameter ${name} reads no field`);
    const modality = field.type.kind === 'modality' ? field.type.modality.name : '';
    const how = loaded.run.settings.inputs.find(i => i.modality === modality);
    const isText = field.type.kind === 'modality' && field.type.modality.kind === 'text';
    const given = inputs.get(name) ?? [];
    const values = isText && how?.lowercase === true ? given.map(v => v.toLowerCase()) : given;
    const encoded = await encodeExamples({
      batch,
      tokenizers: loaded.tokenizers,
      values: new Map([[field.name, values]]),
      trim: how?.trim ?? false,
    });
    feeds.push(...orThrow(encoded));
  }
  const drawn = drawSeed(program.seed ?? seed ?? loaded.run.settings.seed, loaded.stage.stage);
  feeds.push(...scalarFeeds(entry, evaluationScalars(drawn)));
  const { engine } = loaded.ready;
  const options = loaded.threads === undefined ? {} : { threads: loaded.threads };
  const session = await engine.open(new Map([[entry.name, entry.plan]]), options);
  try {
    await session.write(requireTensors(loaded.path, loaded.weights, heldBy([entry])));
    return await session.run(entry.name, feedsOf(entry, feeds));
  } finally {
    await session.close();
  }
}

/** A text, decoded row by row; what isn't kept is left out. */
function spoken(
  { tokenizers }: LoadedRun,
  result: ExportResult,
  ids: HostTensor,
  keep: HostTensor | undefined,
  axes: PredictedResult['axes'],
): PredictedResult {
  const tokenizer = tokenizers.get(result.text?.modality ?? '');
  if (tokenizer === undefined || keep === undefined)
    throw new Error(`${result.fetch} is a text without tokens`);
  const lead = ids.shape.slice(0, -1);
  const length = ids.shape[ids.shape.length - 1] ?? 1;
  const row = (i: number): string => {
    const kept = Array.from(ids.data.subarray(i * length, (i + 1) * length), Number);
    return tokenizer.decode(kept.filter((_, t) => keep.data[i * length + t] === 1));
  };
  const nested = (axis: number, from: number, rows: number): PredictedValue => {
    const size = lead[axis];
    if (size === undefined) return row(from);
    return Array.from({ length: size }, (_, i) => nested(axis + 1, from + (i * rows) / size, rows / size));
  };
  const value = nested(0, 0, ids.data.length / length);
  return { name: result.name, type: result.type, value, axes: axes.slice(0, -1) };
}

/** A tensor as nested lists; positions along its second axis that aren't real are left out. */
function presented(
  result: ExportResult,
  tensor: HostTensor,
  keep: HostTensor | undefined,
  inputs: ReadonlyMap<string, readonly string[]>,
  axes: PredictedResult['axes'],
): PredictedResult {
  const pointed = result.labels ?? (result.indexes === undefined ? undefined : inputs.get(result.indexes));
  const nested = (axis: number, from: number, size: number): PredictedValue => {
    const length = tensor.shape[axis];
    if (length === undefined) return element(tensor, from, pointed);
    const each = size / length;
    const isReal = (i: number): boolean => axis !== 1 || keep?.data[from / each + i] !== 0;
    return Array.from({ length }, (_, i) => i)
      .filter(isReal)
      .map(i => nested(axis + 1, from + i * each, each));
  };
  return {
    name: result.name,
    type: result.type,
    value: nested(0, 0, tensor.data.length),
    axes,
  };
}

function element(tensor: HostTensor, i: number, pointed: readonly string[] | undefined): PredictedValue {
  const value = tensor.data[i] ?? Number.NaN;
  if (tensor.dtype === 'bool') return value === 1;
  if (pointed === undefined) return value;
  return { index: value, value: pointed[value] ?? '' };
}

/** An axis called as in `index(K)` of another result has that one's values; else it is the one parameter of its size. */
function axisNames(
  result: ExportResult,
  tensor: HostTensor,
  program: ExportProgram,
  inputs: ReadonlyMap<string, readonly string[]>,
): PredictedResult['axes'] {
  const dims =
    /\[([^\]]*)\]\s*$/
      .exec(result.type)?.[1]
      ?.split(',')
      .map(d => d.trim()) ?? [];
  return tensor.shape.map((size, axis) => {
    const pointer = program.results.find(r => r.type.includes(`index(${dims[axis]})`));
    if (pointer?.labels?.length === size) return pointer.labels;
    if (pointer?.indexes !== undefined) return inputs.get(pointer.indexes);
    const fitting = program.params.filter(p => p.size === size);
    return fitting.length === 1 ? inputs.get(fitting[0]?.name ?? '') : undefined;
  });
}
