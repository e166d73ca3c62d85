// A lock as text: YAML in a stable order, made to be read in a review.

import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { ExportLock, Lock, ModelLock, StageLock, WeightLock } from './lock.ts';
import type { LockData, ModelData, RangedData, ReadsData } from './lock-schema.ts';
import { folded, type Ranged } from './ranges.ts';

export const lockHead =
  '# What these models are. Written by `mm lock`, read by `mm diff` and `mm check`: not to be edited by hand.\n';

/** The text of a lock, ending with a seal: a hash of all that stands before it. */
export function lockText({ lock, mmlang, std, models }: Lock): string {
  const data: LockData = { lock, mmlang, std, models: mapped(models, modelData) };
  const text = lockHead + stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
  return `${text}${sealStart}${sealOf(text)}\n`;
}

export const sealStart = '# seal: ';

/** Line ends carry no meaning: a checkout may change them. */
export const sealOf = (text: string): string =>
  createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');

function modelData(m: ModelLock): ModelData {
  return {
    model: m.model,
    ...(m.version === undefined ? {} : { version: m.version }),
    modalities: Object.fromEntries(m.modalities),
    labels: Object.fromEntries(m.labels),
    ...(m.tokenizers.size === 0 ? {} : { tokenizers: Object.fromEntries(m.tokenizers) }),
    exports: mapped(m.exports, exportData),
    weights: rangedData(m.weights, weightText),
    parts: rangedData(m.parts, text => text),
    ...(m.renamed.size === 0 ? {} : { renamed: rangedData(m.renamed, text => text) }),
    stages: mapped(m.stages, stageData),
  };
}

const exportData = ({ takes, gives, meaning, reads }: ExportLock): ModelData['exports'][string] => ({
  takes: Object.fromEntries(takes),
  gives,
  meaning,
  reads: readsData(reads),
});

const stageData = ({ computes, recipe }: StageLock): ModelData['stages'][string] => ({
  computes: computes.map(({ meaning, reads }) => ({ meaning, reads: readsData(reads) })),
  recipe: Object.fromEntries(recipe),
});

/** `f32[300, 64] = normal(0, 0.02)`, of a state `state f32[64] = 0`, of a copy's `… follows look.weight by 0.99` */
export function weightText({ kind, type, starts, follows }: WeightLock): string {
  const of = follows === undefined ? '' : ` follows ${follows}`;
  return `${kind === 'state' ? 'state ' : ''}${type} = ${starts}${of}`;
}

function mapped<V, D>(map: ReadonlyMap<string, V>, data: (v: V) => D): Readonly<Record<string, D>> {
  return Object.fromEntries([...map].map(([name, v]) => [name, data(v)]));
}

/** Nested where layers are alike: `net.layers.{0..11}: {norm.scale: …}`. */
function rangedData<V>(map: ReadonlyMap<string, V>, text: (v: V) => string): RangedData {
  const said = [...map].map(([path, v]) => ({ path, value: text(v) }));
  const asData = (list: readonly Ranged<string>[]): RangedData =>
    Object.fromEntries(
      list.map(r => (r.kind === 'one' ? [r.path, r.value] : [rangeName(r), asData(r.inner)])),
    );
  return asData(folded(said, (a, b) => a === b));
}

function readsData(reads: readonly string[]): ReadsData {
  const asData = (list: readonly Ranged<undefined>[]): ReadsData =>
    list.map(r => (r.kind === 'one' ? r.path : { [rangeName(r)]: asData(r.inner) }));
  return asData(
    folded(
      reads.map(path => ({ path, value: undefined })),
      () => true,
    ),
  );
}

const rangeName = ({
  prefix,
  from,
  to,
}: {
  readonly prefix: string;
  readonly from: number;
  readonly to: number;
}): string => `${prefix}.{${from}..${to}}`;
