// `renamed from` as a lock says it: under which path an earlier version had what stands at a path now.

import type { ModelLock } from './lock.ts';

/** New paths with whole old ones. A dotted old name is a path already; another stands where the new one does. */
export function renamesOf({ renamed }: Pick<ModelLock, 'renamed'>): ReadonlyMap<string, string> {
  return new Map([...renamed.keys()].map(path => [path, earlierPath(renamed, path)] as const));
}

/** Renames of a part and of what is in it go together. */
function earlierPath(renamed: ReadonlyMap<string, string>, path: string): string {
  let now = '';
  let before = '';
  for (const name of path.split('.')) {
    now = now === '' ? name : `${now}.${name}`;
    const from = renamed.get(now) ?? name;
    before = before === '' || from.includes('.') ? from : `${before}.${from}`;
  }
  return before;
}

/** By the longest new path that was renamed. */
export function oldPath(path: string, renames: ReadonlyMap<string, string>): string {
  if (renames.size === 0) return path;
  const names = path.split('.');
  for (let length = names.length; length > 0; length--) {
    const from = renames.get(names.slice(0, length).join('.'));
    if (from !== undefined) return [from, ...names.slice(length)].join('.');
  }
  return path;
}

/** For each of the new paths the old one that it comes from: a rename that no old model needs any more says nothing. */
export function sourcesIn(
  old: { readonly has: (path: string) => boolean },
  now: Iterable<string>,
  renames: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const paths = [...now];
  const renamed = new Map(paths.map(path => [path, oldPath(path, renames)] as const));
  const claimed = new Set(
    [...renamed].flatMap(([path, from]) => (path !== from && old.has(from) ? [from] : [])),
  );
  const taken = new Map<string, string>();
  for (const [path, from] of renamed)
    if (old.has(from)) {
      if (from !== path || !claimed.has(path)) taken.set(path, from);
    } else if (old.has(path) && !claimed.has(path)) taken.set(path, path);
  return taken;
}
