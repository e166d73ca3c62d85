// Writes an export of a trained run as files that others load, and doesn't let them stand unless they give what the
// model gives.

import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { nearestName } from '../base/nearest-name.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { ExportProgram } from '../compiler/program.ts';
import { type Arguments, checkNames, readSettings } from '../train/arguments.ts';
import { requireTensors } from '../train/checkpoint.ts';
import { failure } from '../train/diagnostics.ts';
import { heldBy } from '../train/held.ts';
import type { LoadedRun } from '../train/load.ts';
import { folderName } from '../train/run-folder.ts';
import { withLabels } from '../train/run-labels.ts';
import { evaluationScalars, scalarFeeds } from '../train/schedule.ts';
import { type Check, checkFiles } from './check-files.ts';
import { compileExport, outlineOf } from './compile-export.ts';
import { describeExport, type ExportDescription, tokenizerFile } from './describe.ts';
import { formatNamed } from './formats.ts';
import { exportNames } from './names.ts';
import { draftFiles } from './place-files.ts';

export interface ExportOptions {
  readonly to: string;
  /** Default: the only one. */
  readonly export?: string | undefined;
  /** Default: in the run's folder, under exports/. */
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  /** Rows of every input; default: as many as are given. */
  readonly batch?: number | undefined;
  /** Values of parameters that have a default. */
  readonly settings?: Arguments | undefined;
  readonly mmlang: string;
}

export interface Exported {
  readonly export: string;
  readonly format: string;
  /** The model's own file or folder. */
  readonly path: string;
  readonly files: readonly string[];
  readonly bytes: number;
  readonly ops: number;
  readonly checks: readonly Check[];
  readonly description: ExportDescription;
  /** Steps of each generation, which are written out one after another. */
  readonly unrolled: readonly number[];
  /** Whether the stage has been trained to its end. */
  readonly finished: boolean;
}

/** Errors of the user's are thrown with `diagnostics`. */
export async function exportRun(loaded: LoadedRun, options: ExportOptions): Promise<Exported> {
  const format = await formatNamed(options.to);
  const name = chosenExport(loaded, options.export);
  const target = resolve(
    options.out ?? join(loaded.run.dir, 'exports', `${folderName(name)}${format.ending}`),
  );
  if (existsSync(target) && options.force !== true) throw failure('export-exists', { path: target });
  if (format.single && existsSync(target) && statSync(target).isDirectory())
    throw failure('cannot-write', { path: target, why: 'it is a folder' });
  await format.ready?.();
  const { opened } = loaded;
  const outline = outlineOf(opened, name, format.target, options.batch);
  const given = options.settings ?? new Map();
  const settingNames = outline.settings.map(s => s.name);
  checkNames(name, [], settingNames, given);
  const settings = readSettings(outline.settings, given);
  const compiled = compileExport(opened, outline, format.target, settings, options.batch);
  if ('why' in compiled)
    throw failure('export-open-size', { export: name, why: compiled.why, at: undefined });
  const program = withLabels(compiled.program, loaded.labels);
  const names = exportNames(program);
  const weights = requireTensors(loaded.path, loaded.weights, heldBy([program.entry]));
  const size = [...weights.values()].reduce((sum, t) => sum + t.data.byteLength, 0);
  if (size > format.mostBytes)
    throw failure('export-too-large', { export: name, format: format.name, bytes: size });

  const description = describeExport({
    loaded,
    program,
    names,
    open: compiled.open,
    trials: compiled.trials,
    format: format.name,
    mmlang: options.mmlang,
    settings,
  });
  const written = format.write(
    {
      graphs: compiled.trials.map(t => t.entry.plan.graph),
      open: compiled.open,
      inputs: new Map([
        ...names.inputs.map(i => [i.feed.feed, i.name] as const),
        ...(names.seed === undefined ? [] : [['seed', names.seed] as const]),
      ]),
      outputs: new Map(names.outputs.map(o => [o.fetch, o.name])),
      held: new Map([...weights, ...fixedScalars(program)]),
      mmlang: options.mmlang,
      doc: program.doc,
      metadata: metadataOf(description),
    },
    basename(target),
  );
  if (written.kind === 'missing')
    throw failure('export-lacks-op', { export: name, format: format.name, ops: written.ops });
  if (written.kind === 'refused')
    throw failure('export-open-size', { export: name, why: written.why, at: written.at });

  const stem = format.single ? `${basename(target)}.` : 'export.';
  const beside = new Map<string, Uint8Array | string>(written.files);
  beside.set(`${stem}json`, `${JSON.stringify(description, undefined, 2)}\n`);
  for (const modality of tokenizersOf(description)) {
    const tokenizer = [...loaded.tokenizers].find(([m]) => tokenizerFile(m) === modality)?.[1];
    if (tokenizer !== undefined) beside.set(`${format.single ? stem : ''}${modality}`, tokenizer.json);
  }
  if (format.single && options.force !== true)
    for (const own of beside.keys()) {
      const path = join(dirname(target), own);
      if (existsSync(path)) throw failure('export-exists', { path });
    }
  const draft = draftFiles(target, format.single, beside);
  try {
    const checks = await checkFiles({
      ...{ loaded, format, path: draft.path, target, outline, names, settings },
      batch: options.batch,
    });
    const files = draft.place();
    return {
      export: name,
      format: format.name,
      path: target,
      files,
      bytes: [...beside.values()].reduce(
        (sum, c) => sum + (typeof c === 'string' ? Buffer.byteLength(c) : c.length),
        0,
      ),
      ops: written.ops,
      checks,
      description,
      unrolled: program.generations.map(g => g.steps),
      finished: loaded.stage.done,
    };
  } finally {
    draft.discard();
  }
}

function chosenExport({ opened }: LoadedRun, wanted: string | undefined): string {
  const known = [...opened.model.exports.keys()];
  const [only, more] = known;
  if (only === undefined) throw failure('no-exports', { model: opened.model.name });
  if (wanted === undefined) {
    if (more !== undefined) throw failure('export-needed', { known });
    return only;
  }
  if (!known.includes(wanted))
    throw failure('unknown-export', { name: wanted, known, nearest: nearestName(wanted, known) });
  return wanted;
}

/** Scalars that a file doesn't ask for: nothing is learned in it. */
function fixedScalars({ entry }: ExportProgram): ReadonlyMap<string, HostTensor> {
  const scalars = scalarFeeds(entry, evaluationScalars(0));
  scalars.delete('seed');
  return scalars;
}

function metadataOf({ model, export: own, trained, inputs, outputs }: ExportDescription) {
  return {
    model: model.name,
    version: model.version,
    ...(model.variant === null ? {} : { variant: model.variant }),
    export: own.name,
    trained: `${trained.stage}, step ${trained.step} of ${trained.steps}`,
    inputs: JSON.stringify(inputs),
    outputs: JSON.stringify(outputs),
  };
}

const tokenizersOf = ({ inputs, outputs }: ExportDescription): readonly string[] => [
  ...new Set([...inputs, ...outputs].flatMap(v => v.tokenizer ?? [])),
];
