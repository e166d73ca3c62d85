// What a caller of an export sees: its parameters by name, their types and defaults, and what it gives. How its dims
// are called is its own affair.

import type { ExportLock, ModelLock } from './lock.ts';

export function sameInterface(
  was: ExportLock,
  is: ExportLock,
  [old, now]: readonly [ModelLock, ModelLock],
): boolean {
  return interfaceText(was, old) === interfaceText(is, now);
}

/** Dims that are no names of the model are numbered as they appear. */
function interfaceText({ takes, gives }: ExportLock, { modalities, labels }: ModelLock): string {
  const dims = new Map<string, string>();
  const numbered = (type: string): string =>
    type.replace(/[A-Za-z_][A-Za-z0-9_]*(?=[^[\]]*\])/g, name => {
      if (modalities.has(name) || labels.has(name)) return name;
      const known = dims.get(name) ?? `$${dims.size}`;
      dims.set(name, known);
      return known;
    });
  return JSON.stringify([[...takes].map(([name, type]) => [name, numbered(type)]), numbered(gives)]);
}
