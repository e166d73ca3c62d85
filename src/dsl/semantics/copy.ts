// Copies: `part slow = copy look by ema(0.995)`. Calling a copy traces the original's body again; every weight and
// state that it reads, also of parts of the model that it calls, stands again under the copy's path as a state that
// follows the original's after each step.

import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { Expr, PartMember } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import { evaluate } from './expressions.ts';
import { type NumberSetting, placeArgs, readNumbers } from './settings.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';
import type { Copy, TensorValue, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

/** What ema takes: after a step the copy is momentum · copy + (1 − momentum) · original. */
export const emaSettings: readonly NumberSetting[] = [{ name: 'momentum', least: 0, most: 1 }];

/** Where a copy has what stands at `path` in the original; paths that are the copy's own stay. */
export function copiedPath(frame: Frame, copy: Copy, path: string, span: Span): string {
  if (isUnder(path, copy.path)) return path;
  for (const [under, original] of copy.roots)
    if (isUnder(path, original)) return under + path.slice(original.length);
  const under = joinPath(copy.path, path);
  const taken = [...frame.trace.weights.keys()].some(known => isUnder(known, under));
  if (taken) complain(frame, 'copy-collides', { copy: copy.path, name: path }, span);
  copy.roots.set(under, path);
  return under;
}

/** A name that a body of a copy gives to a weight or a part must not be that of another part that the copy holds. */
export function nameInCopy(frame: Frame, name: string, span: Span): boolean {
  const { copy } = frame;
  if (copy === undefined) return true;
  const expected = joinPath(originalPath(copy, frame.path), name);
  if (originalPath(copy, joinPath(frame.path, name)) === expected) return true;
  complain(frame, 'copy-collides', { copy: copy.path, name }, span);
  return false;
}

/** What the copy's `path` stands for. */
export function originalPath(copy: Copy, path: string): string {
  let best = '';
  for (const under of copy.roots.keys()) if (isUnder(path, under) && under.length > best.length) best = under;
  return (copy.roots.get(best) ?? '') + path.slice(best.length);
}

const isUnder = (path: string, root: string): boolean => path === root || path.startsWith(`${root}.`);

/** `copy PART by ema(MOMENTUM)`. */
export function defineCopy(frame: Frame, member: PartMember, by: Expr, place: string): Value {
  const name = member.name.text;
  const source = evaluate(frame, member.value);
  const momentum = readFollowing(frame, by);
  if (source.kind === 'error' || momentum === undefined) return errorValue;
  const path = source.kind === 'part' || source.kind === 'block' ? source.path : undefined;
  const copied =
    source.kind === 'part' ? source.block.copy : source.kind === 'block' ? source.copy : undefined;
  if ((source.kind !== 'part' && source.kind !== 'block') || path === undefined || copied !== undefined) {
    const got = copied === undefined ? showType(source) : `a copy itself`;
    const expected = 'a part or an encoder of this model, which has weights of its own';
    complain(frame, 'wrong-kind', { where: 'what is copied', expected, got }, member.value.span);
    return errorValue;
  }
  const copy: Copy = { path: place, by: momentum, roots: new Map([[place, path]]) };
  return source.kind === 'part'
    ? { ...source, name, path: place, block: { ...source.block, copy } }
    : { ...source, name, path: place, copy };
}

function readFollowing(frame: Frame, e: Expr): number | undefined {
  const callee = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind === 'call' && callee === 'ema') {
    const args = placeArgs(
      frame,
      e,
      'ema',
      emaSettings.map(s => s.name),
    );
    return readNumbers(frame, args, emaSettings)?.get('momentum');
  }
  complain(
    frame,
    'unknown-name',
    { name: callee ?? showExpr(e), what: 'way to follow', suggestion: nearestName(callee ?? '', ['ema']) },
    e.kind === 'call' ? e.callee.span : e.span,
    { help: 'write: copy PART by ema(0.995)' },
  );
  return undefined;
}

/** A weight of the model that is read by name in the body of a copy: the copy has its own. */
export function inCopy(frame: Frame, value: TensorValue, span: Span): TensorValue {
  const { copy, trace } = frame;
  const path = trace.paths.get(value.id);
  const original = path === undefined ? undefined : trace.weights.get(path);
  if (copy === undefined || path === undefined || original === undefined || isUnder(path, copy.path))
    return value;
  const under = copiedPath(frame, copy, path, span);
  const known = trace.weights.get(under);
  if (known !== undefined) return known.value;
  const id = trace.builder.input(under, 'state', trace.builder.typeOf(value.id));
  const made: TensorValue = { ...original.value, id };
  trace.weights.set(under, {
    ...original,
    kind: 'state',
    path: under,
    value: made,
    follows: { path, by: copy.by },
  });
  trace.paths.set(id, under);
  return made;
}
