// Which runs hold the stages of other models that stages of this one start from: named with --run-of, else found
// under the folder of runs by the text of their spec. What is taken from them is held against the model here.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { nearestName } from '../base/nearest-name.ts';
import type { HostTensor } from '../base/tensor.ts';
import { type BatchSpec, entriesOf, type StageProgram } from '../compiler/program.ts';
import type { Library } from '../dsl/semantics/library.ts';
import type { StageImport } from '../dsl/semantics/model.ts';
import { isTaken } from '../dsl/semantics/stage-starts.ts';
import { writeWhole } from './atomic-file.ts';
import { hashTensors, readCheckpoint, requireTensors } from './checkpoint.ts';
import { failure, TrainFailure } from './diagnostics.ts';
import type { OpenedSpec } from './model.ts';
import { stdVersion } from './model.ts';
import { isRunFolder, makeFolder, openRun, type Run, stageFolder, tokenizerFolder } from './run-folder.ts';
import { labelFolder } from './run-labels.ts';
import { fingerprintOf, type InputSettings, type StartSettings } from './run-settings.ts';
import type { TrainOptions } from './train.ts';

/** A stage of another model's run that a stage here starts from. */
export interface Start {
  /** The stage here. */
  readonly stage: string;
  readonly of: StageImport;
  readonly run: Run;
  /** How it was found. */
  readonly how: 'named' | 'found' | 'recorded';
  readonly sha256: string;
}

interface Looking {
  readonly opened: OpenedSpec;
  readonly options: Pick<TrainOptions, 'root' | 'runOf' | 'onEvent'>;
  readonly existing: Run | undefined;
}

/** The runs for all stages that are about to begin. Errors of the user's are thrown with `diagnostics`. */
export function findStarts(looking: Looking, programs: readonly StageProgram[]): readonly Start[] {
  const { opened, existing, options } = looking;
  const begun = (stage: string): boolean =>
    existing !== undefined && existsSync(stageFolder(existing.dir, stage).last);
  const wanted = programs
    .filter(p => !begun(p.stage))
    .flatMap(program => (opened.model.stages.get(program.stage)?.imports ?? []).map(of => ({ program, of })));
  const known = [...new Set(wanted.map(w => w.of.name))];
  for (const name of options.runOf?.keys() ?? [])
    if (!known.includes(name))
      throw failure('unknown-start', { name, known, nearest: nearestName(name, known) });
  return wanted.map(({ program, of }) => findStart(looking, program, of));
}

function findStart(looking: Looking, program: StageProgram, of: StageImport): Start {
  const { options, existing } = looking;
  const named = options.runOf?.get(of.name);
  const recorded = existing?.settings.starts.find(s => s.stage === program.stage && s.name === of.name);
  const dir = named ?? recorded?.run;
  const run = dir === undefined ? searchRun(options.root ?? 'runs', program.stage, of) : openRun(dir);
  const how = named !== undefined ? 'named' : recorded !== undefined ? 'recorded' : 'found';
  if (how !== 'found') holdAgainst(looking, run, of);
  const tensors = tensorsOf(run, of);
  const path = stageFolder(run.dir, of.stage).last;
  const needed = program.weights.filter(w => isTaken(of, w.path) && of.has.has(w.path));
  requireTensors(
    path,
    tensors,
    needed.map(w => ({ ...w, name: w.path })),
  );
  const sha256 = hashTensors(tensors);
  if (recorded !== undefined && recorded.sha256 !== sha256)
    throw failure('start-changed', { run: run.dir, from: of.text, before: recorded.run }, of.span);
  compareTokenizers(existing, run, program, of);
  return { stage: program.stage, of, run, how, sha256 };
}

