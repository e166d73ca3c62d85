// The numbers that change with the step: the learning rate and those of the optimizer's rule, as pure functions of the
// step (from 1), and the scalar inputs made of them.

import { hashText } from '../base/random.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { Entry, OptimizerSpec, RateSchedule } from '../compiler/program.ts';
import { updateRule } from '../compiler/update-rules.ts';

/**
 * The rate of step t of `steps`. Warmup rises linearly, t / warmup of the full rate, and reaches it at t = warmup;
 * then `constant` stays, `linear` falls to `floor` at the last step and `cosine` follows
 * floor + (peak − floor) · ½(1 + cos(π·u)), u = (t − warmup) / (steps − warmup) (arXiv:1608.03983, one period).
 */
export function rateAt(schedule: RateSchedule, step: number, steps: number): number {
  const full = schedule.kind === 'constant' ? schedule.rate : schedule.peak;
  if (step < schedule.warmup) return (full * step) / schedule.warmup;
  const span = steps - schedule.warmup;
  const u = span <= 0 ? 1 : Math.min(1, (step - schedule.warmup) / span);
  switch (schedule.kind) {
    case 'constant':
      return full;
    case 'linear':
      return full + (schedule.floor - full) * u;
    case 'cosine':
      return schedule.floor + (full - schedule.floor) * 0.5 * (1 + Math.cos(Math.PI * u));
    default:
      return schedule satisfies never;
  }
}

/** The seed that an entry's random ops see: that of the run and the stage, as a signed 32-bit number. */
export function drawSeed(seed: number, stage: string): number {
  return hashText(stage, hashText(String(seed))) | 0;
}

/** By the names of an entry's scalar inputs. */
export type StepScalars = Readonly<Record<string, number>> & {
  readonly step: number;
  readonly seed: number;
  readonly rate: number;
};

export function trainScalars(
  optimizer: OptimizerSpec,
  step: number,
  steps: number,
  seed: number,
): StepScalars {
  const rate = rateAt(optimizer.rate, step, steps);
  return { step, seed, rate, ...updateRule(optimizer).scalars(step) };
}

/** A fit has no optimizer: only what is drawn depends on its steps. */
export function fitScalars(step: number, seed: number): StepScalars {
  return { ...evaluationScalars(seed), step };
}

/** Step 0: nothing is learned, and draws are the same at every evaluation. */
export function evaluationScalars(seed: number): StepScalars {
  return { step: 0, seed, rate: 0 };
}

const integerScalars: ReadonlySet<string> = new Set(['step', 'seed']);

/** The scalar inputs that an entry names. */
export function scalarFeeds(entry: Entry, scalars: StepScalars): Map<string, HostTensor> {
  const feeds = new Map<string, HostTensor>();
  for (const name of entry.scalars) {
    const value = scalars[name];
    if (value === undefined) throw new Error(`entry ${entry.name} wants a scalar named ${name}`);
    feeds.set(
      name,
      integerScalars.has(name)
        ? { dtype: 'i32', shape: [], data: Int32Array.of(value) }
        : { dtype: 'f32', shape: [], data: Float32Array.of(value) },
    );
  }
  return feeds;
}
