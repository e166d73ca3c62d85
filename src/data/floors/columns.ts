// The pixels and captions of a prepared split, as floors read them.

import type { Column, PreparedSplit } from '../prepare.ts';

export interface Pixels {
  readonly rows: number;
  readonly width: number;
  /** RGB on white, 0 … 1, [rows, width]. */
  readonly data: Float32Array;
}

export function pixelsOf(split: PreparedSplit, field: string): Pixels {
  const column = columnOf(split, field, 'image');
  const count = column.rgba.length / 4;
  const data = new Float32Array(count * 3);
  for (let i = 0; i < count; i++) {
    const alpha = (column.rgba[i * 4 + 3] as number) / 255;
    for (let c = 0; c < 3; c++)
      data[i * 3 + c] = ((column.rgba[i * 4 + c] as number) / 255) * alpha + 1 - alpha;
  }
  return { rows: split.rows, width: column.height * column.width * 3, data };
}

export interface Captions {
  readonly distinct: readonly string[];
  /** By row: its caption's number. */
  readonly of: Int32Array;
}

export function captionsOf(split: PreparedSplit, field: string): Captions {
  const { texts } = columnOf(split, field, 'text');
  const numbers = new Map<string, number>();
  const of = Int32Array.from(texts, text => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  });
  return { distinct: [...numbers.keys()], of };
}

function columnOf<K extends Column['kind']>(
  split: PreparedSplit,
  field: string,
  kind: K,
): Extract<Column, { kind: K }> {
  const column = split.columns[field];
  if (column?.kind !== kind) throw new Error(`floors need ${field} as ${kind}`);
  return column as Extract<Column, { kind: K }>;
}
