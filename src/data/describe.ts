// What a model will see of a batch's data: rows and what was skipped, pictures as they reach it and as augmentation
// changes them, captions as tokens, how long they are and what is cut off. Facts only; src/cli shows them.

import sharp from 'sharp';
import type { Result } from '../base/diagnostic.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { BatchSpec, FieldSpec, TransformSpec } from '../compiler/program.ts';
import { makeFeeds, type Tokenizers } from './batch/feeds.ts';
import { createBatches } from './batch/maker.ts';
import { checkTransforms } from './check-transforms.ts';
import {
  type DescribedAudio,
  type DescribedVideo,
  describeAudio,
  describeVideo,
} from './describe-sequences.ts';
import type { Column, PreparedSplit, SkippedRow } from './prepare.ts';
import { keyedDraws } from './random.ts';
import { fitText, type Tokenizer } from './text/tokenizer.ts';
import { transformText, transformTokens } from './text/transform.ts';

export interface DataDescription {
  readonly batch: string;
  readonly set: string;
  readonly split: string;
  readonly rows: number;
  readonly size: number;
  /** Of a batch that is trained on. */
  readonly batchesPerEpoch: number | undefined;
  readonly skipped: readonly SkippedRow[];
  /** Rows that samples are taken from, evenly over the split. */
  readonly sampled: readonly { readonly row: number; readonly place: string }[];
  readonly fields: readonly FieldDescription[];
}

interface Common {
  readonly name: string;
  /** As declared: `shift(pixels: 2)`. */
  readonly transforms: readonly string[];
  readonly distinct: boolean;
}

export type FieldDescription = Common &
  (
    | {
        readonly kind: 'image';
        readonly height: number;
        readonly width: number;
        readonly channels: number;
        readonly samples: readonly { readonly plain: Picture; readonly augmented: readonly Picture[] }[];
      }
    | {
        readonly kind: 'text';
        readonly vocabulary: number;
        readonly length: number;
        /** How many texts have so many tokens, the end token among them, before anything is cut off. */
        readonly lengths: readonly { readonly tokens: number; readonly texts: number }[];
        readonly cut: { readonly texts: number; readonly tokens: number };
        readonly samples: readonly SampleText[];
      }
    | DescribedAudio
    | DescribedVideo
    | {
        readonly kind: 'labels';
        readonly counts: readonly { readonly name: string; readonly rows: number }[];
      }
    | {
        readonly kind: 'number';
        readonly least: number;
        readonly mean: number;
        readonly greatest: number;
      }
  );

/** A PNG as the model gets the picture. */
export interface Picture {
  readonly png: Uint8Array;
}

export interface SampleText {
  readonly text: string;
  readonly tokens: readonly { readonly id: number; readonly text: string }[];
  /** What is lost at the end. */
  readonly cut: string;
  readonly augmented: readonly string[];
}

export interface DescribeOptions {
  readonly batch: BatchSpec;
  readonly split: PreparedSplit;
  readonly tokenizers: Tokenizers;
  readonly seed: number;
  /** Whether a stage trains on it; a batch that only measures may be larger than its split. */
  readonly training: boolean;
  /** How many rows are shown. */
  readonly samples?: number;
  /** How many augmented versions of each, where anything is augmented. */
  readonly versions?: number;
}

/** Describes one batch's data. What keeps it from being trained on comes as diagnostics beside the description. */
export async function describeData(options: DescribeOptions): Promise<Result<DataDescription>> {
  const { batch, split } = options;
  const made = options.training ? createBatches(options) : undefined;
  const count = Math.min(options.samples ?? 24, split.rows);
  const shown = Array.from({ length: count }, (_, i) => Math.floor((i * split.rows) / count));
  const fields: FieldDescription[] = [];
  for (const field of batch.fields) {
    const transforms = checkTransforms(field).value ?? [];
    const common = {
      name: field.name,
      transforms: transforms.map(showTransform),
      distinct: batch.distinct.includes(field.name),
    };
    fields.push({ ...common, ...(await describeField(options, field, transforms, shown)) });
  }
  const value: DataDescription = {
    batch: batch.id,
    set: split.ref.set,
    split: split.ref.split,
    rows: split.rows,
    size: batch.size,
    batchesPerEpoch: made?.value?.batchesPerEpoch,
    skipped: split.skipped,
    sampled: shown.map(row => ({ row, place: split.places[row] as string })),
    fields,
  };
  return { value, diagnostics: made?.diagnostics ?? [] };
}

type Described = FieldDescription extends infer F
  ? F extends Common
    ? Omit<F, keyof Common>
    : never
  : never;

async function describeField(
  options: DescribeOptions,
  field: FieldSpec,
  transforms: readonly TransformSpec[],
  shown: readonly number[],
): Promise<Described> {
  const column = options.split.columns[field.name] as Column;
  switch (column.kind) {
    case 'image':
      return describePictures(options, field, column, transforms, shown);
    case 'text':
      return describeTexts(options, field, column.texts, transforms, shown);
    case 'texts':
      // One by one; those shown are the first ones of their rows.
      return describeTexts(
        options,
        field,
        column.lists.flat(),
        transforms,
        shown.map(row => column.lists.slice(0, row).flat().length),
      );
    case 'audio':
      return describeAudio(options, field, column, transforms, shown, versionsOf(options, transforms));
    case 'video':
      return describeVideo(options, field, column, transforms, shown, versionsOf(options, transforms));
    case 'labels': {
      const counts = new Int32Array(column.names.length);
      for (const index of column.index) counts[index] = (counts[index] as number) + 1;
      return { kind: 'labels', counts: column.names.map((name, i) => ({ name, rows: counts[i] as number })) };
    }
    case 'number':
      return statistics([...column.values]);
    case 'tags': {
      const counts = new Int32Array(column.names.length);
      for (const row of column.rows) for (const tag of row) counts[tag] = (counts[tag] as number) + 1;
      return { kind: 'labels', counts: column.names.map((name, i) => ({ name, rows: counts[i] as number })) };
    }
    case 'numbers':
      return statistics(column.rows.flatMap(row => [...row]));
    case 'place':
      return statistics([...column.at]);
    default:
      return column satisfies never;
  }
}

