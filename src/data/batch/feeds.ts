// A batch as tensors: chosen rows of a prepared split into the graph inputs that its spec names. Rows past the last
// real one are zero and not kept.

import type { HostTensor, TensorData } from '../../base/tensor.ts';
import { elements } from '../../base/tensor.ts';
import type { BatchSpec, FieldFeed, FieldSpec, TransformSpec } from '../../compiler/program.ts';
import { alignedFeeds } from '../aligned.ts';
import { drawPicture, planPicture } from '../picture/transform.ts';
import type { Column, PreparedSplit } from '../prepare.ts';
import { type Draws, keyedDraws } from '../random.ts';
import { fitText, type Tokenizer } from '../text/tokenizer.ts';
import { transformText, transformTokens } from '../text/transform.ts';
import { tokenAt, tokenizeWords } from '../text/words.ts';
import { audioFeeds, videoFeeds } from './sequence-feeds.ts';

export type Tokenizers = ReadonlyMap<string, Tokenizer>;

/** The randomness of one row's augmentation. */
export interface BatchKey {
  readonly seed: number;
  readonly step: number;
}

/**
 * Feeds of the batch for these rows (at most its size). `transforms` holds each field's checked transforms; `key` is
 * undefined where nothing is augmented.
 */
export function makeFeeds(
  spec: BatchSpec,
  split: PreparedSplit,
  tokenizers: Tokenizers,
  rows: ArrayLike<number>,
  transforms: ReadonlyMap<string, readonly TransformSpec[]>,
  key: BatchKey | undefined,
): Map<string, HostTensor> {
  const feeds = new Map<string, HostTensor>();
  for (const field of spec.fields) {
    const column = split.columns[field.name] as Column;
    const list = key === undefined ? [] : (transforms.get(field.name) ?? []);
    const drawsOf = (row: number): Draws =>
      keyedDraws(key?.seed ?? 0, spec.id, field.name, `${key?.step ?? 0} ${row}`);
    const { type } = field;
    const made =
      'along' in type
        ? alignedTo(field, type.along, spec, split, tokenizers, rows)
        : fieldFeeds(
            field,
            column,
            tokenizers,
            rows,
            list,
            drawsOf,
            spec.fields.some(f => 'along' in f.type && f.type.along === field.name),
          );
    for (const [name, tensor] of made) feeds.set(name, tensor);
  }
  const keep = new Uint8Array(spec.size);
  keep.fill(1, 0, rows.length);
  feeds.set(spec.keepFeed, { dtype: 'bool', shape: [spec.size], data: keep });
  return feeds;
}

function fieldFeeds(
  field: FieldSpec,
  column: Column,
  tokenizers: Tokenizers,
  rows: ArrayLike<number>,
  transforms: readonly TransformSpec[],
  drawsOf: (row: number) => Draws,
  isAligned: boolean,
): readonly (readonly [string, HostTensor])[] {
  switch (column.kind) {
    case 'image': {
      const channels = imageChannels(field);
      const each = column.height * column.width;
      return field.feeds.map(feed => {
        const data = new Float32Array(elements(feed.shape));
        for (let i = 0; i < rows.length; i++) {
          const row = rows[i] as number;
          const draws = drawsOf(row);
          const plan = planPicture(transforms, draws, column);
          drawPicture(column.rgba, row * each * 4, column, channels, plan, draws, data, i * each * channels);
        }
        return tensor(feed, data);
      });
    }
    case 'text':
    case 'texts': {
      const { name, length, many } = textModality(field);
      const tokenizer = tokenizers.get(name);
      if (tokenizer === undefined) throw new Error(`modality ${name} has no tokenizer`);
      const size = field.feeds[0]?.shape[0] ?? 0;
      const ids = new Int32Array(size * many * length);
      const keep = new Uint8Array(size * many * length);
      const starts = new Uint8Array(size * many * length);
      const hasStarts = field.feeds.some(f => f.component === 'starts');
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        const draws = drawsOf(row);
        const texts = column.kind === 'text' ? [column.texts[row]] : column.lists[row];
        for (const [j, written] of (texts ?? []).slice(0, many).entries()) {
          const text = transformText(written as string, transforms, draws);
          const words = isAligned || hasStarts ? tokenizeWords(tokenizer, text) : undefined;
          const tokens = transformTokens(words?.ids ?? tokenizer.encode(text), transforms, draws);
          const fitted = fitText(tokens, length, tokenizer.frame);
          const at = (i * many + j) * length;
          ids.set(fitted.ids, at);
          keep.fill(1, at, at + fitted.kept);
          const before = Math.min(tokenizer.frame.before.length, length - 1);
          for (const start of words?.starts.slice(0, -1) ?? [])
            if (before + start < fitted.kept - 1) starts[at + before + start] = 1;
        }
      }
      return field.feeds.map(feed =>
        tensor(feed, feed.component === 'keep' ? keep : feed.component === 'starts' ? starts : ids),
      );
    }
    case 'audio':
      return audioFeeds(field, column, rows, transforms, drawsOf);
    case 'video':
      return videoFeeds(field, column, rows, transforms, drawsOf);
    case 'labels':
      return field.feeds.map(feed =>
        tensor(feed, picked(new Int32Array(elements(feed.shape)), column.index, rows)),
      );
    case 'number':
      return field.feeds.map(feed =>
        tensor(feed, picked(new Float32Array(elements(feed.shape)), column.values, rows)),
      );
    case 'tags':
    case 'numbers':
    case 'place':
      throw new Error(`${field.name} goes along no field`);
    default:
      return column satisfies never;
  }
}

