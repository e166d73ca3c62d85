// Everything that src/train tells a user: codes, wording, what to do.

import type { Diagnostic } from '../base/diagnostic.ts';
import { defineDiagnostics } from '../base/diagnostic.ts';
import type { Span } from '../base/span.ts';

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
const meant = (p: { readonly nearest: string | undefined }): string | undefined =>
  p.nearest === undefined ? undefined : `did you mean ${p.nearest}?`;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;

interface UnknownName {
  readonly name: string;
  readonly known: readonly string[];
  readonly nearest: string | undefined;
}

/** A stage here and the stage of another model that it starts from. */
interface StartPlace {
  readonly stage: string;
  readonly from: string;
  readonly root: string;
}

export const trainDiagnostic = defineDiagnostics({
  'disk-full': {
    severity: 'error',
    message: (p: { path: string }) => `no space left on the disk while writing ${p.path}`,
    help: () =>
      'free some space; a run that has begun goes on with --resume from its last checkpoint, which is whole',
  },
  'cannot-write': {
    severity: 'error',
    message: (p: { path: string; why: string }) => `can't write ${p.path}: ${p.why}`,
    help: () => 'name another place, or make this one writable',
  },
  'cannot-read': {
    severity: 'error',
    message: (p: { path: string; why: string }) => `can't read ${p.path}: ${p.why}`,
  },
  'broken-file': {
    severity: 'error',
    message: (p: { path: string; why: string }) => `${p.path} is damaged: ${p.why}`,
    help: () => 'put it back from a copy, or start a new run',
  },
  'not-a-run': {
    severity: 'error',
    message: (p: { path: string; why: string }) => `${p.path} is not a run folder: ${p.why}`,
    help: () => 'a run folder is what `mm train` makes, by default under runs/',
  },
  'run-of-another-spec': {
    severity: 'error',
    message: (p: { run: string; spec: string }) =>
      `the run ${p.run} was made from another spec than ${p.spec}`,
    help: () =>
      'start a new run (leave --run and --resume out), or go on with the copy of the spec in the run: mm train --resume RUN',
  },
  'run-of-another-std': {
    severity: 'error',
    message: (p: { run: string; mmlang: string }) =>
      `the run ${p.run} was made with another standard library, that of mmlang ${p.mmlang}: its weights may mean something else here`,
    help: () => 'use the mmlang that made the run, or train anew',
  },
  'run-without-lock': {
    severity: 'warning',
    message: (p: { run: string; why: string }) => `the run ${p.run} gets no lock: ${p.why}`,
    help: () => 'it trains all the same; `mm diff` and `mm migrate` will not know its model',
  },
  'lock-from-spec': {
    severity: 'warning',
    message: (p: { run: string; mmlang: string; isSame: boolean }) =>
      `the run ${p.run} has no lock: what its model is was read from its copy of the spec${p.isSame ? '' : `, with another standard library than that of mmlang ${p.mmlang} it was trained with`}`,
    help: (p: { isSame: boolean }) =>
      p.isSame
        ? undefined
        : 'what it computed there may be something else: compare with that version of mmlang',
  },
  'checkpoint-without-lock': {
    severity: 'error',
    message: (p: { path: string }) => `${p.path} has no lock in it and stands in no run folder`,
    help: () => 'name the run folder that it came from, or its spec',
  },
  'run-busy': {
    severity: 'error',
    message: (p: { run: string; pid: number; host: string }) =>
      `another training (process ${p.pid} on ${p.host}) is using the run ${p.run}`,
    help: () => 'wait for it or stop it; if that machine is gone, delete the file `lock` in the run folder',
  },
  'run-exists': {
    severity: 'error',
    message: (p: { run: string; stage: string }) => `the run ${p.run} already has the stage ${p.stage}`,
    help: () => 'go on with --resume, or name another folder with --run',
  },
  'run-not-folder': {
    severity: 'error',
    message: (p: { run: string }) => `${p.run} is a file, and a run is a folder`,
    help: () => 'name an empty or a new folder with --run',
  },
  'folder-in-use': {
    severity: 'error',
    message: (p: { run: string }) => `${p.run} holds other files and is not a run folder`,
    help: () => 'name an empty or a new folder with --run',
  },
  'setting-differs': {
    severity: 'error',
    message: (p: { name: string; run: string; here: string }) =>
      `the run was started with ${p.name} ${p.run}, not ${p.here}`,
    help: () => 'a resumed run keeps its settings; leave the option out, or start a new run',
  },
  'memory-too-small': {
    severity: 'error',
    message: (p: {
      stage: string;
      what: string;
      limit: string;
      least: string;
      meeting: string | undefined;
    }) =>
      `stage ${p.stage} does not fit --memory ${p.limit}: ${p.what} takes ${p.least} at least, with all computed again that can be${p.meeting === undefined ? '' : `, and the batch in parts up to ${p.meeting}, where its rows meet`}`,
    help: (p: { least: string; batch: string | undefined }) =>
      p.batch === undefined
        ? `give it --memory ${p.least}, or make the model smaller: not even a batch of one row fits`
        : `give it --memory ${p.least}, or take --batch ${p.batch}, which fits`,
  },
  'data-changed': {
    severity: 'error',
    message: (p: { set: string; path: string }) =>
      `the data set ${p.set} (${p.path}) is not what the run was started with`,
    help: () => 'put the data back as it was, or start a new run',
  },
  'loss-not-finite': {
    severity: 'error',
    message: (p: { stage: string; step: number; what: string; value: string; first: string | undefined }) =>
      `stage ${p.stage}, step ${p.step}: the ${p.what} is ${p.value}${p.first === undefined ? '' : `; first wrong is ${p.first}`}`,
    help: (p: { inData: boolean }) =>
      p.inData
        ? 'mend that row of the data; the last checkpoint is from before this step'
        : 'lower the peak rate, lengthen the warmup or clip the gradient; the last checkpoint is from before this step',
  },
  'no-model': {
    severity: 'error',
    message: (p: { file: string }) => `${p.file} has no model`,
    help: () => 'a spec to train holds `model NAME version "1.0.0" { … }`',
  },
  'variant-needed': {
    severity: 'error',
    message: (p: { file: string; known: readonly string[] }) =>
      `${p.file} holds several models: ${list(p.known)}`,
    help: (p: { known: readonly string[] }) => `choose one: --variant ${p.known[0]}`,
  },
  'unknown-variant': {
    severity: 'error',
    message: (p: UnknownName) => `there is no variant ${p.name}; there are: ${list(p.known)}`,
    help: meant,
  },
  'unknown-engine': {
    severity: 'error',
    message: (p: UnknownName) => `there is no engine ${p.name}; the engines are: ${list(p.known)}`,
    help: meant,
  },
  'engine-not-ready': {
    severity: 'error',
    message: (p: { name: string; add: string | undefined }) => `the engine ${p.name} isn't installed here`,
    help: (p: { add: string | undefined }) => p.add && `add it: ${p.add}`,
  },
  'no-precision': {
    severity: 'error',
    message: (p: { engine: string; precision: string; has: readonly string[] }) =>
      `the engine ${p.engine} does not train in ${p.precision}: it has ${list(p.has)}`,
    help: (p: { precision: string }) =>
      `leave --precision out, or take an engine with ${p.precision} kernels: --engine tensorflow`,
  },
  'unknown-pass': {
    severity: 'error',
    message: (p: UnknownName & { engine: string }) =>
      `for the engine ${p.engine} there is no pass ${p.name}; what can be left out: ${list(p.known)}`,
    help: meant,
  },
  'pass-needed': {
    severity: 'error',
    message: (p: { name: string; why: string }) => `the pass ${p.name} can't be left out: ${p.why}`,
    help: () => 'mm print --passes lists every pass and which can be left out',
  },
  'engine-makes-do': {
    severity: 'warning',
    message: (p: { engine: string; what: string }) => `the engine ${p.engine} makes do: ${p.what}`,
    help: () => 'docs/engines.md says what it looks for',
  },
  'run-engine-gone': {
    severity: 'error',
    message: (p: { run: string; engine: string; version: string }) =>
      `the run ${p.run} was made with ${p.engine} ${p.version}, and that engine isn't installed here any more`,
    help: (p: { add: string | undefined; otherwise: string }) =>
      [...(p.add === undefined ? [] : [`add it: ${p.add}`]), p.otherwise].join('; '),
  },
  'engine-not-loading': {
    severity: 'error',
    message: (p: { engine: string; why: string }) => `the engine ${p.engine} doesn't load here: ${p.why}`,
    help: (p: { add: string | undefined }) =>
      `${p.add === undefined ? '' : `put it back: ${p.add}; or `}take another engine: --engine onnx or --engine reference`,
  },
  'engine-refuses': {
    severity: 'error',
    message: (p: { engine: string; what: string; because: string; name: string }) =>
      `the engine ${p.engine} can't run ${p.what}, and ${p.name} is one of them: ${p.because}`,
    help: (p: { instead: string }) => `${p.instead}, or take another engine with --engine`,
  },
  'engine-failed': {
    severity: 'error',
    message: (p: { engine: string; doing: string; at: string | undefined; text: string }) =>
      `${p.engine} failed while ${p.doing}${p.at === undefined ? '' : `, at ${p.at}`}: ${p.text}`,
    help: () =>
      'a run that has begun goes on with --resume from its last checkpoint; another engine may run what this one fails at: --engine onnx or --engine reference',
  },
  'memory-exhausted': {
    severity: 'error',
    message: (p: { engine: string; doing: string; needed: number; room: number }) =>
      p.needed > p.room
        ? `${p.doing} on ${p.engine} needs about ${gigabytes(p.needed)} of memory by its plan, and ${gigabytes(p.room)} may be used here`
        : `${p.engine} ran out of memory while ${p.doing}; its plan takes about ${gigabytes(p.needed)}`,
    help: (p: { fits: number | undefined; batch: number | undefined }) =>
      p.fits === undefined
        ? 'no batch fits by the memory plan: take a smaller variant, or a machine with more memory'
        : `by the memory plan a batch of ${p.fits} fits: --batch ${p.fits}${p.batch === undefined ? '' : ` (it is ${p.batch})`}`,
  },
  'stage-needs-run': {
    severity: 'error',
    message: (p: { stage: string; from: string }) =>
      `the stage ${p.stage} starts from ${p.from}, so it needs a run in which ${p.from} is trained`,
    help: (p: { stage: string }) =>
      `name that run with --run DIR, or leave out --stage ${p.stage} to train all`,
  },
  'stage-not-begun': {
    severity: 'error',
    message: (p: { run: string; stage: string }) => `the run ${p.run} has not begun the stage ${p.stage}`,
    help: (p: { run: string; stage: string }) => `begin it: mm train --stage ${p.stage} --run ${p.run}`,
  },
  'no-spec': {
    severity: 'error',
    message: (_: object) => 'no spec was given to train',
    help: () => 'name a spec (mm train specs/emoji.mm) or a run to go on with (--resume DIR)',
  },
  'unknown-stage': {
    severity: 'error',
    message: (p: UnknownName) => `there is no stage ${p.name}; the stages are: ${list(p.known)}`,
    help: meant,
  },
  'unknown-export': {
    severity: 'error',
    message: (p: UnknownName) => `there is no export ${p.name}; the exports are: ${list(p.known)}`,
    help: meant,
  },
  'nothing-to-bench': {
    severity: 'error',
    message: (p: { model: string; exports: readonly string[] }) => `${p.model} has no stage`,
    help: (p: { exports: readonly string[] }) =>
      p.exports.length === 0
        ? 'write a stage, or an export and name it with --export'
        : `name one of its exports: --export ${p.exports[0]}`,
  },
  'stage-without-graph': {
    severity: 'error',
    message: (p: { stage: string }) => `stage ${p.stage} runs no graph: it fits tokenizers only`,
    help: () => 'choose another stage with --stage',
  },
  'bench-too-large': {
    severity: 'error',
    message: (p: { what: string; batch: number; needed: number; room: number }) =>
      `${p.what} at a batch of ${p.batch} needs ${gigabytes(p.needed)}; this machine has ${gigabytes(p.room)}`,
    help: (p: { fits: number | undefined }) =>
      p.fits === undefined
        ? 'no batch fits here: take a smaller model'
        : `take a smaller batch: --batch ${p.fits} should fit`,
  },
  'unknown-data-set': {
    severity: 'error',
    message: (p: UnknownName) =>
      `--data names ${p.name}, and the spec reads no such data set; it reads: ${list(p.known)}`,
    help: meant,
  },
  'unknown-split': {
    severity: 'error',
    message: (p: UnknownName) => `there is no split ${p.name}; the splits are: ${list(p.known)}`,
    help: meant,
  },
  'no-exports': {
    severity: 'error',
    message: (p: { model: string }) => `the model ${p.model} has no export`,
    help: () => 'add one: export name(p: picture[B]) -> … { return … }; it needs no new training',
  },
  'export-needed': {
    severity: 'error',
    message: (p: { known: readonly string[] }) => `the model has several exports: ${list(p.known)}`,
    help: (p: { known: readonly string[] }) => `choose one: --export ${p.known[0]}`,
  },
  'unknown-format': {
    severity: 'error',
    message: (p: UnknownName) => `there is no format ${p.name}; the formats are: ${list(p.known)}`,
    help: meant,
  },
  'export-exists': {
    severity: 'error',
    message: (p: { path: string }) => `${p.path} is there already`,
    help: () => 'add --force to write over it, or name another place with --out',
  },
  'export-open-size': {
    severity: 'error',
    message: (p: { export: string; why: string; at: string | undefined }) =>
      `${p.export} can't be written for any number of rows: ${p.at === undefined ? '' : `at ${p.at}, `}${p.why}`,
    help: () => 'write it for one number of rows: --batch N',
  },
  'export-lacks-op': {
    severity: 'error',
    message: (p: { export: string; format: string; ops: readonly string[] }) =>
      `${p.export} can't be written as ${p.format}, which has nothing for ${list(p.ops)}`,
    help: () => 'another format may have it: --to onnx',
  },
  'export-too-large': {
    severity: 'error',
    message: (p: { export: string; format: string; bytes: number }) =>
      `${p.export} has ${(p.bytes / 1e9).toFixed(1)} GB of weights, and a file of format ${p.format} holds at most 2 GB`,
    help: () => 'a smaller variant fits; --to tfjs writes weights in pieces',
  },
  'export-differs': {
    severity: 'error',
    message: (p: { path: string; rows: string; words: string }) =>
      `what was written to ${p.path} isn't the model, and was deleted: with ${p.rows} ${p.words}`,
    help: () =>
      'this is a fault of mm, or of what ran the file: please report it, with the spec; another --to may serve',
  },
  'export-not-run': {
    severity: 'error',
    message: (p: { path: string; why: string }) =>
      `what was written to ${p.path} can't be run, and was deleted: ${p.why}`,
    help: () =>
      'this is a fault of mm, or of what ran the file: please report it, with the spec; another --to may serve',
  },
  'argument-form': {
    severity: 'error',
    message: (p: { text: string }) => `${JSON.stringify(p.text)} is not of the form NAME=VALUE`,
    help: () => 'for example: picture=cat.png among="a cat" among="a dog"',
  },
  'unknown-argument': {
    severity: 'error',
    message: (p: UnknownName) => `the export takes no ${p.name}; it takes: ${list(p.known)}`,
    help: meant,
  },
  'missing-argument': {
    severity: 'error',
    message: (p: { name: string; export: string }) => `${p.export} needs a value for ${p.name}`,
    help: (p: { name: string }) => `add ${p.name}=VALUE`,
  },
  'wrong-argument': {
    severity: 'error',
    message: (p: { name: string; why: string }) => `the value of ${p.name} doesn't serve: ${p.why}`,
  },
  'no-stages': {
    severity: 'error',
    message: (p: { model: string }) => `the model ${p.model} has no stage, so there is nothing to train`,
    help: () => 'add a stage with `minimize`, `optimizer` and `steps`',
  },
  'stage-not-trained': {
    severity: 'error',
    message: (p: { run: string; stage: string }) =>
      `the run ${p.run} has no trained weights of the stage ${p.stage}`,
    help: (p: { run: string; stage: string }) => `train it first: mm train --stage ${p.stage} --run ${p.run}`,
  },
  'nothing-trained': {
    severity: 'error',
    message: (p: { run: string }) => `the run ${p.run} has no checkpoint yet`,
    help: (p: { run: string }) => `train it: mm train --resume ${p.run}`,
  },
  'no-measures': {
    severity: 'error',
    message: (p: { model: string }) => `the model ${p.model} measures nothing`,
    help: () => 'add a `measure` to a stage, for example: measure recall(seen, at: [1, 5, 10]) on data.test',
  },
  'checkpoint-misfits': {
    severity: 'error',
    message: (p: { path: string; weight: string; why: string }) =>
      `${p.path} doesn't fit the model: ${p.weight} ${p.why}`,
  },
  'start-missing': {
    severity: 'error',
    message: (p: StartPlace & { others: readonly string[] }) =>
      `the stage ${p.stage} starts from ${p.from}, and no run under ${p.root} holds it${p.others.map(o => `; ${o}`).join('')}`,
    help: (p: { name: string; command: string }) =>
      `train it first: ${p.command}; or name a run: --run-of ${p.name}=DIR`,
  },
  'start-ambiguous': {
    severity: 'error',
    message: (p: StartPlace & { runs: readonly string[] }) =>
      `the stage ${p.stage} starts from ${p.from}, and several runs hold it: ${list(p.runs)}`,
    help: (p: { name: string; runs: readonly string[] }) => `say which: --run-of ${p.name}=${p.runs.at(-1)}`,
  },
  'start-not-trained': {
    severity: 'error',
    message: (p: { run: string; stage: string }) => `the run ${p.run} has not finished the stage ${p.stage}`,
    help: (p: { run: string }) => `finish it: mm train --resume ${p.run}`,
  },
  'start-of-another-model': {
    severity: 'error',
    message: (p: { run: string; is: string; from: string; wanted: string }) =>
      `${p.from} is a stage of ${p.wanted}, and ${p.run} is a run of ${p.is}`,
    help: (p: { wanted: string }) => `name a run of ${p.wanted}`,
  },
  'start-of-changed-spec': {
    severity: 'warning',
    message: (p: { run: string; file: string; from: string }) =>
      `${p.run} was made from another text of ${p.file}: what ${p.from} gives fits by name and shape, and may mean something else`,
  },
  'start-changed': {
    severity: 'error',
    message: (p: { run: string; from: string; before: string }) =>
      `what ${p.from} gives in ${p.run} is not what this run was begun with (from ${p.before})`,
    help: () => 'put that run back as it was, or start a new run here',
  },
  'unknown-start': {
    severity: 'error',
    message: (p: UnknownName) =>
      `--run-of names ${p.name}, and no stage that begins here starts from a stage of it; they start from stages of: ${list(p.known)}`,
    help: meant,
  },
  'tokenizers-differ': {
    severity: 'error',
    message: (p: { modality: string; own: string; theirs: string; from: string }) =>
      `${p.from} was trained with the tokenizer of ${p.modality} in ${p.theirs}, and ${p.own} has another one`,
    help: () =>
      'a run has one tokenizer for a modality: begin a new run in which the first stage starts from the other model too',
  },
  'inputs-differ': {
    severity: 'error',
    message: (p: { modality: string; setting: string; here: boolean; run: string; from: string }) =>
      `${p.modality} is read with ${p.setting}: ${p.here} here, and ${p.from} was trained on it with ${p.setting}: ${!p.here} (${p.run})`,
    help: (p: { setting: string; here: boolean }) =>
      `write ${p.setting}: ${!p.here} for its field in the manifest`,
  },
  'labels-differ': {
    severity: 'error',
    message: (p: { labels: string; data: string; at: number; is: string; was: string }) =>
      `label ${p.at} of ${p.labels} is ${JSON.stringify(p.is)} in ${p.data}, and was ${JSON.stringify(p.was)} where its weights were trained`,
    help: (p: { labels: string }) =>
      `name the labels in the spec, labels ${p.labels} { … }, so that every data set gives them the same places`,
  },
  'left-out': {
    severity: 'warning',
    message: (p: { stage: string; when: string; dropped: number; of: number; what: string }) =>
      `${p.when} the loss of ${p.stage} left out ${p.dropped} of ${p.of}: ${p.what}`,
    help: () => 'they teach nothing: if they are more than a few, look at the data and the sizes in the spec',
  },
  'engine-differs': {
    severity: 'error',
    message: (p: { run: string; here: string }) => `the run was made with ${p.run}, and this is ${p.here}`,
    help: () =>
      'a run is resumed with the engine and version that began it, else it would not be the same run',
  },
});

/** Carries diagnostics out of nested IO; caught where src/train meets its callers, never shown as an exception. */
export class TrainFailure extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(...diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(d => d.message).join('\n'));
    this.name = 'TrainFailure';
    this.diagnostics = diagnostics;
  }
}

type MakeArguments = Parameters<typeof trainDiagnostic>;

/** A failure of one diagnostic, which mostly concerns no place in a spec. */
export const failure = ((code, params, span) =>
  new TrainFailure(
    (trainDiagnostic as (...a: readonly unknown[]) => Diagnostic)(code, params, { span }),
  )) as Failure;

type Failure = <C extends MakeArguments[0]>(
  code: C,
  params: Parameters<typeof trainDiagnostic<C>>[1],
  span?: Span,
) => TrainFailure;
