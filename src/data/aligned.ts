// Columns that go along the axis of another field: a tag or a number for each word of a text (for each frame of a
// recording), one position in a text. In a batch the first token of a word has what the word has, its other tokens
// have nothing.

import type { BatchSpec, FieldFeed, FieldKind, FieldSpec } from '../compiler/program.ts';
import type { Column } from './prepare.ts';
import { wordsOf } from './text/words.ts';

export type AlignedKind = Extract<FieldKind, { readonly along: string }>;

export type AlignedColumn =
  | { readonly kind: 'tags'; readonly rows: readonly Int32Array[]; readonly names: readonly string[] }
  | { readonly kind: 'numbers'; readonly rows: readonly Float32Array[] }
  /** Characters of the text, in code points; −1 is none. */
  | { readonly kind: 'place'; readonly at: Int32Array };

/** The values of a cell: between white space, or between commas where a list was read. */
export const valuesOf = (text: string): readonly string[] => text.split(/,?\s+/).filter(v => v !== '');

export type ReadAligned =
  | AlignedColumn
  | { readonly field: string; readonly size: number; readonly counted: number };

/** What a column's cells say; `bad` hears of rows that can't be used. */
export function readAligned(
  field: FieldSpec,
  type: AlignedKind,
  manifestNames: readonly string[] | undefined,
  texts: readonly (string | undefined)[],
  everyText: readonly string[],
  bad: (row: number, problem: string) => void,
): ReadAligned {
  switch (type.kind) {
    case 'tags':
      return readTags(field, type, manifestNames, texts, everyText, bad);
    case 'numbers': {
      const rows = texts.map((text, i) => {
        const numbers = Float32Array.from(valuesOf(text ?? ''), Number);
        if (!numbers.every(Number.isFinite)) bad(i, `${field.name} holds something that is no number`);
        return numbers;
      });
      return { kind: 'numbers', rows };
    }
    case 'place': {
      const at = Int32Array.from(texts, (text, i) => {
        const place = Number(text ?? '-1');
        if (Number.isInteger(place) && place >= -1 && place < 2 ** 31) return place;
        bad(i, `${field.name} is not a position: ${JSON.stringify(text?.slice(0, 80))}`);
        return -1;
      });
      return { kind: 'place', at };
    }
    default:
      return type satisfies never;
  }
}

/** A tag of the data as it may be written as a name: B-person is B_person. */
const asName = (tag: string): string => tag.replace(/\W/g, '_');

function readTags(
  field: FieldSpec,
  type: Extract<AlignedKind, { kind: 'tags' }>,
  manifestNames: readonly string[] | undefined,
  texts: readonly (string | undefined)[],
  everyText: readonly string[],
  bad: (row: number, problem: string) => void,
): ReadAligned {
  const found = (): readonly string[] => [...new Set(everyText.flatMap(valuesOf))].sort();
  const names = type.names ?? manifestNames ?? found();
  if (names.length > type.size) return { field: field.name, size: type.size, counted: names.length };
  const at = new Map(names.flatMap((name, i) => [[asName(name), i] as const, [name, i] as const]));
  const rows = texts.map((text, row) =>
    Int32Array.from(valuesOf(text ?? ''), tag => {
      const index = at.get(tag) ?? at.get(asName(tag));
      if (index === undefined)
        bad(row, `${field.name} ${JSON.stringify(tag.slice(0, 80))} is not one of its labels`);
      return index ?? 0;
    }),
  );
  return { kind: 'tags', rows, names };
}

/** What keeps a row from being aligned with its text. */
function alignmentProblem(
  name: string,
  column: AlignedColumn,
  row: number,
  along: string,
  text: string,
): string | undefined {
  if (column.kind === 'place') {
    const at = column.at[row] ?? -1;
    const length = [...text].length;
    return at < length ? undefined : `${name} is ${at}, and ${along} has ${length} characters`;
  }
  const [own, words] = [column.rows[row]?.length ?? 0, wordsOf(text).length];
  return own === words ? undefined : `${name} has ${own} values, and ${along} has ${words} words`;
}

/** What goes along a text must fit its words. */
export function checkAlignment(
  spec: BatchSpec,
  read: readonly { readonly name: string; readonly column: Column }[],
  problems: (string | undefined)[],
): void {
  for (const { name, type } of spec.fields) {
    if (!('along' in type)) continue;
    const own = read.find(r => r.name === name)?.column;
    const text = read.find(r => r.name === type.along)?.column;
    if (text?.kind !== 'text' || (own?.kind !== 'tags' && own?.kind !== 'numbers' && own?.kind !== 'place'))
      continue;
    for (const [i, words] of text.texts.entries())
      problems[i] ??= alignmentProblem(name, own, i, type.along, words);
  }
}

/** Values put at places of a row of the batch; −1 is no place. */
export function alignedFeeds(
  field: FieldSpec,
  column: Extract<AlignedColumn, { readonly rows: unknown }>,
  rows: ArrayLike<number>,
  placesOf: (row: number, count: number) => readonly number[],
): readonly (readonly [FieldFeed, Int32Array | Float32Array | Uint8Array])[] {
  const [size = 0, length = 0] = field.feeds[0]?.shape ?? [];
  const values = column.kind === 'tags' ? new Int32Array(size * length) : new Float32Array(size * length);
  const keep = new Uint8Array(size * length);
  for (let i = 0; i < rows.length; i++) {
    const own = column.rows[rows[i] as number] as Int32Array | Float32Array;
    for (const [j, place] of placesOf(rows[i] as number, own.length).entries()) {
      if (place < 0 || place >= length) continue;
      values[i * length + place] = own[j] as number;
      keep[i * length + place] = 1;
    }
  }
  return field.feeds.map(feed => [feed, feed.component === 'keep' ? keep : values] as const);
}