/** Feeds of a field that goes along another, which is a text or has a position for each value. */
function alignedTo(
  field: FieldSpec,
  along: string,
  spec: BatchSpec,
  split: PreparedSplit,
  tokenizers: Tokenizers,
  rows: ArrayLike<number>,
): readonly (readonly [string, HostTensor])[] {
  const column = split.columns[field.name] as Column;
  const other = split.columns[along];
  const owner = spec.fields.find(f => f.name === along);
  const text = other?.kind === 'text' && owner !== undefined ? textModality(owner) : undefined;
  const tokenizer = text === undefined ? undefined : tokenizers.get(text.name);
  if (text !== undefined && tokenizer === undefined)
    throw new Error(`modality ${text.name} has no tokenizer`);
  /** Where a token stands in the row; −1 where it was cut off. */
  const placed = (token: number, tokens: number): number => {
    if (text === undefined || tokenizer === undefined) return token;
    const before = Math.min(tokenizer.frame.before.length, text.length - 1);
    return token < Math.min(tokens, text.length - before - 1) ? before + token : -1;
  };
  const textOf = (row: number): string => (other?.kind === 'text' ? (other.texts[row] as string) : '');
  if (column.kind === 'place') {
    const out = new Int32Array(elements(field.feeds[0]?.shape ?? [0]));
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const at = column.at[row] as number;
      const token = tokenizer === undefined ? at : tokenAt(tokenizer, textOf(row), at);
      const count = tokenizer === undefined ? 0 : tokenizeWords(tokenizer, textOf(row)).ids.length;
      // What is nowhere in the row is at its first position.
      out[i] = token === undefined ? 0 : Math.max(0, placed(token, count));
    }
    return field.feeds.map(feed => tensor(feed, out));
  }
  if (column.kind !== 'tags' && column.kind !== 'numbers')
    throw new Error(`${field.name} was read as ${column.kind}`);
  return alignedFeeds(field, column, rows, (row, count) => {
    if (tokenizer === undefined) return Array.from({ length: count }, (_, i) => i);
    const { ids, starts } = tokenizeWords(tokenizer, textOf(row));
    return starts.slice(0, -1).map((start, i) => (starts[i + 1] === start ? -1 : placed(start, ids.length)));
  }).map(([feed, data]) => tensor(feed, data));
}

export const tensor = (feed: FieldFeed, data: TensorData): readonly [string, HostTensor] => [
  feed.feed,
  { dtype: feed.dtype, shape: feed.shape, data },
];

function picked<T extends Int32Array | Float32Array>(out: T, values: T, rows: ArrayLike<number>): T {
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i] as number] as number;
  return out;
}

function imageChannels(field: FieldSpec): number {
  const { type } = field;
  return type.kind === 'modality' && type.modality.kind === 'image' ? type.modality.channels : 3;
}

function textModality(field: FieldSpec): {
  readonly name: string;
  readonly length: number;
  readonly many: number;
} {
  const { type } = field;
  if (type.kind !== 'modality' || type.modality.kind !== 'text')
    throw new Error(`${field.name} was read as text and is none`);
  return { ...type.modality, many: type.many ?? 1 };
}
