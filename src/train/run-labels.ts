// Names of labels that a spec only counts: as the data gave them, kept in the run, so that a prediction can say them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExportProgram, type StageProgram, trainingEntries } from '../compiler/program.ts';
import type { Data } from '../data/index.ts';
import { orThrow } from '../data/index.ts';
import { writeWhole } from './atomic-file.ts';
import { failure } from './diagnostics.ts';
import { makeFolder } from './run-folder.ts';

export const labelFolder = (dir: string): string => join(dir, 'labels');

/** Writes the names of every label set that the training data names and the spec doesn't. */
export async function keepLabels(data: Data, dir: string, stages: readonly StageProgram[]): Promise<void> {
  for (const batch of stages.flatMap(trainingEntries).flatMap(e => e.batches)) {
    for (const { name, type } of batch.fields) {
      if (batch.data === undefined || (type.kind !== 'labels' && type.kind !== 'tags')) continue;
      if (type.names !== undefined) continue;
      const file = join(labelFolder(dir), `${type.name}.json`);
      const column = orThrow(await data.prepare(batch)).columns[name];
      if (column?.kind !== 'labels' && column?.kind !== 'tags') continue;
      if (existsSync(file)) {
        const kept = readNames(file);
        const at = column.names.findIndex((label, i) => label !== kept[i]);
        const [is = 'nothing', was = 'nothing'] = [column.names[at], kept[at]];
        const { set, split } = batch.data;
        if (at >= 0)
          throw failure('labels-differ', { labels: type.name, data: `${set}.${split}`, at, is, was });
        continue;
      }
      makeFolder(labelFolder(dir));
      writeWhole(file, [`${JSON.stringify(column.names, undefined, 2)}\n`]);
    }
  }
}

/** The names kept in a run, by label set. */
export function keptLabels(dir: string): ReadonlyMap<string, readonly string[]> {
  const folder = labelFolder(dir);
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder).map(file => [file.replace(/\.json$/, ''), readNames(join(folder, file))]),
  );
}

function readNames(path: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (Array.isArray(names) && names.every(n => typeof n === 'string')) return names;
  } catch {
    // Told below, as for any other content that isn't a list of names.
  }
  throw failure('broken-file', { path, why: 'it is not a list of names' });
}

/** The export with the names that the run has kept. */
export function withLabels(
  program: ExportProgram,
  kept: ReadonlyMap<string, readonly string[]>,
): ExportProgram {
  const results = program.results.map(r => ({ ...r, labels: r.labels ?? kept.get(r.labelSet ?? '') }));
  return { ...program, results };
}