function statistics(values: readonly number[]): Extract<Described, { kind: 'number' }> {
  const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
  const least = values.reduce((a, b) => Math.min(a, b), values[0] ?? 0);
  return { kind: 'number', least, mean, greatest: values.reduce((a, b) => Math.max(a, b), values[0] ?? 0) };
}

const versionsOf = (options: DescribeOptions, transforms: readonly TransformSpec[]): number =>
  transforms.length === 0 ? 0 : (options.versions ?? 3);

/** Pictures through the very code that feeds the model: as they are (no step) and as steps 1, 2, … change them. */
async function describePictures(
  options: DescribeOptions,
  field: FieldSpec,
  column: Extract<Column, { kind: 'image' }>,
  transforms: readonly TransformSpec[],
  shown: readonly number[],
): Promise<Extract<Described, { kind: 'image' }>> {
  const { batch, split, tokenizers, seed } = options;
  const { height, width } = column;
  const { type } = field;
  const channels = type.kind === 'modality' && type.modality.kind === 'image' ? type.modality.channels : 3;
  const shape = [shown.length, height, width, channels];
  const feed = { component: 'pixels', feed: 'pixels', dtype: 'f32', shape } as const;
  const spec = { ...batch, size: shown.length, fields: [{ ...field, feeds: [feed] }] };
  const declared = new Map([[field.name, transforms]]);
  const draw = (step: number | undefined): Promise<Picture[]> => {
    const key = step === undefined ? undefined : { seed, step };
    const pixels = makeFeeds(spec, split, tokenizers, shown, declared, key).get('pixels') as HostTensor;
    return pictures(pixels, height, width, channels, shown.length);
  };
  const plain = await draw(undefined);
  const steps = Array.from({ length: versionsOf(options, transforms) }, (_, i) => i + 1);
  const changed = await Promise.all(steps.map(draw));
  const samples = plain.map((picture, i) => ({
    plain: picture,
    augmented: changed.map(version => version[i] as Picture),
  }));
  return { kind: 'image', height, width, channels, samples };
}

function describeTexts(
  options: DescribeOptions,
  field: FieldSpec,
  texts: readonly string[],
  transforms: readonly TransformSpec[],
  shown: readonly number[],
): Extract<Described, { kind: 'text' }> {
  const { type } = field;
  if (type.kind !== 'modality' || type.modality.kind !== 'text')
    throw new Error(`${field.name} is not a text`);
  const { name, length } = type.modality;
  const tokenizer = options.tokenizers.get(name) as Tokenizer;
  const lengths = new Map<number, number>();
  const cut = { texts: 0, tokens: 0 };
  for (const text of texts) {
    const tokens = tokenizer.encode(text);
    const framed = tokens.length + tokenizer.frame.before.length + 1;
    lengths.set(framed, (lengths.get(framed) ?? 0) + 1);
    const lost = fitText(tokens, length, tokenizer.frame).cut;
    cut.tokens += lost;
    if (lost > 0) cut.texts += 1;
  }
  const versions = Array.from({ length: versionsOf(options, transforms) }, (_, i) => i + 1);
  const samples = shown.map(row => {
    const text = texts[row] as string;
    const tokens = tokenizer.encode(text);
    const fitted = fitText(tokens, length, tokenizer.frame);
    const augmented = versions.map(step => {
      const draws = keyedDraws(options.seed, options.batch.id, field.name, `${step} ${row}`);
      const changed = transformText(text, transforms, draws);
      return tokenizer.decode(transformTokens(tokenizer.encode(changed), transforms, draws));
    });
    return {
      text,
      tokens: Array.from(fitted.ids.subarray(0, fitted.kept), id => ({ id, text: tokenizer.show(id) })),
      cut: fitted.cut === 0 ? '' : tokenizer.decode(tokens.slice(tokens.length - fitted.cut)),
      augmented,
    };
  });
  const histogram = [...lengths].sort(([a], [b]) => a - b).map(([tokens, n]) => ({ tokens, texts: n }));
  return { kind: 'text', vocabulary: tokenizer.size, length, lengths: histogram, cut, samples };
}

const showTransform = ({ name, settings }: TransformSpec): string =>
  `${name}(${Object.entries(settings)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')})`;

function pictures(
  tensor: HostTensor,
  height: number,
  width: number,
  channels: number,
  count: number,
): Promise<Picture[]> {
  const each = height * width * channels;
  const bytes = Uint8Array.from(tensor.data, p => Math.max(0, Math.min(255, Math.round((p + 1) * 127.5))));
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const raw = { width, height, channels: channels === 1 ? 1 : 3 } as const;
      const png = await sharp(bytes.subarray(i * each, (i + 1) * each), { raw })
        .png({ compressionLevel: 9 })
        .toBuffer();
      return { png: new Uint8Array(png) };
    }),
  );
}
