// What a model will see of recordings and videos: how long they are, what is cut off, and drawings of them as they are
// and as augmentation changes them, made by the very code that feeds the model.

import sharp from 'sharp';
import type { HostTensor } from '../base/tensor.ts';
import type { FieldSpec, TransformSpec } from '../compiler/program.ts';
import { makeFeeds } from './batch/feeds.ts';
import type { DescribeOptions, Picture } from './describe.ts';
import type { Column } from './prepare.ts';
import type { Sequences } from './sequences.ts';

export interface Durations {
  readonly least: number;
  readonly mean: number;
  readonly greatest: number;
  readonly total: number;
}

/** A drawing of each shown row, and of it as augmented. */
export interface Drawn {
  readonly plain: Picture;
  readonly augmented: readonly Picture[];
}

export interface DescribedAudio {
  readonly kind: 'audio';
  /** `log_mel, 80 channels`, or `waveform`. */
  readonly features: string;
  readonly rate: number;
  /** The longest that the model gets. */
  readonly most: number;
  readonly seconds: Durations;
  /** Rows that are longer than that. */
  readonly cut: number;
  readonly samples: readonly Drawn[];
}

export interface DescribedVideo {
  readonly kind: 'video';
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  readonly rate: number;
  readonly seconds: Durations;
  readonly cut: number;
  readonly samples: readonly Drawn[];
}

function durations({ seconds }: Sequences): Durations {
  const all = [...seconds];
  const total = all.reduce((a, b) => a + b, 0);
  return {
    least: all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    mean: total / Math.max(1, all.length),
    greatest: all.reduce((a, b) => Math.max(a, b), 0),
    total,
  };
}

/** Rows that are longer than what the model gets, by more than rounding. */
const cutRows = ({ seconds }: Sequences, most: number): number =>
  seconds.reduce((n, s) => n + Number(s > most * (1 + 1e-9)), 0);

export async function describeAudio(
  options: DescribeOptions,
  field: FieldSpec,
  column: Extract<Column, { kind: 'audio' }>,
  transforms: readonly TransformSpec[],
  shown: readonly number[],
  versions: number,
): Promise<DescribedAudio> {
  const { type } = field;
  if (type.kind !== 'modality' || type.modality.kind !== 'audio')
    throw new Error(`${field.name} is no recording`);
  const { rate, samples, features } = type.modality;
  const inner = field.feeds[0]?.shape.slice(2) ?? [];
  const most = samples / rate;
  const draw = async (values: Float32Array, steps: number, kept: number): Promise<Picture> =>
    features === undefined
      ? waveformPicture(values.subarray(0, kept))
      : spectrogramPicture(values, values.length / steps, kept);
  return {
    kind: 'audio',
    features: features === undefined ? 'waveform' : `${features.kind}, ${inner[0] ?? 1} channels`,
    rate,
    most,
    seconds: durations(column.sequences),
    cut: cutRows(column.sequences, most),
    samples: await drawn(options, field, transforms, shown, versions, draw),
  };
}

export async function describeVideo(
  options: DescribeOptions,
  field: FieldSpec,
  column: Extract<Column, { kind: 'video' }>,
  transforms: readonly TransformSpec[],
  shown: readonly number[],
  versions: number,
): Promise<DescribedVideo> {
  const { type } = field;
  if (type.kind !== 'modality' || type.modality.kind !== 'video')
    throw new Error(`${field.name} is no video`);
  const { frames, rate } = type.modality;
  const { height, width } = column;
  const draw = (values: Float32Array, steps: number, kept: number): Promise<Picture> =>
    strip(values.subarray(0, (values.length / steps) * kept), height, width, kept);
  return {
    kind: 'video',
    frames,
    height,
    width,
    rate,
    seconds: durations(column.sequences),
    cut: cutRows(column.sequences, frames / rate),
    samples: await drawn(options, field, transforms, shown, versions, draw),
  };
}