/** What a stage takes of a run, by the paths here. */
function tensorsOf(run: Run, of: StageImport): ReadonlyMap<string, HostTensor> {
  const { last } = stageFolder(run.dir, of.stage);
  const checkpoint = readCheckpoint(last);
  if (checkpoint === undefined || checkpoint.info.step < checkpoint.info.steps)
    throw failure('start-not-trained', { run: run.dir, stage: of.stage }, of.span);
  const here = (name: string): string => (of.root === '' ? name : `${of.root}.${name}`);
  const named = [...checkpoint.tensors].flatMap(([name, tensor]) =>
    name.includes('#') ? [] : [[here(name), tensor] as const],
  );
  return new Map(named.filter(([name]) => isTaken(of, name)));
}

/** The weights that a stage begins with from runs of other models. */
export function startTensors(starts: readonly Start[], stage: string): ReadonlyMap<string, HostTensor> {
  return new Map(starts.filter(s => s.stage === stage).flatMap(s => [...tensorsOf(s.run, s.of)]));
}

/** The fingerprint that a run of this file has. */
function libraryFingerprint({ file: { file }, sources }: Library): string {
  const used = [...sources].filter(([name]) => name !== file);
  const names = used.map(([name, text]) => [relative(dirname(file), name), text] as const);
  return fingerprintOf(sources.get(file) ?? '', new Map(names));
}

const sameModel = ({ settings }: Run, { model }: StageImport): boolean =>
  settings.model === model.item.name.text && settings.variant === (model.variant?.name.text ?? null);

const modelName = (model: string, variant: string | null | undefined): string =>
  variant === null || variant === undefined ? model : `${model} ${variant}`;

/** The only run under `root` of the other model as it is now, with the stage trained. */
function searchRun(root: string, stage: string, of: StageImport): Run {
  const fingerprint = libraryFingerprint(of.model.library);
  const runs = runsIn(root).filter(run => sameModel(run, of));
  const fits = runs.filter(
    ({ settings }) =>
      settings.fingerprint === fingerprint &&
      settings.std === stdVersion() &&
      settings.stages.some(s => s.stage === of.stage && s.done),
  );
  const [first, second] = fits;
  if (first !== undefined && second === undefined) return first;
  const { file } = of.model.library.file;
  const variant = of.model.variant?.name.text;
  const params = { stage, from: of.text, name: of.name, root };
  if (second !== undefined)
    throw failure('start-ambiguous', { ...params, runs: fits.map(r => r.dir) }, of.span);
  const others = runs.map(({ dir, settings }) => {
    if (settings.fingerprint !== fingerprint) return `${dir} was made from another text of ${file}`;
    if (settings.std !== stdVersion()) return `${dir} was made with another standard library`;
    return `${dir} has not finished ${of.stage}`;
  });
  const command = `mm train ${file}${variant === undefined ? '' : ` --variant ${variant}`}`;
  throw failure('start-missing', { ...params, command, others }, of.span);
}

/** Run folders in order of name; folders that are none, and broken ones, are passed over. */
function runsIn(root: string): readonly Run[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .map(entry => join(root, entry.name))
    .filter(isRunFolder)
    .sort()
    .flatMap(dir => {
      try {
        return [openRun(dir)];
      } catch (error) {
        if (error instanceof TrainFailure) return [];
        throw error;
      }
    });
}

/** A run that was named must be of the other model; another text of its spec is told and taken. */
function holdAgainst({ options }: Looking, run: Run, of: StageImport): void {
  const { settings, dir } = run;
  const { item, variant, library } = of.model;
  if (!sameModel(run, of))
    throw failure(
      'start-of-another-model',
      {
        run: dir,
        is: modelName(settings.model, settings.variant),
        from: of.text,
        wanted: modelName(item.name.text, variant?.name.text),
      },
      of.span,
    );
  if (settings.std !== stdVersion())
    throw failure('run-of-another-std', { run: dir, mmlang: settings.mmlang }, of.span);
  if (!settings.stages.some(s => s.stage === of.stage && s.done))
    throw failure('start-not-trained', { run: dir, stage: of.stage }, of.span);
  if (settings.fingerprint === libraryFingerprint(library)) return;
  const { file } = library.file;
  const [diagnostic] = failure(
    'start-of-changed-spec',
    { run: dir, file, from: of.text },
    of.span,
  ).diagnostics;
  if (diagnostic !== undefined) options.onEvent?.({ kind: 'note', diagnostic });
}

