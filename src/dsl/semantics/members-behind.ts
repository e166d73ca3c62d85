// What members of a model stand on: the members and used models that their text names, and what those name.

import type { Declared } from './declare.ts';
import { basesOf, namedMembers } from './extend.ts';
import { lookUp } from './scope.ts';

/** First names of paths: of the named members themselves, of members behind them, and of models that are used. */
export function membersBehind(declared: Declared, named: readonly string[]): readonly string[] {
  const models = [declared, ...[...basesOf(declared)].map(b => b.declared)];
  const found = new Set<string>();
  const seen = new Set<string>();
  const todo = [...named];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (named.includes(name)) found.add(name);
    for (const { item, scope } of models) {
      const member = namedMembers(item).find(m => m.name.text === name);
      const value = lookUp(scope, name)?.value;
      if (value?.kind === 'file' || value?.kind === 'model')
        found.add(value.root.split('.')[0] ?? value.root);
      if (member === undefined) continue;
      found.add(name);
      todo.push(...namesIn(member));
    }
  }
  return [...found].sort();
}

/** Every name that a piece of the tree reads. */
function namesIn(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = 'kind' in node && node.kind === 'name' && 'text' in node ? [String(node.text)] : [];
  return [...own, ...Object.values(node).flatMap(namesIn)];
}
