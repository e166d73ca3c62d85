// Features of recordings as librosa makes them, and resampling as torchaudio does (bench/golden/signals.py).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AudioFeatures, featureChannels } from '../../src/base/audio.ts';
import { createExtractor } from '../../src/data/audio/features.ts';
import { resample } from '../../src/data/audio/resample.ts';

interface Golden {
  readonly features: readonly {
    readonly rate: number;
    readonly samples: number;
    readonly phase: number;
    readonly features: AudioFeatures;
    readonly frames: number;
    readonly stride: number;
    readonly values: readonly (readonly number[])[];
  }[];
  readonly resampled: readonly {
    readonly from: number;
    readonly to: number;
    readonly samples: number;
    readonly phase: number;
    readonly values: readonly number[];
  }[];
}

const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'signals.json'), 'utf8')) as Golden;

const wave = (samples: number, phase: number): Float32Array =>
  Float32Array.from(
    { length: samples },
    (_, i) =>
      0.4 * Math.sin(0.05 * i + 3e-6 * i * i + phase) +
      0.2 * Math.sin(0.31 * i) +
      0.05 * Math.sin(1.7 * i + 3.1e-4 * i * i),
  );

/** The largest difference between numbers in order. */
const apart = (ours: ArrayLike<number>, theirs: readonly number[]): number =>
  theirs.reduce((most, v, i) => Math.max(most, Math.abs(v - (ours[i] ?? Number.NaN))), 0);

test.each(golden.features.map((g, i) => [`${i} ${g.features.kind} ${g.samples} samples`, g] as const))(
  '%s',
  (_, { rate, samples, phase, features, frames, stride, values }) => {
    const channels = featureChannels(features);
    const ours = createExtractor(features, rate)(wave(samples, phase));
    expect(ours.length).toBe(frames * channels);
    expect(values.length).toBe(Math.ceil(frames / stride));
    for (const [i, frame] of values.entries()) {
      const at = i * stride * channels;
      expect(apart(ours.subarray(at, at + channels), frame), `frame ${i * stride}`).toBeLessThan(1e-4);
    }
  },
);

test.each(golden.resampled)('$from Hz to $to Hz', ({ from, to, samples, phase, values }) => {
  const ours = resample(wave(samples, phase), from, to);
  expect(ours.length).toBe(values.length);
  expect(apart(ours, values)).toBeLessThan(1e-6);
});
