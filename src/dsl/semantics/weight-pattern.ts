// Patterns of weights in train and freeze: `look`, `hear.**.lora.*`, `**.attention.{qkv,out}`. A pattern is matched name by
// name and also stands for everything under what it matches.

import type { MinimizeStage, Pattern } from './model.ts';

/** A piece of one name: any run of characters, or one of some texts. */
type Piece = { readonly kind: 'any' } | { readonly kind: 'one of'; readonly texts: readonly string[] };

/** `*` in a name is any run of characters, `{a,b}` one of the two. */
function piecesOf(segment: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') pieces.push({ kind: 'one of', texts: [literal] });
    literal = '';
  };
  for (let i = 0; i < segment.length; i++) {
    const c = segment[i];
    const end = c === '{' ? segment.indexOf('}', i) : -1;
    if (c === '*') {
      flush();
      pieces.push({ kind: 'any' });
    } else if (end >= 0) {
      flush();
      const texts = segment
        .slice(i + 1, end)
        .split(',')
        .map(t => t.trim());
      pieces.push({ kind: 'one of', texts });
      i = end;
    } else literal += c;
  }
  flush();
  return pieces;
}

/** Follows all ways through the pieces at once, as places in the name, so that the cost is their product. */
export function nameMatches(segment: string, name: string): boolean {
  if (!/[*{]/.test(segment)) return segment === name;
  let places = new Set([0]);
  for (const piece of piecesOf(segment)) {
    const next = new Set<number>();
    for (const at of places) {
      if (piece.kind === 'any') for (let to = at; to <= name.length; to++) next.add(to);
      else for (const text of piece.texts) if (name.startsWith(text, at)) next.add(at + text.length);
    }
    places = next;
  }
  return places.has(name.length);
}

/** Whether a pattern names this path or something above it: `*` is one name, `**` any number, `{a,b}` either. */
export function patternMatches(pattern: string, path: string): boolean {
  if (!/[*{]/.test(pattern))
    return path.startsWith(pattern) && (path.length === pattern.length || path[pattern.length] === '.');
  const names = path.split('.');
  let places = new Set([0]);
  for (const segment of pattern.split('.')) {
    const next = new Set<number>();
    for (const at of places) {
      if (segment === '**') for (let to = at; to <= names.length; to++) next.add(to);
      else if (nameMatches(segment, names[at] ?? '')) next.add(at + 1);
    }
    places = next;
  }
  return [...places].some(at => at <= names.length);
}

/** Whether a pattern of a stage names this path, by either of its spellings. */
export function namesWeight(p: Pattern, path: string): boolean {
  return patternMatches(p.text, path) || p.also?.some(text => patternMatches(text, path)) === true;
}

export interface Partition {
  readonly trained: readonly string[];
  readonly frozen: readonly string[];
}

/** `all`, and `rest`: what no other pattern names. */
export function isWild(p: Pattern): boolean {
  return p.text === 'all' || p.text === 'rest';
}

/** Which of the reached weights a stage trains; patterns that match nothing and gaps are reported by the caller. */
export function partition(
  stage: Pick<MinimizeStage, 'train' | 'freeze'>,
  paths: readonly string[],
): Partition & { readonly both: readonly string[]; readonly neither: readonly string[] } {
  const named = (patterns: readonly Pattern[], path: string): boolean =>
    patterns.some(p => !isWild(p) && namesWeight(p, path));
  const trained: string[] = [];
  const frozen: string[] = [];
  const both: string[] = [];
  const neither: string[] = [];
  for (const path of paths) {
    const t = named(stage.train, path);
    const f = named(stage.freeze, path);
    if (t && f) both.push(path);
    else if (t) trained.push(path);
    else if (f) frozen.push(path);
    else if (stage.train.some(isWild)) trained.push(path);
    else if (stage.freeze.some(isWild)) frozen.push(path);
    else neither.push(path);
  }
  return { trained, frozen, both, neither };
}

/**
 * Which parts learn in a stage, by their paths: those that own a weight that it trains. One that owns none, as a dropout,
 * learns where the nearest part around it that owns some does; but where some stage fits it, or a part without weights
 * that it is in, it learns there alone.
 */
export function learningIn(
  stage: Pick<MinimizeStage, 'train' | 'freeze' | 'reached' | 'fitted'>,
): (path: string) => boolean {
  const owners = (paths: readonly string[]): ReadonlySet<string> =>
    new Set(paths.flatMap(path => [...around(path)].slice(1)));
  const all = owners(stage.reached);
  const trained = owners(partition(stage, stage.reached).trained);
  return path => {
    const way = [...around(path)];
    const fittedHere = way.some(at => !all.has(at) && stage.fitted.some(f => namesItself(f, at)));
    const owner = way.find(at => all.has(at));
    return !fittedHere && owner !== undefined && trained.has(owner);
  };
}

/** Whether a pattern names this path itself and not one above it. */
function namesItself(pattern: Pattern, path: string): boolean {
  const above = path.slice(0, Math.max(0, path.lastIndexOf('.')));
  return path !== '' && namesWeight(pattern, path) && (above === '' || !namesWeight(pattern, above));
}

/** A path and those above it: look.norm.scale, look.norm, look and the model's own, ''. */
function* around(path: string): Generator<string> {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) yield at;
  yield '';
}
