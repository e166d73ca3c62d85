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

/** Every name in reach, nearest first. */
export function namesInReach(scope: Scope): readonly string[] {
  const names: string[] = [];
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) names.push(...at.names.keys());
  return names;
}
