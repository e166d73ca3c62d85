// What a change means for checkpoints and callers, from two locks alone: for each weight, for each export, and in all.

import { sameInterface } from './interface.ts';
import type { ExportLock, Meaning, ModelLock, WeightLock } from './lock.ts';
import { comparable } from './of-data.ts';
import { renamesOf, sourcesIn } from './renamed.ts';

/** From the best to the worst. */
export const verdicts = [
  // The same weights, exports, recipes: nothing to do.
  'identical',
  // Old weights load and every old export computes what it did.
  'loads',
  // What the spec declares (renames, migrations) makes new weights of the old ones.
  'migrates',
  // Some weights start fresh, or some of the old ones are dropped.
  'partial',
  // Old weights load, and an export computes something else with them.
  'changes meaning',
  // A weight has another shape.
  'incompatible',
] as const;
export type Verdict = (typeof verdicts)[number];

export type WeightFate =
  | 'identical'
  /** Under another path. */
  | 'migrates'
  | 'changes meaning'
  /** No old weight gives it. */
  | 'fresh'
  /** No new weight takes it. */
  | 'dropped'
  | 'incompatible';

export interface WeightVerdict {
  /** In the new lock; of a dropped one in the old. */
  readonly path: string;
  readonly verdict: WeightFate;
  /** Path and type in either lock. */
  readonly from: { readonly path: string; readonly type: string } | undefined;
  readonly to: { readonly path: string; readonly type: string } | undefined;
}

export type ExportFate =
  | 'identical'
  /** Under another name, and else the same. */
  | 'renamed'
  /** Its parameters or results are of other types; what it computes is the same. */
  | 'other types'
  /** Weights of it are fresh, dropped or of another shape. */
  | 'other weights'
  | 'changes meaning'
  | 'added'
  | 'dropped';

export interface ExportVerdict {
  readonly name: string;
  readonly verdict: ExportFate;
  /** Why it means something else although its graph may be the same: `labels Kind`, `modality speech`. */
  readonly because: readonly string[];
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly weights: readonly WeightVerdict[];
  readonly exports: readonly ExportVerdict[];
}

/** `renamed`: what stood at the old path stands at the new one, for whole parts too (new path → old path); as the new lock says, unless given. */
export function judge(
  before: ModelLock,
  after: ModelLock,
  renamed: ReadonlyMap<string, string> = renamesOf(after),
): Judgement {
  const [old, now] = comparable(before, after);
  const sources = sourcesIn(old.weights, now.weights.keys(), renamed);
  const olds = sourcesIn(old.exports, now.exports.keys(), renamed);
  const gone = [...old.exports.keys()].filter(name => ![...olds.values()].includes(name));
  const exports = [
    ...gone.map((name): ExportVerdict => ({ name, verdict: 'dropped', because: [] })),
    ...[...now.exports.keys()].map(name => judgeExport([olds.get(name), name], old, now, sources)),
  ];
  const weights = judgeWeights(old, now, sources, exports);
  return { verdict: inAll(old, now, weights, exports), weights, exports };
}

/** For each new weight the old path that it has its value from, whatever its shape. */
type Sources = ReadonlyMap<string, string>;

/** The same computation on the same weights. */
export function sameMeaning(a: Meaning, b: Meaning, sources: Sources): boolean {
  return (
    a.meaning === b.meaning &&
    a.reads.length === b.reads.length &&
    b.reads.every((path, i) => sources.get(path) === a.reads[i])
  );
}

function judgeExport(
  [before, name]: readonly [string | undefined, string],
  old: ModelLock,
  now: ModelLock,
  sources: Sources,
): ExportVerdict {
  const was = before === undefined ? undefined : old.exports.get(before);
  const is = now.exports.get(name)!;
  if (was === undefined) return { name, verdict: 'added', because: [] };
  if (!sameMeaning(was, is, sources)) {
    const isWhole = everyWeight(was, is, old, now, sources);
    return { name, verdict: isWhole ? 'changes meaning' : 'other weights', because: [] };
  }
  const because = othersMeant(was, is, old, now);
  if (because.length > 0) return { name, verdict: 'changes meaning', because };
  const isSame = sameInterface(was, is, [old, now]);
  return { name, verdict: isSame ? (before === name ? 'identical' : 'renamed') : 'other types', because: [] };
}

