// What changed between two models, in the architecture's own terms: parts, settings, weights, exports, data and
// recipes, never lines of text.

import type { ModelLock } from './lock.ts';
import { weightText } from './lock-text.ts';
import { naturalOrder } from './natural-order.ts';
import { comparable } from './of-data.ts';
import { folded, type Ranged } from './ranges.ts';

export const changeKinds = [
  'model',
  'version',
  'modality',
  'labels',
  'export',
  'part',
  'weight',
  'stage',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** `from` absent: it was added; `to` absent: it is gone. */
export interface Change {
  readonly kind: ChangeKind;
  /** What changed: `look.transformer depth`, `stage pretrain optimizer`. */
  readonly path: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export function changesBetween(
  before: ModelLock,
  after: ModelLock,
  /** Old paths of new ones, of parts and weights. */
  renamed: ReadonlyMap<string, string> = new Map(),
): readonly Change[] {
  const [old, now] = comparable(before, after);
  const kept = renaming(renamed);
  return [
    ...pair('version', 'version', old.version, now.version),
    ...maps('modality', old.modalities, now.modalities),
    ...maps('labels', mapped(old.labels, labelsText), mapped(now.labels, labelsText)),
    ...exportChanges(old, now),
    ...[...renamed].map(([to, from]): Change => ({ kind: 'part', path: `${to} (renamed)`, from, to })),
    ...partChanges(kept(old.parts), now.parts),
    ...layered(
      'weight',
      maps('weight', kept(mapped(old.weights, weightText)), mapped(now.weights, weightText)),
    ),
    ...stageChanges(old, now),
  ];
}

/** What stood under old paths, under the new ones. */
function renaming(renamed: ReadonlyMap<string, string>) {
  const moves = [...renamed].sort(([, a], [, b]) => b.length - a.length);
  const moved = (path: string): string => {
    for (const [to, from] of moves)
      if (path === from || path.startsWith(`${from}.`)) return `${to}${path.slice(from.length)}`;
    return path;
  };
  return <V>(map: ReadonlyMap<string, V>): ReadonlyMap<string, V> =>
    new Map([...map].map(([path, v]) => [moved(path), v] as const));
}

const labelsText = (labels: readonly string[] | number): string =>
  typeof labels === 'number' ? `${labels} labels` : labels.join(', ');

function mapped<A, B>(map: ReadonlyMap<string, A>, text: (a: A) => B): ReadonlyMap<string, B> {
  return new Map([...map].map(([name, a]) => [name, text(a)] as const));
}

const pair = (
  kind: ChangeKind,
  path: string,
  from: string | undefined,
  to: string | undefined,
): readonly Change[] => (from === to ? [] : [{ kind, path, from, to }]);

function maps(
  kind: ChangeKind,
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): readonly Change[] {
  const names = [...new Set([...old.keys(), ...now.keys()])].sort(naturalOrder);
  return names.flatMap(name => pair(kind, name, old.get(name), now.get(name)));
}

function exportChanges(old: ModelLock, now: ModelLock): readonly Change[] {
  const names = [...new Set([...old.exports.keys(), ...now.exports.keys()])];
  return names.flatMap((name): readonly Change[] => {
    const [was, is] = [old.exports.get(name), now.exports.get(name)];
    const text = (e: NonNullable<typeof was>): string =>
      `(${[...e.takes].map(([p, type]) => `${p}: ${type}`).join(', ')}) -> ${e.gives}`;
    if (was === undefined || is === undefined) return pair('export', name, was && text(was), is && text(is));
    return [
      ...maps('export', prefixed(was.takes, `${name} takes `), prefixed(is.takes, `${name} takes `)),
      ...pair('export', `${name} gives`, was.gives, is.gives),
    ];
  });
}

const prefixed = <V>(map: ReadonlyMap<string, V>, prefix: string): ReadonlyMap<string, V> =>
  new Map([...map].map(([name, v]) => [`${prefix}${name}`, v] as const));

/** A part that is gone or new is told once, not with everything in it; a setting that changed by its name. */
function partChanges(old: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): readonly Change[] {
  const all = maps('part', old, now);
  const whole = new Map(
    all.filter(c => c.from === undefined || c.to === undefined).map(c => [c.path, c] as const),
  );
  const isInside = (path: string): boolean =>
    ancestors(path).some(a => {
      const outer = whole.get(a);
      const own = whole.get(path);
      return (
        outer !== undefined && own !== undefined && (outer.from === undefined) === (own.from === undefined)
      );
    });
  const told = all.filter(c => !(whole.has(c.path) && isInside(c.path)));
  return layered('part', told.flatMap(settingChanges));
}

function ancestors(path: string): readonly string[] {
  const names = path.split('.');
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join('.'));
}

/** `transformer(depth: 6, heads: 4)` beside `transformer(depth: 8, heads: 4)`: depth 6 → 8. */
function settingChanges(change: Change): readonly Change[] {
  const [was, is] = [change.from && settingsOf(change.from), change.to && settingsOf(change.to)];
  if (!was || !is || was.block !== is.block) return [change];
  return maps('part', prefixed(was.settings, `${change.path} `), prefixed(is.settings, `${change.path} `));
}

interface Settings {
  readonly block: string;
  readonly settings: ReadonlyMap<string, string>;
}

/** What partText writes; commas inside brackets belong to a value. */
function settingsOf(text: string): Settings {
  const open = text.indexOf('(');
  if (open < 0) return { block: text, settings: new Map() };
  const settings = new Map<string, string>();
  let depth = 0;
  let start = open + 1;
  for (let i = open + 1; i < text.length; i++) {
    const c = text[i]!;
    if (c === '(' || c === '[') depth += 1;
    const ends = depth === 0 && (c === ',' || c === ')');
    if (ends) {
      const item = text.slice(start, i).trim();
      const colon = item.indexOf(':');
      settings.set(item.slice(0, colon), item.slice(colon + 1).trim());
      start = i + 1;
    } else if (c === ')' || c === ']') depth -= 1;
  }
  return { block: text.slice(0, open), settings };
}

function stageChanges(old: ModelLock, now: ModelLock): readonly Change[] {
  const names = [...new Set([...old.stages.keys(), ...now.stages.keys()])];
  return names.flatMap((name): readonly Change[] => {
    const [was, is] = [old.stages.get(name), now.stages.get(name)];
    if (was === undefined || is === undefined) return pair('stage', name, was && 'a stage', is && 'a stage');
    const recipe = maps('stage', prefixed(was.recipe, `${name} `), prefixed(is.recipe, `${name} `));
    const computes = (s: NonNullable<typeof was>): string => s.computes.map(c => c.meaning).join();
    const differs = computes(was) !== computes(is);
    return differs
      ? [...recipe, { kind: 'stage', path: `${name} what it minimizes`, from: 'one loss', to: 'another' }]
      : recipe;
  });
}

/** The same change in layer after layer is one: `net.layers.{0..11}.norm1 epsilon`. */
function layered(kind: ChangeKind, changes: readonly Change[]): readonly Change[] {
  const said = changes.map(({ path, from, to }) => ({ path: marked(path), value: { from, to } }));
  const one = (
    list: readonly Ranged<{ from: string | undefined; to: string | undefined }>[],
    before: string,
  ): readonly Change[] =>
    list.flatMap(r =>
      r.kind === 'one'
        ? [{ kind, path: unmarked(`${before}${r.path}`), ...r.value }]
        : one(r.inner, `${before}${r.prefix}.{${r.from}..${r.to}}.`),
    );
  return one(
    folded(said, (a, b) => a.from === b.from && a.to === b.to),
    '',
  );
}

/** A change's path may end in ` depth`, which must not be taken for a name of the path. */
const marked = (path: string): string => path.replace(' ', '.\u0000');
const unmarked = (path: string): string => path.replace('.\u0000', ' ').replace(/\.$/, '');
