// Labels as indices. Names come from the spec, else from the manifest, else the values themselves: whole numbers below
// the size as they are, other values in order of text.

import type { FieldKind } from '../compiler/program.ts';

export interface LabelColumn {
  readonly kind: 'labels';
  readonly index: Int32Array;
  readonly names: readonly string[];
}

export function readLabels(
  field: string,
  labels: Extract<FieldKind, { kind: 'labels' }>,
  manifestNames: readonly string[] | undefined,
  texts: readonly (string | undefined)[],
  everyText: readonly string[],
  bad: (row: number, problem: string) => void,
): LabelColumn | { readonly field: string; readonly size: number; readonly counted: number } {
  const names = labels.names ?? manifestNames ?? namesFrom(everyText, labels.size);
  if (names.length > labels.size) return { field, size: labels.size, counted: names.length };
  const at = new Map(names.map((name, i) => [name, i]));
  const index = Int32Array.from(texts, (text, i) => {
    if (text === undefined) return 0;
    const found = at.get(text);
    if (found === undefined) bad(i, `${field} ${JSON.stringify(text.slice(0, 80))} is not one of its labels`);
    return found ?? 0;
  });
  return { kind: 'labels', index, names };
}

function namesFrom(texts: readonly string[], size: number): readonly string[] {
  const values = new Set(texts);
  const whole = [...values].every(v => /^(0|[1-9]\d{0,8})$/.test(v) && Number(v) < size);
  if (whole) return Array.from({ length: size }, (_, i) => String(i));
  return [...values].sort((a, b) => (a < b ? -1 : 1));
}
