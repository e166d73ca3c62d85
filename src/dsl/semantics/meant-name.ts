// What a name that stands for nothing here may have meant: a member or setting of a used model or file, `base.width`,
// or a name that is spelled nearly so.

import { nearestName } from '../../base/nearest-name.ts';
import type { Scope } from './scope.ts';
import { lookUp, namesInReach } from './scope.ts';
import type { Value } from './values.ts';

/** `near` are the names that would do here. */
export function meantName(scope: Scope, name: string, near: readonly string[]): string | undefined {
  for (const at of namesInReach(scope)) {
    const value = lookUp(scope, at)?.value;
    if (value !== undefined && declares(value, name)) return `${at}.${name}`;
  }
  return nearestName(name, near);
}

/** Whether `value.name` is something: of a model, a member or a parameter; of a file, also a block. */
function declares(value: Value, name: string): boolean {
  if (value.kind !== 'model' && value.kind !== 'file') return false;
  if (value.kind === 'file' && value.library.scope.names.has(name)) return true;
  const models = value.kind === 'model' ? [value.item] : value.library.models;
  const [only] = models;
  if (only === undefined || models.length > 1) return false;
  return (
    only.params.some(p => p.name.text === name) ||
    only.members.some(m => (m.kind === 'part' || m.kind === 'encoder') && m.name.text === name)
  );
}
