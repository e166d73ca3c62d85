// Recordings and videos as tensors: what a row has from the left, zeros behind it, and a mask that says which is which.

import type { HostTensor } from '../../base/tensor.ts';
import { elements } from '../../base/tensor.ts';
import type { FieldFeed, FieldSpec, TransformSpec } from '../../compiler/program.ts';
import { type AudioSpec, extractorOf } from '../audio/recording.ts';
import { transformFeatures, transformWaveform } from '../audio/transform.ts';
import { drawPicture, planPicture } from '../picture/transform.ts';
import type { Column } from '../prepare.ts';
import type { Draws } from '../random.ts';
import { rowBytes, rowSteps } from '../sequences.ts';

type Feeds = readonly (readonly [string, HostTensor])[];

/** Feeds of a field whose rows each fill so many steps of `values`. */
function padded(
  field: FieldSpec,
  rows: number,
  fill: (row: number, values: Float32Array, each: number) => number,
): Feeds {
  const values = field.feeds.find(f => f.component !== 'keep') as FieldFeed;
  const [size = 0, steps = 0] = values.shape;
  const data = new Float32Array(elements(values.shape));
  const keep = new Uint8Array(size * steps);
  const each = data.length / size;
  for (let i = 0; i < rows; i++) {
    const kept = fill(i, data.subarray(i * each, (i + 1) * each), each / steps);
    keep.fill(1, i * steps, i * steps + kept);
  }
  return field.feeds.map(({ feed, component, dtype, shape }) => [
    feed,
    { dtype, shape, data: component === 'keep' ? keep : data },
  ]);
}

export function audioFeeds(
  field: FieldSpec,
  column: Extract<Column, { kind: 'audio' }>,
  rows: ArrayLike<number>,
  transforms: readonly TransformSpec[],
  drawsOf: (row: number) => Draws,
): Feeds {
  const audio = audioOf(field);
  return padded(field, rows.length, (i, out, each) => {
    const row = rows[i] as number;
    const held = floatsOf(rowBytes(column.sequences, row));
    const draws = drawsOf(row);
    const { features, rate } = audio;
    const waveform =
      column.holds === 'samples' ? transformWaveform(held, rate, transforms, draws) : undefined;
    const values =
      waveform === undefined || features === undefined
        ? (waveform ?? held)
        : extractorOf(features, rate)(waveform);
    // A field may ask for fewer steps than its modality has.
    out.set(values.subarray(0, out.length));
    const kept = out.subarray(0, values.length);
    if (features !== undefined) transformFeatures(kept, each, features.hop / rate, transforms, draws);
    return kept.length / each;
  });
}

export function videoFeeds(
  field: FieldSpec,
  column: Extract<Column, { kind: 'video' }>,
  rows: ArrayLike<number>,
  transforms: readonly TransformSpec[],
  drawsOf: (row: number) => Draws,
): Feeds {
  return padded(field, rows.length, (i, out, each) => {
    const row = rows[i] as number;
    const frames = Math.min(rowSteps(column.sequences, row), out.length / each);
    const rgba = rowBytes(column.sequences, row);
    const draws = drawsOf(row);
    // One plan for all frames: a video that jumps from frame to frame would be another video.
    const plan = planPicture(transforms, draws, column);
    const size = column.height * column.width;
    for (let f = 0; f < frames; f++)
      drawPicture(rgba, f * size * 4, column, each / size, plan, draws, out, f * each);
    return frames;
  });
}

function audioOf({ name, type }: FieldSpec): AudioSpec {
  if (type.kind !== 'modality' || type.modality.kind !== 'audio')
    throw new Error(`${name} was read as a recording and is none`);
  return type.modality;
}

const floatsOf = (bytes: Uint8Array): Float32Array =>
  new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
