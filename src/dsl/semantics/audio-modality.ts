// `modality speech: Audio(rate: 16kHz, length: 10s, features: log_mel(…))`: what a recording is in the model.

import { featureChannels, frameCount } from '../../base/audio.ts';
import { isWhole, toNumber } from '../../base/rational.ts';
import type { CallExpr, ModalityMember } from '../syntax/ast.ts';
import { featureSettings, readFeatures, samplesOf } from './audio-features.ts';
import { joinPath } from './call-block.ts';
import type { ModalityInfo } from './model.ts';
import { placeArgs, readChoice, readQuantity, type Setting } from './settings.ts';
import { complain, type Frame } from './trace.ts';

const rateSetting = { name: 'rate', kind: 'frequency' } as const;
const lengthSetting = { name: 'length', kind: 'time' } as const;
const longer = ['cut', 'refuse'] as const;

export const audioSettings = {
  Audio: [
    rateSetting,
    lengthSetting,
    { name: 'features', kind: 'call', words: ['log_mel', 'mfcc'], fallback: 'the waveform' },
    { name: 'longer', kind: 'word', words: longer, fallback: 'cut' },
  ],
  ...featureSettings,
} as const satisfies Readonly<Record<string, readonly Setting[]>>;

/** 17 minutes at 16kHz. */
const mostSamples = 16_777_216;
const leastRate = 100;
const mostRate = 1_000_000;

export function audioInfo(frame: Frame, member: ModalityMember, call: CallExpr): ModalityInfo | undefined {
  const names = audioSettings.Audio.map(s => s.name);
  const args = placeArgs(frame, call, 'Audio', names);
  const rate = readQuantity(frame, args, rateSetting);
  const length = readQuantity(frame, args, lengthSetting);
  const beyond = readChoice(frame, args, 'longer', longer, 'cut');
  if (rate === undefined || rate === 'absent') return undefined;
  const hertz = toNumber(rate.amount);
  if (!isWhole(rate.amount) || hertz < leastRate || hertz > mostRate) {
    const reason = `must be a whole number of hertz from ${leastRate} to ${mostRate}; it is ${rate.shown}`;
    complain(frame, 'bad-setting', { setting: 'rate of Audio', reason }, rate.span);
    return undefined;
  }
  const samples =
    length === undefined || length === 'absent'
      ? undefined
      : samplesOf(frame, rate, 'length of Audio', length);
  const written = args.placed.get('features');
  const features = written === undefined ? undefined : readFeatures(frame, written, rate);
  if (!args.fits || samples === undefined || beyond === undefined) return undefined;
  if (written !== undefined && features === undefined) return undefined;
  if (samples > mostSamples) {
    const limit = `${samples} samples; the limit is ${mostSamples}`;
    complain(frame, 'too-large', { what: 'length of Audio', limit }, call.span);
    return undefined;
  }
  const own = features === undefined ? samples : frameCount(samples, features);
  return {
    name: member.name.text,
    path: joinPath(frame.path, member.name.text),
    spec: { kind: 'audio', rate: hertz, samples, longer: beyond, features },
    axes: [own],
    components: [
      features === undefined
        ? { name: 'samples', element: { kind: 'float' }, inner: [] }
        : { name: 'features', element: { kind: 'float' }, inner: [featureChannels(features)] },
    ],
    vocabulary: undefined,
    span: member.span,
  };
}