export const startSettings = ({ stage, of, run, sha256 }: Start): StartSettings => ({
  stage,
  from: of.text,
  name: of.name,
  run: run.dir,
  sha256,
});

// ── Tokenizers and labels, which come along

/** Modalities and labels of the other model that a stage reads, by their names there and here. */
function named(programs: readonly StageProgram[], of: StageImport, kind: 'modality' | 'labels') {
  const fields = programs
    .flatMap(entriesOf)
    .flatMap(e => e.batches)
    .flatMap((b: BatchSpec) => b.fields);
  const names = fields.flatMap(({ type }) =>
    type.kind !== kind ? [] : [type.kind === 'modality' ? type.modality.name : type.name],
  );
  const prefix = of.root === '' ? '' : `${of.root}.`;
  return [...new Set(names)]
    .filter(name => name.startsWith(prefix))
    .map(here => ({ here, there: here.slice(prefix.length) }));
}

/** Fails where a manifest here prepares what feeds a modality otherwise than it was prepared for the weights. */
export function compareInputs(
  starts: readonly Start[],
  programs: readonly StageProgram[],
  inputs: readonly InputSettings[],
): void {
  for (const { of, run } of starts)
    for (const { here, there } of named(programs, of, 'modality')) {
      const own = inputs.find(i => i.modality === here);
      const theirs = run.settings.inputs.find(i => i.modality === there);
      if (own === undefined || theirs === undefined) continue;
      for (const setting of ['trim', 'lowercase'] as const)
        if (own[setting] !== theirs[setting])
          throw failure('inputs-differ', {
            modality: here,
            setting,
            here: own[setting],
            run: run.dir,
            from: of.text,
          });
    }
}

const tokenizerFile = (dir: string, name: string): string =>
  join(tokenizerFolder(dir), name, 'tokenizer.json');

/** Fails where this run has a tokenizer already and it isn't the other run's. */
function compareTokenizers(
  existing: Run | undefined,
  run: Run,
  program: StageProgram,
  of: StageImport,
): void {
  if (existing === undefined) return;
  for (const { here, there } of named([program], of, 'modality')) {
    const [own, theirs] = [tokenizerFile(existing.dir, here), tokenizerFile(run.dir, there)];
    if (!existsSync(own) || !existsSync(theirs)) continue;
    if (readFileSync(own, 'utf8') !== readFileSync(theirs, 'utf8'))
      throw failure('tokenizers-differ', {
        modality: here,
        own: existing.dir,
        theirs: run.dir,
        from: of.text,
      });
  }
}

/** Brings tokenizers and names of labels from the other runs into this one, where it has none yet. */
export function bringAlong(starts: readonly Start[], programs: readonly StageProgram[], dir: string): void {
  for (const { of, run } of starts) {
    for (const { here, there } of named(programs, of, 'modality')) {
      const source = tokenizerFile(run.dir, there);
      const target = tokenizerFile(dir, here);
      if (!existsSync(source)) continue;
      const text = readFileSync(source, 'utf8');
      if (!existsSync(target)) {
        makeFolder(dirname(target));
        writeWhole(target, [text]);
      } else if (readFileSync(target, 'utf8') !== text)
        throw failure('tokenizers-differ', { modality: here, own: dir, theirs: run.dir, from: of.text });
    }
    for (const { here, there } of named(programs, of, 'labels')) {
      const source = join(labelFolder(run.dir), `${there}.json`);
      const target = join(labelFolder(dir), `${here}.json`);
      if (!existsSync(source) || existsSync(target)) continue;
      makeFolder(labelFolder(dir));
      writeWhole(target, [readFileSync(source, 'utf8')]);
    }
  }
}
