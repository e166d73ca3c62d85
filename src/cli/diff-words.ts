// A comparison of locks in words: what a verdict means, what a call asks for, and which changes each model tells that
// none before it has told.

import type { Change, ChangeKind } from '../versioning/changes.ts';
import { type Comparison, isRaised, type ModelComparison } from '../versioning/compare.ts';
import type { Verdict, WeightFate } from '../versioning/verdict.ts';
import { type Call, leastVersion } from '../versioning/version-call.ts';

export const verdictMeaning: Readonly<Record<Verdict, string>> = {
  identical: 'nothing changed for checkpoints or callers',
  loads: 'old checkpoints load, and every old export computes what it did',
  migrates: 'what the spec declares makes new weights of the old ones',
  partial: 'some weights have no old one to come from, or some old ones are dropped',
  'changes meaning': 'old weights fit, and the model computes something else with them',
  incompatible: 'some old weights have another shape, or a model is gone',
};

export const callMeaning: Readonly<Record<Call, string>> = {
  none: 'no new version',
  patch: 'a patch version',
  minor: 'a minor version',
  major: 'a major version',
};

export const groups = ['exports', 'data', 'parts', 'weights', 'recipe'] as const;
export type Group = (typeof groups)[number];

export const groupOf: Readonly<Record<ChangeKind, Group>> = {
  model: 'exports',
  version: 'recipe',
  modality: 'data',
  labels: 'data',
  export: 'exports',
  part: 'parts',
  weight: 'weights',
  stage: 'recipe',
};

export interface ToldModel {
  readonly model: ModelComparison;
  /** In the order of `groups`; without what an earlier model has told. */
  readonly changes: readonly (readonly [Group, readonly Change[]])[];
  /** How many changes an earlier model has told. */
  readonly before: number;
  readonly weights: ReadonlyMap<WeightFate, number>;
}

/** Variants share most of what changed: it is told once. */
export function told(comparison: Comparison): readonly ToldModel[] {
  const known = new Set<string>();
  return comparison.models.map(model => {
    const fresh = model.changes.filter(c => !known.has(changeKey(c)));
    for (const c of model.changes) known.add(changeKey(c));
    const weights = new Map<WeightFate, number>();
    for (const { verdict } of model.judgement.weights) weights.set(verdict, (weights.get(verdict) ?? 0) + 1);
    return {
      model,
      changes: groups.flatMap(group => {
        const list = fresh.filter(c => groupOf[c.kind] === group);
        return list.length === 0 ? [] : [[group, list] as const];
      }),
      before: model.changes.length - fresh.length,
      weights,
    };
  });
}

export const changeKey = ({ kind, path, from, to }: Change): string => JSON.stringify([kind, path, from, to]);

export const signOf = ({ from, to }: Change): '+' | '-' | '~' =>
  from === undefined ? '+' : to === undefined ? '-' : '~';

/** `depth: 2 → 4`, of what was added or is gone what it is */
export function changeText({ path, from, to }: Change): string {
  const what = from !== undefined && to !== undefined ? `${from} → ${to}` : (to ?? from ?? '');
  return what === '' ? path : `${path}: ${what}`;
}

/** `12 identical, 3 fresh` */
export const fatesText = (fates: ReadonlyMap<WeightFate, number>): string =>
  [...fates].map(([fate, n]) => `${n} ${fate}`).join(', ');

/** What the change calls for, and whether the new version is that. */
export function versionText({ version: { from, to, calls }, models }: Comparison): string {
  const low = models.find(m => !isRaised(m));
  const moved = from === undefined || to === undefined || from === to ? '' : `; ${from} became ${to}`;
  if (low === undefined)
    return calls === 'none' ? `calls for no new version${moved}` : `calls for ${callMeaning[calls]}${moved}`;
  const least = low.old?.version === undefined ? undefined : leastVersion(low.old.version, low.calls);
  const is = low.now?.version ?? 'none';
  const enough = least === undefined ? '' : `, which has to be ${least} or higher`;
  return `calls for ${callMeaning[low.calls]}: the new one is ${is}${enough}`;
}