/** Each shown row as it is (no step) and as steps 1, 2, … change it. */
async function drawn(
  { batch, split, tokenizers, seed }: DescribeOptions,
  field: FieldSpec,
  transforms: readonly TransformSpec[],
  shown: readonly number[],
  versions: number,
  draw: (values: Float32Array, steps: number, kept: number) => Promise<Picture>,
): Promise<readonly Drawn[]> {
  const feeds = field.feeds.map(f => ({ ...f, shape: [1, ...f.shape.slice(1)] }));
  const spec = { ...batch, size: 1, fields: [{ ...field, feeds }] };
  const declared = new Map([[field.name, transforms]]);
  const one = (row: number, step: number | undefined): Promise<Picture> => {
    const key = step === undefined ? undefined : { seed, step };
    const made = makeFeeds(spec, split, tokenizers, [row], declared, key);
    const tensorOf = (keep: boolean): HostTensor =>
      made.get(feeds.find(f => (f.component === 'keep') === keep)?.feed ?? '') as HostTensor;
    const kept = (tensorOf(true).data as Uint8Array).reduce((n, k) => n + k, 0);
    const { data, shape } = tensorOf(false);
    return draw(data as Float32Array, shape[1] ?? 1, kept);
  };
  const steps = Array.from({ length: versions }, (_, i) => i + 1);
  return Promise.all(
    shown.map(async row => ({
      plain: await one(row, undefined),
      augmented: await Promise.all(steps.map(step => one(row, step))),
    })),
  );
}

/** Time to the right, channels upwards, light where they are large; padding is not drawn. */
function spectrogramPicture(values: Float32Array, channels: number, frames: number): Promise<Picture> {
  const kept = values.subarray(0, frames * channels);
  const [low, high] = kept.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const pixels = new Uint8Array(frames * channels);
  for (let t = 0; t < frames; t++)
    for (let c = 0; c < channels; c++)
      pixels[(channels - 1 - c) * frames + t] =
        (255 * ((kept[t * channels + c] as number) - low)) / Math.max(1e-9, high - low);
  return png(pixels, frames, channels, 1);
}

const [WAVE_WIDTH, WAVE_HEIGHT] = [256, 64];

/** The range of the samples in each column of the picture. */
function waveformPicture(samples: Float32Array): Promise<Picture> {
  const pixels = new Uint8Array(WAVE_WIDTH * WAVE_HEIGHT).fill(255);
  for (let x = 0; x < WAVE_WIDTH; x++) {
    const from = Math.floor((x * samples.length) / WAVE_WIDTH);
    const to = Math.max(from + 1, Math.floor(((x + 1) * samples.length) / WAVE_WIDTH));
    let [low, high] = [0, 0];
    for (const v of samples.subarray(from, to)) [low, high] = [Math.min(low, v), Math.max(high, v)];
    const rowOf = (v: number): number =>
      Math.max(0, Math.min(WAVE_HEIGHT - 1, Math.round(((1 - v) / 2) * (WAVE_HEIGHT - 1))));
    for (let y = rowOf(high); y <= rowOf(low); y++) pixels[y * WAVE_WIDTH + x] = 0;
  }
  return png(pixels, WAVE_WIDTH, WAVE_HEIGHT, 1);
}

/** Frames side by side. */
function strip(values: Float32Array, height: number, width: number, frames: number): Promise<Picture> {
  const pixels = new Uint8Array(height * width * frames * 3);
  for (let f = 0; f < frames; f++)
    for (let y = 0; y < height; y++)
      for (let i = 0; i < width * 3; i++) {
        const value = values[(f * height + y) * width * 3 + i] as number;
        pixels[(y * frames + f) * width * 3 + i] = Math.max(
          0,
          Math.min(255, Math.round((value + 1) * 127.5)),
        );
      }
  return png(pixels, width * frames, height, 3);
}

async function png(pixels: Uint8Array, width: number, height: number, channels: 1 | 3): Promise<Picture> {
  const made = await sharp(pixels, { raw: { width, height, channels } })
    .png({ compressionLevel: 9 })
    .toBuffer();
  return { png: new Uint8Array(made) };
}
