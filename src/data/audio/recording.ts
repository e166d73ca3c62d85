// A recording as a modality wants it: decoded, at its rate, cut to its length, and as features where nothing has to
// change the waveform first.

import type { AudioFeatures } from '../../base/audio.ts';
import { featureChannels } from '../../base/audio.ts';
import { transformRule } from '../../base/transform.ts';
import type { FieldSpec, ModalitySpec } from '../../compiler/program.ts';
import type { DecodedSequence, SequenceKind } from '../sequences.ts';
import { createExtractor, type Extractor } from './features.ts';
import { resample } from './resample.ts';
import { decodeWav } from './wav.ts';

export type AudioSpec = Extract<ModalitySpec, { kind: 'audio' }>;

export const MAX_RECORDING_BYTES = 512 << 20;

/** Whether a field's waveforms are kept: because they are what is wanted, or because augmentation changes them. */
export function holdsSamples(field: FieldSpec): boolean {
  const { type } = field;
  if (type.kind !== 'modality' || type.modality.kind !== 'audio') return false;
  return (
    type.modality.features === undefined ||
    field.transforms.some(t => transformRule('audio', t.name)?.of === 'waveform')
  );
}

export function recordingKind(audio: AudioSpec, samples: boolean): SequenceKind {
  const { rate, features } = audio;
  const channels = samples || features === undefined ? 1 : featureChannels(features);
  return {
    name: 'recordings',
    settings: {
      rate,
      samples: audio.samples,
      longer: audio.longer,
      features: samples ? null : (features ?? null),
    },
    each: 4 * channels,
    mostBytes: MAX_RECORDING_BYTES,
    mostFiles: 0,
    decode: async ([bytes = new Uint8Array(0)]) => decodeRecording(bytes, audio, samples),
  };
}

/** Samples, or features where `samples` is false, as the bytes of floats. */
export function decodeRecording(bytes: Uint8Array, audio: AudioSpec, samples: boolean): DecodedSequence {
  const wave = decodeWav(bytes);
  if ('problem' in wave) return wave;
  const seconds = wave.samples.length / wave.rate;
  const most = audio.samples / audio.rate;
  if (audio.longer === 'refuse' && seconds > most)
    return { problem: `has ${shown(seconds)}, and longer ones than ${shown(most)} are refused` };
  // Past the last sample that is wanted nothing needs to be resampled, but for what the last one's window sees.
  const enough = Math.ceil(audio.samples * (wave.rate / audio.rate)) + 64 * Math.ceil(wave.rate / audio.rate);
  const whole = resample(wave.samples.subarray(0, enough), wave.rate, audio.rate);
  const x = whole.subarray(0, audio.samples);
  const { features } = audio;
  const values = samples || features === undefined ? x : extractorOf(features, audio.rate)(x);
  return { bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength), seconds };
}

const shown = (seconds: number): string => `${Number(seconds.toPrecision(4))}s`;

const extractors = new WeakMap<AudioFeatures, Extractor>();

/** Tables are made once for one declaration. */
export function extractorOf(features: AudioFeatures, rate: number): Extractor {
  const known = extractors.get(features);
  if (known !== undefined) return known;
  const made = createExtractor(features, rate);
  extractors.set(features, made);
  return made;
}
