// A stage's optimizer and its learning rate over the steps, read from calls: adamw(rate: cosine(peak: 5e-4, warmup: 200)).

import { nearestName } from '../../base/nearest-name.ts';
import type { Expr } from '../syntax/ast.ts';
import type { Optimizer, RateSchedule } from './model.ts';
import { placeArgs, readNumber, readNumbers } from './settings.ts';
import { complain, type Frame } from './trace.ts';

export function readOptimizer(frame: Frame, e: Expr): Optimizer | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind !== 'call' || name !== 'adamw') {
    complain(
      frame,
      'unknown-name',
      { name: name ?? 'this', what: 'optimizer', suggestion: 'adamw(rate:, decay:)' },
      e.span,
    );
    return undefined;
  }
  const placed = placeArgs(frame, e, 'adamw', ['rate', 'decay', 'beta1', 'beta2', 'epsilon', 'clip']);
  if (placed === undefined) return undefined;
  const numbers = readNumbers(
    frame,
    'adamw',
    placed,
    [
      { name: 'decay', fallback: 0.01, least: 0 },
      { name: 'beta1', fallback: 0.9, least: 0, most: 0.999999 },
      { name: 'beta2', fallback: 0.999, least: 0, most: 0.9999999 },
      { name: 'epsilon', fallback: 1e-8, above: 0 },
      { name: 'clip', fallback: Number.POSITIVE_INFINITY, above: 0 },
    ],
    e.span,
  );
  const rate = placed.get('rate');
  if (rate === undefined) {
    complain(
      frame,
      'missing-argument',
      { callee: 'adamw', name: 'rate', type: 'rate, as in cosine(peak: 5e-4, warmup: 200)' },
      e.span,
    );
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
  const warmup = { name: 'warmup', fallback: 0, whole: true, least: 0 } as const;
  if (e.kind === 'number') {
    const rate = readNumber(frame, e, 'rate', { above: 0 });
    return rate === undefined ? undefined : { kind: 'constant', rate, warmup: 0 };
  }
  if (e.kind !== 'call' || (name !== 'cosine' && name !== 'linear' && name !== 'constant')) {
    complain(
      frame,
      'unknown-name',
      {
        name: name ?? 'this',
        what: 'rate schedule',
        suggestion: nearestName(name ?? '', ['cosine', 'linear', 'constant']) ?? 'cosine(peak:, warmup:)',
      },
      e.span,
    );
    return undefined;
  }
  const names = name === 'constant' ? ['rate', 'warmup'] : ['peak', 'warmup', 'floor'];
  const placed = placeArgs(frame, e, name, names);
  if (placed === undefined) return undefined;
  const settings =
    name === 'constant'
      ? [{ name: 'rate', above: 0 }, warmup]
      : [{ name: 'peak', above: 0 }, warmup, { name: 'floor', fallback: 0, least: 0 }];
  const numbers = readNumbers(frame, name, placed, settings, e.span);
  if (numbers === undefined) return undefined;
  const get = (key: string): number => numbers.get(key) ?? 0;
  if (name === 'constant') return { kind: name, rate: get('rate'), warmup: get('warmup') };
  return { kind: name, peak: get('peak'), warmup: get('warmup'), floor: get('floor') };
}
