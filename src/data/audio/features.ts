// A waveform → its log-mel spectrogram or its cepstral coefficients, by the conventions that base/audio.ts names.
// Computed in double precision; agrees with librosa and torchaudio where they have the same settings.

import { type AudioFeatures, featureChannels, frameCount } from '../../base/audio.ts';
import { planFft } from './fft.ts';
import { melBands } from './mel.ts';

/** Features of one recording, [frames, channels]. */
export type Extractor = (samples: Float32Array) => Float32Array;

export function createExtractor(features: AudioFeatures, rate: number): Extractor {
  const { window, hop, fft, bands, power, emphasis } = features;
  const taper = Float64Array.from(
    { length: window },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window),
  );
  const transform = planFft(fft);
  const filters = melBands(features, rate);
  const cosines = features.kind === 'mfcc' ? cosineTable(features) : undefined;
  const channels = featureChannels(features);
  // Two frames at a time, one as the real and one as the imaginary part.
  const re = new Float64Array(fft);
  const im = new Float64Array(fft);
  const spectra = [new Float64Array(fft / 2 + 1), new Float64Array(fft / 2 + 1)] as const;
  return samples => {
    const x = emphasis === 0 ? samples : emphasized(samples, emphasis);
    const frames = frameCount(samples.length, features);
    const mel = new Float64Array(frames * bands);
    const start = features.edges === 'whole' ? 0 : -Math.ceil(window / 2);
    const at = placeOf(x.length, features.edges);
    for (let t = 0; t < frames; t += 2) {
      const count = Math.min(2, frames - t);
      re.fill(0);
      im.fill(0);
      for (let f = 0; f < count; f++) {
        const into = f === 0 ? re : im;
        const first = (t + f) * hop + start;
        for (let i = 0; i < window; i++) {
          const place = at(first + i);
          if (place >= 0) into[i] = (taper[i] as number) * (x[place] as number);
        }
      }
      transform(re, im);
      split(re, im, spectra, power);
      for (let f = 0; f < count; f++) {
        const spectrum = spectra[f] as Float64Array;
        for (const [b, { first, weights }] of filters.entries()) {
          let sum = 0;
          for (let k = 0; k < weights.length; k++)
            sum += (weights[k] as number) * (spectrum[first + k] as number);
          mel[(t + f) * bands + b] = sum;
        }
      }
    }
    toLog(mel, features);
    if (cosines === undefined) return Float32Array.from(mel);
    const out = new Float32Array(frames * channels);
    for (let t = 0; t < frames; t++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let b = 0; b < bands; b++)
          sum += (cosines[c * bands + b] as number) * (mel[t * bands + b] as number);
        out[t * channels + c] = sum;
      }
    }
    return out;
  };
}

/** y[t] = x[t] − emphasis · x[t − 1]; the first sample stays. */
function emphasized(x: Float32Array, emphasis: number): Float64Array {
  return Float64Array.from(x, (v, i) => (i === 0 ? v : v - emphasis * (x[i - 1] as number)));
}

/** Where the sample at a place comes from that may lie outside of the recording; −1: a zero. */
function placeOf(length: number, edges: AudioFeatures['edges']): (i: number) => number {
  if (edges !== 'reflect') return i => (i >= 0 && i < length ? i : -1);
  // Mirrored at both ends without repeating them, again and again where it is shorter than half a window.
  const period = 2 * (length - 1);
  return i => {
    if (i >= 0 && i < length) return i;
    if (period === 0) return 0;
    const r = ((i % period) + period) % period;
    return r < length ? r : period - r;
  };
}

/** The magnitudes, to a power, of two real signals that were transformed as one complex signal. */
function split(
  re: Float64Array,
  im: Float64Array,
  [first, second]: readonly [Float64Array, Float64Array],
  power: number,
): void {
  const size = re.length;
  for (let k = 0; k <= size / 2; k++) {
    const j = k === 0 ? 0 : size - k;
    const [a, b, c, d] = [re[k] as number, im[k] as number, re[j] as number, im[j] as number];
    const one = ((a + c) ** 2 + (b - d) ** 2) / 4;
    const two = ((b + d) ** 2 + (c - a) ** 2) / 4;
    first[k] = power === 1 ? Math.sqrt(one) : one;
    second[k] = power === 1 ? Math.sqrt(two) : two;
  }
}

/** Logarithms in place, then what lies too far below the largest is raised. */
function toLog(mel: Float64Array, { log, floor, range, power }: AudioFeatures): void {
  const decibels = 20 / power / Math.LN10;
  const scale = log === 'natural' ? 1 : log === 'ten' ? 1 / Math.LN10 : decibels;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < mel.length; i++) {
    const value = scale * Math.log(Math.max(mel[i] as number, floor));
    mel[i] = value;
    if (value > most) most = value;
  }
  if (range === undefined) return;
  for (let i = 0; i < mel.length; i++) mel[i] = Math.max(mel[i] as number, most - range);
}

/** Rows of the orthonormal DCT-II, each with its lifter: [coefficients, bands]. */
function cosineTable({
  coefficients,
  bands,
  lifter,
}: Extract<AudioFeatures, { kind: 'mfcc' }>): Float64Array {
  const table = new Float64Array(coefficients * bands);
  for (let k = 0; k < coefficients; k++) {
    const norm = Math.sqrt((k === 0 ? 1 : 2) / bands);
    const lift = lifter === 0 ? 1 : 1 + (lifter / 2) * Math.sin((Math.PI * (k + 1)) / lifter);
    for (let b = 0; b < bands; b++)
      table[k * bands + b] = norm * lift * Math.cos((Math.PI * k * (2 * b + 1)) / (2 * bands));
  }
  return table;
}
