// Attributes as a text that is equal for equal attributes, in whatever order they were written. NaN, infinities and
// the sign of zero count.

import type { Attrs } from '../ir/graph.ts';

export function attributesText(attrs: Attrs): string {
  const entries = Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries, (_, value: unknown) =>
    typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
      ? `#${Object.is(value, -0) ? '-0' : value}`
      : value,
  );
}
