// Augmentation of recordings: of the waveform before features are made of it, and of the features (SpecAugment,
// arXiv:1904.08779).

import type { TransformSpec } from '../../compiler/program.ts';
import type { Draws } from '../random.ts';

/** The waveform changed, in a new array where anything is. */
export function transformWaveform(
  samples: Float32Array,
  rate: number,
  transforms: readonly TransformSpec[],
  draws: Draws,
): Float32Array {
  let x = samples;
  for (const { name, settings } of transforms) {
    if (name === 'gain') {
      const { decibels = 0 } = settings;
      const factor = 10 ** (draws.between(-decibels, decibels) / 20);
      x = x.map(v => v * factor);
    } else if (name === 'shift') {
      const most = Math.round((settings.by ?? 0) * rate);
      const by = draws.below(2 * most + 1) - most;
      const moved = new Float32Array(x.length);
      if (by >= 0) moved.set(x.subarray(0, Math.max(0, x.length - by)), Math.min(by, x.length));
      else moved.set(x.subarray(-by));
      x = moved;
    }
  }
  return x;
}

/** Features [frames, channels] changed in place. What is masked becomes the mean of its channel. */
export function transformFeatures(
  features: Float32Array,
  channels: number,
  hop: number,
  transforms: readonly TransformSpec[],
  draws: Draws,
): void {
  const frames = features.length / channels;
  const masks = transforms.filter(t => t.name === 'mask_time' || t.name === 'mask_bands');
  if (masks.length === 0 || frames === 0) return;
  const means = new Float64Array(channels);
  for (let i = 0; i < features.length; i++)
    means[i % channels] = (means[i % channels] as number) + (features[i] as number) / frames;
  for (const { name, settings } of masks) {
    const inTime = name === 'mask_time';
    const along = inTime ? frames : channels;
    const most = inTime
      ? Math.min(Math.round((settings.most ?? 0) / hop), Math.floor((settings.share ?? 1) * frames))
      : (settings.most ?? 0);
    for (let n = 0; n < (settings.count ?? 1); n++) {
      const width = Math.min(along, draws.below(most + 1));
      const from = draws.below(along - width + 1);
      for (let t = inTime ? from : 0; t < (inTime ? from + width : frames); t++)
        for (let c = inTime ? 0 : from; c < (inTime ? channels : from + width); c++)
          features[t * channels + c] = means[c] as number;
    }
  }
}
