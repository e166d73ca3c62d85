// A stage's optimizer and its learning rate over the steps, read from calls: adamw(rate: cosine(peak: 5e-4, warmup: 200)).

import { nearestName } from '../../base/nearest-name.ts';
import type { Expr } from '../syntax/ast.ts';
import type { Optimizer, RateSchedule } from './model.ts';
import { type NumberSetting, placeArgs, readNumber, readNumbers } from './settings.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';

/** What adamw takes beside its rate. */
export const adamwSettings: readonly NumberSetting[] = [
  { name: 'decay', fallback: 0.01, least: 0 },
  { name: 'beta1', fallback: 0.9, least: 0, most: 0.999999 },
  { name: 'beta2', fallback: 0.999, least: 0, most: 0.9999999 },
  { name: 'epsilon', fallback: 1e-8, above: 0 },
  { name: 'clip', fallback: Number.POSITIVE_INFINITY, above: 0 },
];

const warmup: NumberSetting = { name: 'warmup', fallback: 0, whole: true, least: 0 };
const falling: readonly NumberSetting[] = [
  { name: 'peak', above: 0 },
  warmup,
  { name: 'floor', fallback: 0, least: 0 },
];

/** Learning rates over the steps, by name. */
export const scheduleSettings: Readonly<Record<RateSchedule['kind'], readonly NumberSetting[]>> = {
  constant: [{ name: 'rate', above: 0 }, warmup],
  cosine: falling,
  linear: falling,
};

export function readOptimizer(frame: Frame, e: Expr): Optimizer | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind !== 'call' || name !== 'adamw') {
    complain(
      frame,
      'unknown-name',
      { name: name ?? showExpr(e), what: 'optimizer', suggestion: undefined },
      e.kind === 'call' ? e.callee.span : e.span,
      { help: 'write adamw(rate: …, decay: …)' },
    );
    return undefined;
  }
  const args = placeArgs(frame, e, 'adamw', ['rate', ...adamwSettings.map(s => s.name)]);
  const numbers = readNumbers(frame, args, adamwSettings);
  const rate = args.placed.get('rate');
  if (rate === undefined) {
    const type = 'a number, or cosine(peak: 5e-4, warmup: 200)';
    if (args.fits) complain(frame, 'missing-argument', { callee: 'adamw', name: 'rate', type }, e.span);
    return undefined;
  }
  const schedule = readSchedule(frame, rate);
  if (numbers === undefined || schedule === undefined) return undefined;
  const get = (key: string): number => numbers.get(key) ?? 0;
  const clip = get('clip');
  return {
    kind: 'adamw',
    rate: schedule,
    decay: get('decay'),
    beta1: get('beta1'),
    beta2: get('beta2'),
    epsilon: get('epsilon'),
    clip: Number.isFinite(clip) ? clip : undefined,
  };
}

function readSchedule(frame: Frame, e: Expr): RateSchedule | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind !== 'call') {
    const rate = readNumber(frame, e, 'rate', { above: 0 });
    return rate === undefined ? undefined : { kind: 'constant', rate, warmup: 0 };
  }
  const suggestion = nearestName(name ?? '', ['cosine', 'linear', 'constant']);
  if (name !== 'cosine' && name !== 'linear' && name !== 'constant') {
    complain(
      frame,
      'unknown-name',
      {
        name: name ?? showExpr(e.callee),
        what: 'rate schedule',
        suggestion,
      },
      e.callee.span,
      suggestion === undefined ? { help: 'write cosine(peak: …, warmup: …), linear(…) or constant(…)' } : {},
    );
    return undefined;
  }
  const settings = scheduleSettings[name];
  const args = placeArgs(
    frame,
    e,
    name,
    settings.map(s => s.name),
  );
  const numbers = readNumbers(frame, args, settings);
  if (numbers === undefined) return undefined;
  const get = (key: string): number => numbers.get(key) ?? 0;
  if (name === 'constant') return { kind: name, rate: get('rate'), warmup: get('warmup') };
  return { kind: name, peak: get('peak'), warmup: get('warmup'), floor: get('floor') };
}
