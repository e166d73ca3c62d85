// A lock as text: YAML in a stable order, made to be read in a review.

import { stringify } from 'yaml';
import type { ExportLock, Lock, ModelLock, StageLock, WeightLock } from './lock.ts';
import { folded, type Ranged } from './ranges.ts';

const head =
  '# What these models are. Written by `mm lock`, read by `mm diff` and `mm check`: not to be edited by hand.\n';

export function lockText({ lock, mmlang, std, models }: Lock): string {
  const all = { lock, mmlang, std, models: mapped(models, modelData) };
  return head + stringify(all, { lineWidth: 0, aliasDuplicateObjects: false });
}

type Data = Readonly<Record<string, unknown>>;

function modelData(m: ModelLock): Data {
  return {
    model: m.model,
    ...(m.version === undefined ? {} : { version: m.version }),
    modalities: Object.fromEntries(m.modalities),
    labels: Object.fromEntries(m.labels),
    exports: mapped(m.exports, exportData),
    weights: rangedData(m.weights, weightText),
    parts: rangedData(m.parts, text => text),
    stages: mapped(m.stages, stageData),
  };
}

const exportData = ({ takes, gives, meaning, reads }: ExportLock): Data => ({
  takes: Object.fromEntries(takes),
  gives,
  meaning,
  reads: readsData(reads),
});

const stageData = ({ computes, recipe }: StageLock): Data => ({
  computes: computes.map(({ meaning, reads }) => ({ meaning, reads: readsData(reads) })),
  recipe: Object.fromEntries(recipe),
});

/** `f32[300, 64] = normal(0, 0.02)`, of a state `state f32[64] = 0`, of a copy's `… follows look.weight by 0.99` */
export function weightText({ kind, type, starts, follows }: WeightLock): string {
  const of = follows === undefined ? '' : ` follows ${follows}`;
  return `${kind === 'state' ? 'state ' : ''}${type} = ${starts}${of}`;
}

function mapped<V>(map: ReadonlyMap<string, V>, data: (v: V) => Data): Data {
  return Object.fromEntries([...map].map(([name, v]) => [name, data(v)]));
}

/** Nested where layers are alike: `net.layers.{0..11}: {norm.scale: …}`. */
function rangedData<V>(map: ReadonlyMap<string, V>, text: (v: V) => string): Data {
  const said = [...map].map(([path, v]) => ({ path, value: text(v) }));
  const asData = (list: readonly Ranged<string>[]): Data =>
    Object.fromEntries(
      list.map(r => (r.kind === 'one' ? [r.path, r.value] : [rangeName(r), asData(r.inner)])),
    );
  return asData(folded(said, (a, b) => a === b));
}

function readsData(reads: readonly string[]): readonly unknown[] {
  const asData = (list: readonly Ranged<undefined>[]): readonly unknown[] =>
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
