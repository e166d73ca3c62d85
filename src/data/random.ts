// Draws in sequence from a keyed stream: the same key gives the same draws on every machine, so a batch is a function
// of (seed, stage, batch, step, row) and a resumed run sees what an uninterrupted one would have seen.

import { createHash } from 'node:crypto';
import { randomStream } from '../base/random.ts';

export interface Draws {
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** Uniform in [low, high). */
  readonly between: (low: number, high: number) => number;
  /** An integer from 0 below n. */
  readonly below: (n: number) => number;
  readonly normal: () => number;
}

export function keyedDraws(seed: number, ...owners: readonly string[]): Draws {
  const stream = randomStream(seed, ...owners);
  let i = 0;
  const next = (): number => stream.uniform(i++);
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    below: n => Math.floor(next() * n),
    normal: () => stream.normal(i++),
  };
}

/** Puts a list into an order given by the draws, in place (Fisher–Yates). */
export function shuffle<T>(list: { length: number; [i: number]: T }, draws: Draws): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = draws.below(i + 1);
    const held = list[i] as T;
    list[i] = list[j] as T;
    list[j] = held;
  }
}

/** A place in [0, 1) that depends on nothing but the text: rows that come later never move others. */
export function shareOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 4294967296;
}
