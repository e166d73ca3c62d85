// That each weight and export of an earlier version is claimed once: by what still has its name, or by the one thing
// that is renamed from it.

import type { Name, OldName } from '../syntax/ast.ts';
import type { Declared } from './declare.ts';
import { namedMembers } from './extend.ts';
import { earlierPath } from './renames.ts';
import { complain, type Rename, type Trace } from './trace.ts';

export function checkRenames(declared: Declared, traces: readonly (Trace | undefined)[]): void {
  checkExports(declared);
  const all = [declared.frame.trace, ...traces].filter(t => t !== undefined);
  const renames = new Map(all.flatMap(t => [...t.renames]));
  if (renames.size === 0) return;
  const claims = new Map<string, string>();
  const said = new Set<Rename>();
  for (const path of new Set(all.flatMap(t => [...t.weights.keys()]))) {
    const old = earlierPath(renames, path);
    const other = claims.get(old);
    claims.set(old, path);
    if (other === undefined) continue;
    const [a, b] = [renameOf(renames, other), renameOf(renames, path)];
    const last = b ?? a;
    if (last === undefined || said.has(last)) continue;
    said.add(last);
    if (a === undefined || b === undefined)
      complain(declared.frame, 'rename-from-present', { old: last.from }, last.span);
    else
      complain(declared.frame, 'rename-twice', { old: last.from }, last.span, {
        related: [{ span: a.span, message: 'the first one' }],
      });
  }
}

/** The rename that says where an earlier version had this: the one nearest to it. */
function renameOf(renames: ReadonlyMap<string, Rename>, path: string): Rename | undefined {
  const names = path.split('.');
  for (let length = names.length; length > 0; length--) {
    const found = renames.get(names.slice(0, length).join('.'));
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkExports({ frame, item }: Declared): void {
  const members = namedMembers(item);
  const exports = members.filter(m => m.kind === 'export');
  const names = new Set(exports.filter(e => e.renamed === undefined).map(e => e.name.text));
  const claims = new Map<string, OldName>();
  for (const { renamed } of exports) {
    if (renamed === undefined) continue;
    const first = claims.get(renamed.text);
    claims.set(renamed.text, renamed);
    if (names.has(renamed.text)) complain(frame, 'rename-from-present', { old: renamed.text }, renamed.span);
    else if (first !== undefined)
      complain(frame, 'rename-twice', { old: renamed.text }, renamed.span, {
        related: [{ span: first.span, message: 'the first one' }],
      });
  }
  for (const m of members)
    if (m.kind === 'export' || m.kind === 'block') refuseWhole(frame, m.kind, m.name, m.renamed);
}

/** Blocks and exports stand nowhere but in their file or model. */
function refuseWhole(
  frame: Declared['frame'],
  what: 'block' | 'export',
  name: Name,
  old: OldName | undefined,
): void {
  if (old?.text.includes('.') !== true) return;
  complain(frame, 'rename-by-path', { what, name: name.text, old: old.text }, old.span);
}
