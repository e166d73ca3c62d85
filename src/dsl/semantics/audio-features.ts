// Features of recordings as they are declared: log_mel(bands: 80, window: 25ms, hop: 10ms), mfcc(coefficients: 13, …).
// Times become whole numbers of samples, exactly or not at all.

import type { AudioFeatures, MelSettings } from '../../base/audio.ts';
import { divideRationals, floorRational, isWhole, multiplyRationals, toNumber } from '../../base/rational.ts';
import type { Expr } from '../syntax/ast.ts';
import {
  chosen,
  type Measured,
  type NumberSetting,
  type Placed,
  placeArgs,
  type QuantitySetting,
  readChoice,
  readNumbers,
  readQuantity,
  type Setting,
} from './settings.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';

const scales = ['slaney', 'htk'] as const;
const norms = ['slaney', 'none'] as const;
const logs = ['natural', 'ten', 'decibel'] as const;
const edges = ['reflect', 'zero', 'whole'] as const;

const melNumbers = [
  { name: 'fft', whole: true, least: 2, most: 65_536, optional: true },
  { name: 'power', whole: true, least: 1, most: 2, fallback: 2 },
  { name: 'floor', above: 0, most: 1, fallback: 1e-10 },
  { name: 'range', above: 0, optional: true },
  { name: 'emphasis', least: 0, most: 1, fallback: 0 },
] as const satisfies readonly NumberSetting[];

const windowTime = { name: 'window', kind: 'time' } as const;
const hopTime = { name: 'hop', kind: 'time' } as const;
const lowest = { name: 'low', kind: 'frequency', zero: true, fallback: '0Hz' } as const;
const highest = { name: 'high', kind: 'frequency', fallback: 'half the rate' } as const;

const melSettings = [
  windowTime,
  hopTime,
  lowest,
  highest,
  { name: 'scale', kind: 'word', words: scales, fallback: 'slaney' },
  { name: 'norm', kind: 'word', words: norms, fallback: 'slaney' },
  { name: 'log', kind: 'word', words: logs, fallback: 'natural' },
  { name: 'edges', kind: 'word', words: edges, fallback: 'reflect' },
  ...melNumbers,
] as const satisfies readonly Setting[];

const bands = { name: 'bands', whole: true, least: 1, most: 1024 } as const;
const mfccBands = { ...bands, fallback: 40 } as const;
const cepstral = [
  { name: 'coefficients', whole: true, least: 1, most: 1024 },
  { name: 'lifter', least: 0, most: 1000, fallback: 0 },
] as const satisfies readonly NumberSetting[];

export const featureSettings = {
  log_mel: [bands, ...melSettings],
  mfcc: [...cepstral, mfccBands, ...melSettings],
} as const satisfies Readonly<Record<string, readonly Setting[]>>;

/** A time at a rate: a whole number of samples, or both are told with the nearest times that are. */
export function samplesOf(frame: Frame, rate: Measured, what: string, time: Measured): number | undefined {
  const samples = multiplyRationals(rate.amount, time.amount);
  if (samples !== undefined && isWhole(samples) && Number.isSafeInteger(toNumber(samples)))
    return toNumber(samples);
  const below = samples === undefined ? 0n : floorRational(samples);
  const near = [below, below + 1n]
    .filter(n => n > 0n)
    .map(n => divideRationals({ numerator: 1000n * n, denominator: 1n }, rate.amount))
    .filter(t => t !== undefined && Number.isInteger(toNumber(t) * 1e6))
    .map(t => `${t === undefined ? 0 : toNumber(t)}ms`);
  const shown = samples === undefined ? Number.POSITIVE_INFINITY : toNumber(samples);
  complain(
    frame,
    'not-whole-samples',
    { what, time: time.shown, rate: rate.shown, samples: shown, near: near.join(' and ') },
    time.span,
    { related: [{ span: rate.span, message: `the rate is ${rate.shown}` }] },
  );
  return undefined;
}