/** Whether all weights that either reads are there in both, in one shape. */
function everyWeight(was: Meaning, is: Meaning, old: ModelLock, now: ModelLock, sources: Sources): boolean {
  const given = new Set(sources.values());
  return (
    was.reads.every(path => given.has(path)) &&
    is.reads.every(path => {
      const from = sources.get(path);
      return from !== undefined && old.weights.get(from)?.type === now.weights.get(path)?.type;
    })
  );
}

/** Modalities and label sets in the export's types that aren't what they were: the same numbers mean something else. */
function othersMeant(was: ExportLock, is: ExportLock, old: ModelLock, now: ModelLock): readonly string[] {
  const text = [...was.takes.values(), was.gives, ...is.takes.values(), is.gives].join(' ');
  const named = (name: string): boolean =>
    new RegExp(`(^|[^A-Za-z0-9_.])${escaped(name)}($|[^A-Za-z0-9_])`).test(text);
  const differ = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
  return [
    ...[...old.modalities].flatMap(([name, spec]) =>
      named(name) && differ(spec, now.modalities.get(name)) ? [`modality ${name}`] : [],
    ),
    ...[...old.labels].flatMap(([name, names]) =>
      named(name) && differ(names, now.labels.get(name)) ? [`labels ${name}`] : [],
    ),
  ];
}

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function judgeWeights(
  old: ModelLock,
  now: ModelLock,
  sources: Sources,
  exports: readonly ExportVerdict[],
): readonly WeightVerdict[] {
  const changed = new Set(
    exports.filter(e => e.verdict === 'changes meaning').flatMap(e => now.exports.get(e.name)?.reads ?? []),
  );
  const given = new Set(sources.values());
  const place = (path: string, w: WeightLock | undefined) =>
    w === undefined ? undefined : { path, type: typeText(w) };
  const fates = [...now.weights].map(([path, w]): WeightVerdict => {
    const from = sources.get(path);
    const was = from === undefined ? undefined : old.weights.get(from);
    return {
      path,
      verdict: fate(was, w, from === path, changed.has(path)),
      from: from === undefined ? undefined : place(from, was),
      to: place(path, w),
    };
  });
  const dropped = [...old.weights].flatMap(([path, w]): readonly WeightVerdict[] =>
    given.has(path) ? [] : [{ path, verdict: 'dropped', from: place(path, w), to: undefined }],
  );
  return [...fates, ...dropped];
}

const typeText = ({ kind, type }: WeightLock): string => (kind === 'state' ? `state ${type}` : type);

function fate(
  was: WeightLock | undefined,
  is: WeightLock,
  isSamePath: boolean,
  changed: boolean,
): WeightFate {
  if (was === undefined) return 'fresh';
  if (typeText(was) !== typeText(is)) return 'incompatible';
  if (changed) return 'changes meaning';
  return isSamePath ? 'identical' : 'migrates';
}

function inAll(
  old: ModelLock,
  now: ModelLock,
  weights: readonly WeightVerdict[],
  exports: readonly ExportVerdict[],
): Verdict {
  const has = (fate: WeightFate): boolean => weights.some(w => w.verdict === fate);
  if (has('incompatible')) return 'incompatible';
  // What old and new say of data and labels may be of no export, and still be what the weights have learned.
  const other = !sameMaps(old.labels, now.labels) || !sameMaps(old.modalities, now.modalities);
  if (exports.some(e => e.verdict === 'changes meaning') || other) return 'changes meaning';
  if (has('fresh') || has('dropped')) return 'partial';
  if (has('migrates')) return 'migrates';
  const same =
    exports.every(e => e.verdict === 'identical') &&
    [old.stages, old.weights, old.modalities, old.labels].map(plainText).join() ===
      [now.stages, now.weights, now.modalities, now.labels].map(plainText).join();
  return same ? 'identical' : 'loads';
}

/** Of names that both have; what was added or dropped isn't something else. */
function sameMaps(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return [...a].every(([name, value]) => !b.has(name) || plainText(value) === plainText(b.get(name)));
}

const plainText = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (v instanceof Map ? [...v] : v));
