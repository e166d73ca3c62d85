// What `mm data` does.

import { createReferenceEngine } from '../backends/reference/engine.ts';
import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import { type BatchSpec, entriesOf, trainingEntries } from '../compiler/program.ts';
import { type DataDescription, type DataProgress, describeData, openData, orThrow } from '../data/index.ts';
import { writeWhole } from '../train/atomic-file.ts';
import type { DataCommandOptions } from './command-data.ts';
import { type Context, present, report } from './context.ts';
import { dataPage } from './data-page.ts';
import { dataJson, dataText } from './data-text.ts';
import { commandDiagnostic } from './diagnostics.ts';
import { type ExitCode, exit } from './exit.ts';
import { openSpecFile } from './open-spec.ts';

/** Describes every split that the spec's stages read, or one of them. */
export async function runData(
  file: string,
  options: DataCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const found = openSpecFile(file, options.variant, context);
  if ('diagnostics' in found) return report(context, found.diagnostics);
  const { compilation, model } = found.opened;
  const { target } = createReferenceEngine({ precision: 'f32' });
  const stages = [...model.stages.keys()].map(name => compilation.stage(name, target));
  const fitted = compilation.tokenizers.map(t => t.batch);
  const batches = distinctBatches([...fitted, ...stages.flatMap(entriesOf).flatMap(e => e.batches)]);
  const wanted = batches.filter(b => options.split === undefined || splitMatches(b, options.split));
  if (wanted.length === 0 && options.split !== undefined)
    return report(context, [splitMissing(options.split, batches)]);

  const diagnostics: Diagnostic[] = [];
  const data = openData({
    specFile: file,
    overrides: options.data,
    onDiagnostic: d => void diagnostics.push(d),
    onProgress: progressLine(context),
  });
  const trained = stages.flatMap(trainingEntries).flatMap(e => e.batches);
  const tokenizers = orThrow(
    await data.fitTokenizers([...fitted, ...trained, ...wanted].filter(b => b.data !== undefined)),
  );
  const descriptions: DataDescription[] = [];
  for (const batch of wanted) {
    const split = orThrow(await data.prepare(batch));
    const described = await describeData({
      batch,
      split,
      tokenizers,
      seed: 0,
      training: trained.includes(batch),
    });
    diagnostics.push(...described.diagnostics);
    if (described.value !== undefined) descriptions.push(described.value);
  }
  if (hasErrors(diagnostics)) return report(context, diagnostics);
  report(context, diagnostics);
  if (options.out !== undefined) writeWhole(options.out, [dataPage(file, descriptions)]);
  const { paint } = context.output.out;
  const page = options.out === undefined ? '' : `\n\npage: ${options.out}`;
  present(
    context,
    descriptions.map(dataJson),
    () => descriptions.map(d => dataText(d, paint)).join('\n\n') + page,
  );
  return exit.ok;
}

/** Batches that read something different: the same split read twice in the same way is shown once. */
function distinctBatches(batches: readonly BatchSpec[]): readonly BatchSpec[] {
  const known = new Map<string, BatchSpec>();
  for (const batch of batches) {
    if (batch.data === undefined) continue;
    const fields = batch.fields.map(f => [f.name, f.type, f.transforms.map(t => [t.name, t.settings])]);
    const key = JSON.stringify([batch.data, fields]);
    if (!known.has(key)) known.set(key, batch);
  }
  return [...known.values()];
}

const splitName = (batch: BatchSpec): string => `${batch.data?.set}.${batch.data?.split}`;
const splitMatches = (batch: BatchSpec, split: string): boolean =>
  splitName(batch) === split || batch.data?.split === split;

function splitMissing(split: string, batches: readonly BatchSpec[]): Diagnostic {
  const known = [...new Set(batches.map(splitName))];
  return commandDiagnostic(
    'split-not-read',
    { split, near: nearestName(split, known), known },
    { span: undefined },
  );
}

/** One line that is redrawn while pictures are decoded; nothing where nobody watches. */
function progressLine(context: Context): (event: DataProgress) => void {
  const { err } = context.output;
  if (!err.terminal || context.json) return () => undefined;
  return ({ split, done, total }) => {
    err.write(`\r${split}: ${done} of ${total} pictures${done === total ? '\n' : ''}`);
  };
}