/** Features of recordings at this rate; undefined where something is wrong, which is reported. */
export function readFeatures(frame: Frame, written: Expr, rate: Measured): AudioFeatures | undefined {
  const e = chosen(frame, written);
  if (e === undefined) return undefined;
  const kind = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : '';
  if (e.kind !== 'call' || (kind !== 'log_mel' && kind !== 'mfcc')) {
    complain(
      frame,
      'unknown-name',
      { name: kind === '' ? showExpr(e) : kind, what: 'kind of features', suggestion: undefined },
      e.kind === 'call' ? e.callee.span : e.span,
      {
        help: 'write log_mel(bands: 80, window: 25ms, hop: 10ms) or mfcc(coefficients: 13, window: 25ms, hop: 10ms)',
      },
    );
    return undefined;
  }
  const names = featureSettings[kind].map(s => s.name);
  const args = placeArgs(frame, e, kind, names);
  const mel = readMel(frame, args, rate, kind === 'mfcc' ? mfccBands : bands);
  if (kind === 'log_mel') return mel === undefined ? undefined : { kind, ...mel };
  const numbers = readNumbers(frame, args, cepstral);
  if (mel === undefined || numbers === undefined) return undefined;
  const coefficients = numbers.get('coefficients') ?? 1;
  if (coefficients > mel.bands) {
    const reason = `is at most the number of bands: ${coefficients}, and ${mel.bands} bands`;
    complain(frame, 'bad-setting', { setting: 'coefficients of mfcc', reason }, e.span);
    return undefined;
  }
  return { kind, coefficients, lifter: numbers.get('lifter') ?? 0, ...mel };
}

function readMel(
  frame: Frame,
  args: Placed,
  rate: Measured,
  bandsOf: NumberSetting,
): MelSettings | undefined {
  // Everything is read first, so that all mistakes are told at once.
  const numbers = readNumbers(frame, args, [bandsOf, ...melNumbers]);
  const scale = readChoice(frame, args, 'scale', scales, 'slaney');
  const norm = readChoice(frame, args, 'norm', norms, 'slaney');
  const log = readChoice(frame, args, 'log', logs, 'natural');
  const edge = readChoice(frame, args, 'edges', edges, 'reflect');
  const window = timeOf(frame, args, windowTime, rate);
  const hop = timeOf(frame, args, hopTime, rate);
  const low = hertzOf(frame, args, lowest, 0);
  const high = hertzOf(frame, args, highest, toNumber(rate.amount) / 2);
  if (numbers === undefined || window === undefined || hop === undefined) return undefined;
  if (low === undefined || high === undefined) return undefined;
  if (scale === undefined || norm === undefined || log === undefined || edge === undefined) return undefined;
  const fft = numbers.get('fft') ?? 2 ** Math.ceil(Math.log2(window));
  const mel: MelSettings = {
    bands: numbers.get('bands') ?? 1,
    window,
    hop,
    fft,
    low,
    high,
    scale,
    norm,
    power: numbers.get('power') ?? 2,
    log,
    floor: numbers.get('floor') ?? 1e-10,
    range: numbers.get('range'),
    edges: edge,
    emphasis: numbers.get('emphasis') ?? 0,
  };
  const wrong = misfit(mel, toNumber(rate.amount));
  if (wrong === undefined) return mel;
  const setting = `${wrong.setting} of ${args.callee}`;
  const span = args.placed.get(wrong.setting)?.span ?? args.span;
  complain(frame, 'bad-setting', { setting, reason: wrong.reason }, span);
  return undefined;
}

/** Settings that are each in range and don't go together. */
function misfit(
  { window, fft, low, high }: MelSettings,
  rate: number,
): { readonly setting: keyof MelSettings; readonly reason: string } | undefined {
  if (window < 2) return { setting: 'window', reason: 'must be at least two samples' };
  if (window > 65_536) return { setting: 'window', reason: `is ${window} samples; the limit is 65536` };
  if (fft % 2 !== 0 || fft < window)
    return {
      setting: 'fft',
      reason: `must be even and at least the window, ${window} samples; it is ${fft}`,
    };
  if ([2, 3, 5, 7].reduce(withoutFactor, fft) !== 1)
    return { setting: 'fft', reason: `must be a product of 2, 3, 5 and 7; it is ${fft}` };
  if (high > rate / 2)
    return { setting: 'high', reason: `is at most half the rate, ${rate / 2}Hz; it is ${high}Hz` };
  if (low >= high) return { setting: 'low', reason: `must be less than high, ${high}Hz; it is ${low}Hz` };
  return undefined;
}

function withoutFactor(n: number, p: number): number {
  return n % p === 0 ? withoutFactor(n / p, p) : n;
}

/** A setting's time in samples. */
function timeOf(frame: Frame, args: Placed, setting: QuantitySetting, rate: Measured): number | undefined {
  const time = readQuantity(frame, args, setting);
  if (time === undefined || time === 'absent') return undefined;
  return samplesOf(frame, rate, `${setting.name} of ${args.callee}`, time);
}

function hertzOf(frame: Frame, args: Placed, setting: QuantitySetting, fallback: number): number | undefined {
  const given = readQuantity(frame, args, setting);
  if (given === undefined) return undefined;
  return given === 'absent' ? fallback : toNumber(given.amount);
}
