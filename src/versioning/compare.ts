// Two locks compared, model by model: what changed, what it means, and the version that it calls for.

import { type Change, changesBetween } from './changes.ts';
import type { Lock, ModelLock } from './lock.ts';
import { renamesOf } from './renamed.ts';
import { type Judgement, judge, type Verdict, verdicts } from './verdict.ts';
import { type Call, callOf, calls, isEnough } from './version-call.ts';

export interface ModelComparison {
  /** In the new lock; of a model that is gone, in the old one. */
  readonly name: string;
  readonly old: ModelLock | undefined;
  readonly now: ModelLock | undefined;
  readonly judgement: Judgement;
  readonly calls: Call;
  readonly changes: readonly Change[];
}

export interface Comparison {
  /** The worst of all models. */
  readonly verdict: Verdict;
  /** The one that calls for most, the first of those. */
  readonly version: {
    readonly from: string | undefined;
    readonly to: string | undefined;
    readonly calls: Call;
  };
  readonly models: readonly ModelComparison[];
  /** Of mmlang and of its standard library, where they are others. */
  readonly origins: readonly Change[];
}

/** Models of equal name; where either file has one that stands by its defaults, these whatever their names are. */
export function compareLocks(old: Lock, now: Lock): Comparison {
  const partner = partners(old, now);
  const found = [...now.models].map(([name, model]) => {
    const from = partner(name);
    return from === undefined ? added(name, model) : compared(name, old.models.get(from)!, model);
  });
  const kept = new Set([...now.models.keys()].map(partner));
  const gone = [...old.models].flatMap(([name, model]) => (kept.has(name) ? [] : [dropped(name, model)]));
  const models = [...found, ...gone];
  const [first] = [...models].sort((a, b) => calls.indexOf(b.calls) - calls.indexOf(a.calls));
  return {
    verdict: worst(models.map(m => m.judgement.verdict)),
    version: {
      from: first?.old?.version ?? models.find(m => m.old !== undefined)?.old?.version,
      to: first?.now?.version ?? models.find(m => m.now !== undefined)?.now?.version,
      calls: first?.calls ?? 'none',
    },
    models,
    origins: [
      ...origin('mmlang', old.mmlang, now.mmlang),
      ...origin('standard library', old.std.slice(0, 12), now.std.slice(0, 12)),
    ],
  };
}

/** Whether every model was raised as its change calls for; a version may not go down either. */
export function isRaised({ old, now, calls: call }: ModelComparison): boolean {
  if (old === undefined || now === undefined) return true;
  if (old.version === undefined) return now.version !== undefined || call === 'none';
  return now.version !== undefined && isEnough(old.version, now.version, call);
}

export const isWorse = (a: Verdict, b: Verdict): boolean => verdicts.indexOf(a) > verdicts.indexOf(b);

function worst(list: readonly Verdict[]): Verdict {
  return list.reduce((a, b) => (isWorse(b, a) ? b : a), 'identical');
}

function partners(old: Lock, now: Lock): (name: string) => string | undefined {
  const [was, is] = [onlyPlain(old), onlyPlain(now)];
  const renames = was !== undefined && is !== undefined && !old.models.has(is) && !now.models.has(was);
  return name => (old.models.has(name) ? name : renames && name === is ? was : undefined);
}

/** The model that stands by its defaults, where there is one. */
function onlyPlain({ models }: Lock): string | undefined {
  const plain = [...models].filter(([name, m]) => name === m.model);
  return plain.length === 1 ? plain[0]![0] : undefined;
}

function compared(name: string, old: ModelLock, now: ModelLock): ModelComparison {
  const judgement = judge(old, now);
  return {
    name,
    old,
    now,
    judgement,
    calls: callOf(judgement),
    changes: [
      ...(old.model === now.model
        ? []
        : [{ kind: 'model', path: 'name', from: old.model, to: now.model } as const]),
      ...changesBetween(old, now, renamesOf(now)),
      ...judgement.exports.flatMap(({ name: path, verdict, because }): readonly Change[] => {
        const [was, is] = [old.exports.get(path), now.exports.get(path)];
        // Where a modality or labels say why, they are told by themselves.
        if (verdict !== 'changes meaning' || because.length > 0) return [];
        return [
          { kind: 'export', path: `${path} computes`, from: short(was?.meaning), to: short(is?.meaning) },
        ];
      }),
    ],
  };
}

const short = (hash: string | undefined): string | undefined => hash?.slice(0, 12);

const nothing = { weights: [], exports: [] } as const;

/** Nothing that was there is touched by it. */
const added = (name: string, now: ModelLock): ModelComparison => ({
  name,
  old: undefined,
  now,
  judgement: { verdict: 'loads', ...nothing },
  calls: 'minor',
  changes: [{ kind: 'model', path: name, from: undefined, to: titleOf(now) }],
});

/** Its checkpoints have no model any more. */
const dropped = (name: string, old: ModelLock): ModelComparison => ({
  name,
  old,
  now: undefined,
  judgement: { verdict: 'incompatible', ...nothing },
  calls: 'major',
  changes: [{ kind: 'model', path: name, from: titleOf(old), to: undefined }],
});

const titleOf = ({ model, version }: ModelLock): string =>
  version === undefined ? model : `${model} ${version}`;

const origin = (path: string, from: string, to: string): readonly Change[] =>
  from === to ? [] : [{ kind: 'version', path, from, to }];
