// `renamed from`: under which path an earlier version had what stands at a path of this one. A name says it for the
// place where it stands, so that renames of a part and of what is in it go together; a dotted path says it from the
// model's root, of what was moved.

import type { OldName } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import { modelIn } from './scope.ts';
import type { Frame, Rename } from './trace.ts';

/** Notes what `name` in this body was called before. */
export function noteRename(frame: Frame, name: string, old: OldName | undefined): void {
  if (old === undefined) return;
  const isWhole = old.text.includes('.');
  const from = isWhole ? joinPath(modelIn(frame.scope)?.root ?? '', old.text) : old.text;
  frame.trace.renames.set(joinPath(frame.path, name), { from, isWhole, span: old.span });
}

/** The path at which an earlier version had what stands at `path`. */
export function earlierPath(renames: ReadonlyMap<string, Rename>, path: string): string {
  if (renames.size === 0) return path;
  let now = '';
  let before = '';
  for (const name of path.split('.')) {
    now = joinPath(now, name);
    const rename = renames.get(now);
    before = rename?.isWhole ? rename.from : joinPath(before, rename?.from ?? name);
  }
  return before;
}
