// What a person is told about data: manifests, sources, pictures, captions, splits and batches.

import { defineDiagnostics } from '../base/diagnostic.ts';

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
const percent = (share: number): string => `${Number((100 * share).toFixed(3))} %`;

/** What a misspelt name could have been. */
interface Near {
  readonly nearest: string | undefined;
  readonly known: readonly string[];
}

export const dataDiagnostic = defineDiagnostics({
  'manifest-missing': {
    severity: 'error',
    message: (p: { set: string }) => `there is no manifest for the data set ${p.set}`,
    help: (p: { set: string }) =>
      `write data/${p.set}.yaml beside the spec, or say where it is: --data ${p.set}=PATH`,
  },
  'project-file': {
    severity: 'error',
    message: (p: { problem: string }) => `mm.yaml: ${p.problem}`,
    help: () => 'mm.yaml holds `data:` with one line for each data set: NAME: PATH of its manifest',
  },
  'manifest-unreadable': {
    severity: 'error',
    message: (p: { file: string; problem: string }) => `${p.file} can't be read: ${p.problem}`,
  },
  'manifest-syntax': {
    severity: 'error',
    message: (p: { problem: string }) => `this is not YAML: ${p.problem}`,
  },
  'manifest-key': {
    severity: 'error',
    message: (p: { key: string; where: string; nearest: string | undefined; known: readonly string[] }) =>
      `${p.where} has no key ${p.key}`,
    help: (p: Near) =>
      p.nearest === undefined ? `its keys are ${p.known.join(', ')}` : `did you mean ${p.nearest}?`,
  },
  'manifest-value': {
    severity: 'error',
    message: (p: { where: string; problem: string }) => `${p.where} ${p.problem}`,
  },
  'manifest-reference': {
    severity: 'error',
    message: (p: { what: string; name: string; nearest: string | undefined; known: readonly string[] }) =>
      `there is no ${p.what} ${p.name}`,
    help: (p: Near) =>
      p.nearest !== undefined
        ? `did you mean ${p.nearest}?`
        : p.known.length > 0
          ? `there are ${p.known.join(', ')}`
          : undefined,
  },
  'splits-cycle': {
    severity: 'error',
    message: (p: { path: readonly string[] }) =>
      `splits leave each other out in a circle: ${p.path.join(' → ')}`,
  },
  'splits-overlap': {
    severity: 'error',
    message: (p: { a: string; b: string; rows: number; first: string }) =>
      `splits ${p.a} and ${p.b} share ${plural(p.rows, 'row')}; the first is ${p.first}`,
    help: (p: { a: string; b: string }) =>
      `say \`less: ${p.b}\` in ${p.a}, or declare it: \`overlaps: [${p.b}]\``,
  },
  'split-missing': {
    severity: 'error',
    message: (p: { set: string; name: string; nearest: string | undefined; known: readonly string[] }) =>
      `the data set ${p.set} has no split ${p.name}`,
    help: (p: Near) =>
      p.nearest === undefined ? `its splits are ${p.known.join(', ')}` : `did you mean ${p.nearest}?`,
  },
  'split-empty': {
    severity: 'error',
    message: (p: { set: string; split: string; of: number }) =>
      `split ${p.split} of ${p.set} has no rows (of ${p.of} in all)`,
  },
  'package-missing': {
    severity: 'error',
    message: (p: { name: string }) => `the package ${p.name} isn't installed where the manifest stands`,
    help: (p: { name: string }) => `npm i -D ${p.name}`,
  },
  'package-content': {
    severity: 'error',
    message: (p: { name: string; problem: string }) => `the package ${p.name} can't be used: ${p.problem}`,
  },
  'table-missing': {
    severity: 'error',
    message: (p: { file: string }) => `there is no table at ${p.file}`,
    help: () => 'paths in a manifest start from the folder that the manifest is in',
  },
  'table-malformed': {
    severity: 'error',
    message: (p: { file: string; row: number | undefined; problem: string }) =>
      `${p.file}${p.row === undefined ? '' : `, row ${p.row}`}: ${p.problem}`,
  },
  'too-large': {
    severity: 'error',
    message: (p: { what: string; size: string; limit: string }) =>
      `${p.what} is ${p.size}; the limit is ${p.limit}`,
  },
  'path-escapes': {
    severity: 'error',
    message: (p: { path: string; folder: string }) => `${p.path} leads out of the folder ${p.folder}`,
    help: () => 'paths are relative and stay inside the folder, also through links',
  },
  'rows-skipped': {
    severity: 'warning',
    message: (p: { set: string; split: string; skipped: number; of: number; allowed: number }) =>
      `${p.set}.${p.split}: skipped ${plural(p.skipped, 'row')} of ${p.of} (${percent(p.skipped / p.of)}; allowed ${percent(p.allowed)})`,
  },
  'rows-broken': {
    severity: 'error',
    message: (p: { set: string; split: string; skipped: number; of: number; allowed: number }) =>
      `${p.set}.${p.split}: ${plural(p.skipped, 'row')} of ${p.of} can't be used (${percent(p.skipped / p.of)}; the manifest allows ${percent(p.allowed)})`,
    help: () => 'mend or remove these rows, or allow it in the manifest, e.g. `skip: 1%`',
  },
  'field-missing': {
    severity: 'error',
    message: (p: { set: string; field: string; nearest: string | undefined; known: readonly string[] }) =>
      `the data set ${p.set} has no field ${p.field}`,
    help: (p: Near) =>
      p.nearest === undefined ? `its fields are ${p.known.join(', ')}` : `did you mean ${p.nearest}?`,
  },
  'field-kind': {
    severity: 'error',
    message: (p: { set: string; field: string; is: string; wanted: string }) =>
      `field ${p.field} of ${p.set} is ${p.is}, and the spec reads ${p.wanted}`,
    help: (p: { field: string; wanted: string }) => `in the manifest: ${p.field}: { …, as: ${p.wanted} }`,
  },
  'labels-size': {
    severity: 'error',
    message: (p: { field: string; counted: number; size: number }) =>
      `field ${p.field} has ${plural(p.counted, 'different label')}, and the spec's labels are ${p.size}`,
  },
  'transform-unknown': {
    severity: 'error',
    message: (p: { name: string; nearest: string | undefined; known: readonly string[] }) =>
      `there is no transform ${p.name}`,
    help: (p: Near) =>
      p.nearest === undefined ? `there are ${p.known.join(', ')}` : `did you mean ${p.nearest}?`,
  },
  'transform-modality': {
    severity: 'error',
    message: (p: { name: string; field: string; is: string; wanted: string }) =>
      `${p.name} is for ${p.wanted}, and ${p.field} is ${p.is}`,
  },
  'transform-aligned': {
    severity: 'error',
    message: (p: { name: string; field: string; aligned: string }) =>
      `${p.name} would move what ${p.aligned} says of ${p.field}: ${p.aligned} goes along it`,
    help: () => 'leave the augmentation out; noise and masks within the model keep positions as they are',
  },
  'transform-setting': {
    severity: 'error',
    message: (p: { name: string; problem: string }) => `${p.name}: ${p.problem}`,
  },
  'batch-too-large': {
    severity: 'error',
    message: (p: { size: number; split: string; rows: number }) =>
      `batch ${p.size} is larger than its split: ${p.split} has ${plural(p.rows, 'row')}`,
    help: (p: { rows: number }) => `batch ${p.rows} or less`,
  },
  'batch-distinct': {
    severity: 'error',
    message: (p: { size: number; field: string; split: string; distinct: number }) =>
      `batch ${p.size} cannot hold ${p.size} different values of ${p.field}: ${p.split} has ${p.distinct}`,
    help: (p: { distinct: number }) => `batch ${p.distinct} or less`,
  },
  'vocabulary-too-small': {
    severity: 'error',
    message: (p: { kind: string; vocabulary: number; least: number; need: string }) =>
      `${p.kind}(${p.vocabulary}) is too small: ${p.need} alone are ${p.least}`,
    help: (p: { kind: string; least: number }) => `${p.kind}(${p.least}) or more`,
  },
  'tokenizer-invalid': {
    severity: 'error',
    message: (p: { file: string; problem: string }) =>
      `${p.file} is not a tokenizer that mmlang can use: ${p.problem}`,
  },
  'tokenizer-larger': {
    severity: 'error',
    message: (p: { file: string; has: number; vocabulary: number }) =>
      `${p.file} has ${p.has} tokens, and the spec's vocabulary is ${p.vocabulary}`,
  },
  'example-invalid': {
    severity: 'error',
    message: (p: { field: string; number: number; problem: string }) =>
      `${p.field} ${p.number}: ${p.problem}`,
  },
  'data-changed': {
    severity: 'error',
    message: (p: { split: string }) => `${p.split} is not what it was when this run began`,
    help: () => 'a run goes on only with the data that it began with; start a new run',
  },
  'position-invalid': {
    severity: 'error',
    message: (p: { split: string }) => `the checkpoint doesn't say how far ${p.split} had been read`,
  },
  'worker-failed': {
    severity: 'error',
    message: (p: { problem: string }) => `the batch worker stopped: ${p.problem}`,
  },
});
