// Names in reach. A scope is a chain: locals of a body, the model's members, the file's items, std, intrinsics.

import type { Span } from '../../base/span.ts';
import type { Value } from './values.ts';

export interface Binding {
  readonly value: Value;
  readonly span: Span | undefined;
}

export interface Scope {
  readonly parent: Scope | undefined;
  readonly names: Map<string, Binding>;
  /** Of the scope of a model's members: which model, in which setting, and where its weights stand. */
  model?: ScopeModel;
}

export interface ScopeModel {
  readonly key: string;
  readonly root: string;
}

/** The model in whose members this scope is. */
export function modelIn(scope: Scope): ScopeModel | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent)
    if (at.model !== undefined) return at.model;
  return undefined;
}

export function childScope(parent: Scope | undefined): Scope {
  return { parent, names: new Map() };
}

export function lookUp(scope: Scope, name: string): Binding | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.names.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The nearest binding of a name that is as asked for. */
export function lookUpWhere(
  scope: Scope,
  name: string,
  fits: (binding: Binding) => boolean,
): Binding | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.names.get(name);
    if (found !== undefined && fits(found)) return found;
  }
  return undefined;
}

/** The nearest binding of a name that stands for a type: a field may have the name of its modality. */
export function lookUpType(scope: Scope, name: string): Binding | undefined {
  const found = lookUpWhere(scope, name, b => b.value.kind === 'modality' || b.value.kind === 'space');
  if (found !== undefined) return found;
  return lookUp(scope, name);
}

/** Every name in reach, nearest first, without the compiler's own, which start with a blank. */
export function namesInReach(scope: Scope): readonly string[] {
  const names: string[] = [];
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent)
    for (const name of at.names.keys()) if (!name.startsWith(' ')) names.push(name);
  return names;
}

/** Whether a name stands in a scope of the body at hand: those of files and models hold a marker. */
export function isLocal(scope: Scope, name: string): boolean {
  for (let at: Scope | undefined = scope; at !== undefined && !at.names.has(' file'); at = at.parent)
    if (at.names.has(name)) return true;
  return false;
}
