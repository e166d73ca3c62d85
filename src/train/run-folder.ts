// A run on disk. DIR/
//   spec.mm, uses/N.mm                   the spec as trained, and the files it uses
//   run.json                             RunSettings: everything that decides the outcome
//   model.lock                           what the model is, as trained (model-lock.ts)
//   lock                                 while a training writes here (run-lock.ts)
//   tokenizers/NAME/tokenizer.json       as fitted on the training split
//   labels/NAME.json                     names of labels that the spec only counts (run-labels.ts)
//   result.html                          after the last stage (result-page.ts)
//   stages/STAGE/metrics.jsonl           one object a line (metrics-file.ts)
//   stages/STAGE/result.json              what was measured at its end (report.ts)
//   stages/STAGE/curves.html             learning curves (curves.ts)
//   stages/STAGE/checkpoints/{last,best}.safetensors, .json   (checkpoint.ts)
// A later stage's `from` finds its weights in the earlier stage's folder of the same run.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readFailure, writeFailure, writeWhole } from './atomic-file.ts';
import { failure } from './diagnostics.ts';
import type { SpecText } from './model.ts';
import type { RunSettings } from './run-settings.ts';
import { parseSettings } from './run-settings.ts';

export interface Run {
  readonly dir: string;
  readonly settings: RunSettings;
}

/** The spec's text and those of the files that it uses, by the name they are asked for with. */
export interface SpecSources {
  readonly main: string;
  readonly used: ReadonlyMap<string, string>;
}

export interface StageFolder {
  readonly dir: string;
  readonly metrics: string;
  readonly curves: string;
  readonly checkpoints: string;
  readonly last: string;
  readonly best: string;
}

export function stageFolder(dir: string, stage: string): StageFolder {
  const at = join(dir, 'stages', stage);
  const checkpoints = join(at, 'checkpoints');
  return {
    dir: at,
    metrics: join(at, 'metrics.jsonl'),
    curves: join(at, 'curves.html'),
    checkpoints,
    last: join(checkpoints, 'last.safetensors'),
    best: join(checkpoints, 'best.safetensors'),
  };
}

export const tokenizerFolder = (dir: string): string => join(dir, 'tokenizers');

export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw writeFailure(error, path);
  }
}

/** Makes `ROOT/BASE-N` with the first number that is free; two trainings never get the same. */
export function newRunFolder(root: string, base: string): string {
  makeFolder(root);
  const taken = readdirSync(root)
    .filter(name => name.startsWith(`${base}-`))
    .map(name => Number(name.slice(base.length + 1)))
    .filter(Number.isSafeInteger);
  for (let n = Math.max(0, ...taken) + 1; ; n += 1) {
    const dir = join(root, `${base}-${n}`);
    try {
      mkdirSync(dir);
      return dir;
    } catch (error) {
      if (!existsSync(dir)) throw writeFailure(error, dir);
    }
  }
}

/** A name for folders: letters, digits and hyphens. */
export function folderName(...names: readonly (string | undefined)[]): string {
  const words = names
    .filter(n => n !== undefined)
    .map(n =>
      n
        .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, ''),
    )
    .filter(n => n !== '');
  return words.length === 0 ? 'run' : words.join('-').slice(0, 80);
}

export const isRunFolder = (dir: string): boolean => existsSync(join(dir, 'run.json'));

/** Starts a run in an empty or new folder. The settings are written last: a folder without them is no run. */
export function createRun(dir: string, settings: RunSettings, sources: SpecSources): Run {
  makeFolder(dir);
  if (isRunFolder(dir)) throw failure('folder-in-use', { run: dir });
  if (readdirSync(dir).some(name => name !== 'lock')) throw failure('folder-in-use', { run: dir });
  writeWhole(join(dir, 'spec.mm'), [sources.main]);
  for (const [i, [, text]] of [...sources.used].entries()) {
    makeFolder(join(dir, 'uses'));
    writeWhole(join(dir, 'uses', `${i + 1}.mm`), [text]);
  }
  return saveSettings(dir, { ...settings, uses: [...sources.used.keys()] });
}

export function saveSettings(dir: string, settings: RunSettings): Run {
  writeWhole(join(dir, 'run.json'), [`${JSON.stringify(settings, null, 2)}\n`]);
  return { dir, settings };
}

export function openRun(dir: string): Run {
  if (!existsSync(dir)) throw failure('not-a-run', { path: dir, why: 'there is no such folder' });
  const path = join(dir, 'run.json');
  if (!existsSync(path)) throw failure('not-a-run', { path: dir, why: 'it has no run.json' });
  return { dir, settings: parseSettings(path, readText(path)) };
}

export function readSources(run: Run): SpecSources {
  const used = run.settings.uses.map((name, i): [string, string] => [
    name,
    readText(join(run.dir, 'uses', `${i + 1}.mm`)),
  ]);
  return { main: readText(join(run.dir, 'spec.mm')), used: new Map(used) };
}

/** The copy of the spec that the run was trained with. */
export function specOf(run: Run): SpecText {
  const { main, used } = readSources(run);
  return { file: run.settings.spec, text: main, used };
}

/** Leftovers of a writer that was killed; only whoever holds the lock may call this. */
export function sweepTemporaries(dir: string): void {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name.endsWith('.tmp'))
      rmSync(join(entry.parentPath ?? dirname(dir), entry.name), { force: true });
}

const maxText = 20_000_000;

export function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > maxText) throw failure('broken-file', { path, why: 'it is far too large' });
    return bytes.toString('utf8');
  } catch (error) {
    throw readFailure(error, path);
  }
}
